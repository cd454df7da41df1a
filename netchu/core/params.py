"""Reads params.yaml: every stage validates the groups that it uses, and an unknown key is an error."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from netchu.core.errors import NetchuError

GROUPS = ("download", "clean", "preprocess", "split", "labels", "model", "train", "decoder", "evaluate")
"""Top-level keys of params.yaml."""


class Section(BaseModel):
    """Base of every parameter class: exact types, no unknown keys, immutable, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


Params = TypeVar("Params", bound=Section)


def read_params(kind: type[Params], path: Path = Path("params.yaml")) -> Params:
    """Read the groups of `path` that `kind` names as fields.

    Raises:
        NetchuError: one line that names the file and each wrong key (`params.yaml: train.lr: ...`).
    """
    try:
        # YAML 1.2, unlike PyYAML's 1.1, reads 1e-05 as a number: the form in which `dvc exp run -S` writes it.
        values = YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, YAMLError) as error:  # ValueError: not UTF-8, or no such date
        raise NetchuError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise NetchuError(f"{path}: expected the groups {', '.join(GROUPS)}, found no mapping")
    problems = [f"{key}: unknown group (known: {', '.join(GROUPS)})" for key in values if key not in GROUPS]
    try:
        params = kind.model_validate({key: values[key] for key in kind.model_fields if key in values})
    except ValidationError as error:
        problems += [_describe(kind, problem) for problem in error.errors()]
    if problems:
        raise NetchuError(f"{path}: " + "; ".join(problems))
    return params


def _describe(kind: type[Section], problem: dict) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return f"{key}: missing"
    if problem["type"] == "extra_forbidden":
        section = kind.model_fields[problem["loc"][0]].annotation
        known = getattr(section, "model_fields", {})
        return f"{key}: unknown key" + (f" (known: {', '.join(known)})" if len(problem["loc"]) == 2 and known else "")
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
    return f"{key}: {message}, found {problem['input']!r}"
