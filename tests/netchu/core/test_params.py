"""Tests of reading params.yaml: each error is one line that names the key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from netchu.core.errors import NetchuError
from netchu.core.params import GROUPS, Section, read_params, section_of

ROOT = Path(__file__).parents[3]


class Augment(Section):
    noise: float = Field(ge=0, le=2)


class Train(Section):
    epochs: int = Field(ge=1)
    learning_rate: float = Field(gt=0, le=1)
    names: list[str]
    kind: Literal["greedy", "beam"]
    on: bool
    augment: Augment


class Params(Section):
    train: Train


GOOD = """
train:
  epochs: 3
  learning_rate: 1e-05
  names: [a]
  kind: beam
  on: true
  augment: {noise: 1}
"""


def read(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return read_params(Params, path)


def test_reads_numbers_as_dvc_writes_them(tmp_path):
    """`dvc exp run -S train.learning_rate=1e-5` writes 1e-05, which is a string in YAML 1.1."""
    params = read(tmp_path, GOOD)
    assert params.train.learning_rate == 1e-5
    assert params.train.augment.noise == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("epochs: 3", "epochs: 0"), "train.epochs: should be greater than or equal to 1, found 0"),
        (("epochs: 3", "epochs: 2.5"), "train.epochs: should be a valid integer"),
        (("epochs: 3", "epochs: '3'"), "train.epochs: should be a valid integer"),
        (("epochs: 3", "epochs: true"), "train.epochs: should be a valid integer"),
        (("epochs: 3", "epochs:"), "train.epochs: should be a valid integer, found None"),
        (("epochs: 3", "epochs: 3\n  epoch: 3"), "train.epoch: unknown key (known: epochs,"),
        (("  epochs: 3\n", ""), "train.epochs: missing"),
        (("1e-05", ".nan"), "train.learning_rate: should be a finite number"),
        (("1e-05", ".inf"), "train.learning_rate: should be a finite number"),
        (("1e-05", "-1"), "train.learning_rate: should be greater than 0, found -1"),
        (("1e-05", "fast"), "train.learning_rate: should be a valid number, found 'fast'"),
        (("[a]", "a"), "train.names: should be a valid list, found 'a'"),
        (("[a]", "[a, 1]"), "train.names.1: should be a valid string, found 1"),
        (("beam", "best"), "train.kind: should be 'greedy' or 'beam', found 'best'"),
        (("true", "'yes'"), "train.on: should be a valid boolean"),
        (("{noise: 1}", "1"), "train.augment: "),
        (("{noise: 1}", "{noise: 1, nois: 2}"), "train.augment.nois: unknown key"),
        (("train:", "training:"), "training: unknown group"),
        (("train:", "[train"), "cannot be read as YAML"),
        (("epochs: 3", "epochs: 2024-13-45"), "cannot be read as YAML"),  # neither number nor date
        ((GOOD, ""), "expected a mapping with the groups"),
        ((GOOD, "train:"), "train: "),
    ],
)
def test_names_the_wrong_key_in_one_line(tmp_path, change, message):
    with pytest.raises(NetchuError) as caught:
        read(tmp_path, GOOD.replace(*change))
    assert message in str(caught.value)
    assert "params.yaml: " in str(caught.value) and "\n" not in str(caught.value)


def test_names_all_wrong_keys_at_once(tmp_path):
    with pytest.raises(NetchuError, match=r"train\.epochs: .*; train\.on: "):
        read(tmp_path, GOOD.replace("epochs: 3", "epochs: 0").replace("true", "1"))


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_rejects_a_file_that_is_missing_or_not_text(tmp_path, content):
    path = tmp_path / "params.yaml"
    if content:
        path.write_bytes(content)
    with pytest.raises(NetchuError, match="cannot be read as YAML"):
        read_params(Params, path)


def test_knows_the_groups_of_the_projects_params_yaml():
    from ruamel.yaml import YAML

    assert tuple(YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))) == GROUPS


@dataclass(frozen=True, kw_only=True)
class Pen:
    width: int
    colour: Literal["blue", "black"] = "blue"

    def __post_init__(self):
        if self.width > 9:
            raise ValueError(f"width should be at most 9, found {self.width}")


class Drawing(Section):
    train: section_of(Pen)


def test_makes_settings_of_a_section():
    assert Drawing(train={"width": 3}).train.to_settings() == Pen(width=3, colour="blue")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("width: 12", "train: width should be at most 9, found 12$"),
        ("width: '3'", "train.width: should be a valid integer"),
        ("colour: blue", "train.width: missing"),
        ("width: 3, nib: 1", r"train.nib: unknown key \(known: width, colour\)"),
    ],
)
def test_validates_settings_in_a_section(tmp_path, values, message):
    path = tmp_path / "params.yaml"
    path.write_text(f"train: {{{values}}}", encoding="utf-8")
    with pytest.raises(NetchuError, match=message):
        read_params(Drawing, path)
