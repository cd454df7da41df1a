"""The stored language model: its scores, its file, and errors for damaged files."""

import zlib

import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.reading.language_model import LanguageModel
from netchu.reading.ngrams import estimate
from netchu.synthetic.addresses import address_line


@pytest.fixture(scope="module")
def lines() -> list[str]:
    rng = np.random.default_rng(0)
    return sorted({address_line(rng, 64) for _ in range(400)})


def test_saving_keeps_scores(tmp_path, lines):
    model = LanguageModel.from_trie(estimate(lines, 6, 0.5))
    model.save(tmp_path / "model")
    loaded = LanguageModel.load(tmp_path / "model")
    assert [loaded.score(line) for line in lines[:20]] == [model.score(line) for line in lines[:20]]


def test_equal_models_give_equal_files(tmp_path, lines):
    for name, order in (("one", lines), ("two", lines[::-1])):
        LanguageModel.from_trie(estimate(order, 6, 0.5)).save(tmp_path / name)
    LanguageModel.load(tmp_path / "one").save(tmp_path / "three")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == (tmp_path / "three").read_bytes()


def test_scores_addresses_above_shuffled_letters(lines):
    model = LanguageModel.from_trie(estimate(lines[::2], 6, 0.5))
    rng = np.random.default_rng(0)
    for line in lines[1:60:2]:
        assert model.score(line) > model.score("".join(rng.permutation(list(line))))


def test_clearing_the_cache_keeps_scores(lines, monkeypatch):
    model = LanguageModel.from_trie(estimate(lines, 6, 0.5))
    expected = [model.score(line) for line in lines[:20]]
    monkeypatch.setattr("netchu.reading.language_model._MAX_CACHED_STEPS", 0)
    assert [model.score(line) for line in lines[:20]] == expected


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"something else",
        b"netchu language model 2\ncut",
        b"netchu language model 2\n" + zlib.compress(b""),
        b"netchu language model 1\n" + zlib.compress(bytes(2052)),
        "half",
    ],
)
def test_names_missing_or_damaged_file(tmp_path, lines, content):
    path = tmp_path / "model"
    if content == "half":
        LanguageModel.from_trie(estimate(lines[:10], 3, 0)).save(path)
        content = path.read_bytes()[:-20]
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NetchuError, match="model: no readable language model"):
        LanguageModel.load(path)


def test_rejects_unknown_characters(lines):
    with pytest.raises(KeyError):
        LanguageModel.from_trie(estimate(lines[:10], 3, 0)).score("東京")
