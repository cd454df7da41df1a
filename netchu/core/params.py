"""Reading and validation of params.yaml: each stage validates the groups it uses; an unknown key is an error."""

import dataclasses
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from netchu.core.errors import NetchuError
from netchu.core.printing import describe_error

GROUPS = ("download", "clean", "preprocess", "split", "labels", "model", "train", "decoder", "evaluate")
"""Top-level keys of params.yaml."""


class Section(BaseModel):
    """Base class of all parameters: exact types, no unknown keys, immutable, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class SettingsSection(Section):
    """Base class of `section_of`."""

    settings_class: ClassVar[type]

    @model_validator(mode="after")
    def _check_settings(self) -> "SettingsSection":
        self.to_settings()
        return self

    def to_settings(self) -> Any:
        """Return the settings; raise ValueError if one of them is out of range."""
        return self.settings_class(
            **{field.name: getattr(self, field.name) for field in dataclasses.fields(self.settings_class)}
        )


def section_of(settings_class: type) -> type[SettingsSection]:
    """Return a Section with the fields of a dataclass of settings, which raises ValueError for values out of range."""
    fields = {
        field.name: (field.type, ... if field.default is dataclasses.MISSING else field.default)
        for field in dataclasses.fields(settings_class)
    }
    section = create_model(settings_class.__name__, __base__=SettingsSection, **fields)
    section.settings_class = settings_class
    return section


Params = TypeVar("Params", bound=Section)


def read_params(params_class: type[Params], path: Path = Path("params.yaml")) -> Params:
    """Read the groups of `path` that are fields of `params_class`.

    Raises:
        NetchuError: names the file and each wrong key in one line (`params.yaml: train.lr: ...`).
    """
    try:
        # `dvc exp run -S` writes 1e-05, which is a number in YAML 1.2 but a string in PyYAML's 1.1.
        values = YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, YAMLError) as error:  # ValueError: not UTF-8, or an invalid date
        raise NetchuError(f"{path}: cannot be read as YAML: {describe_error(error)}") from None
    if not isinstance(values, dict):
        raise NetchuError(f"{path}: expected a mapping with the groups {', '.join(GROUPS)}")
    problems = [f"{key}: unknown group (known: {', '.join(GROUPS)})" for key in values if key not in GROUPS]
    try:
        params = params_class.model_validate({key: values[key] for key in params_class.model_fields if key in values})
    except ValidationError as error:
        problems += [_describe(params_class, problem) for problem in error.errors()]
    if problems:
        raise NetchuError(f"{path}: " + "; ".join(problems))
    return params


def _describe(params_class: type[Section], problem: dict) -> str:
    """Return pydantic's `problem` as `key: message`."""
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return f"{key}: missing"
    if problem["type"] == "extra_forbidden":
        group = params_class.model_fields[problem["loc"][0]].annotation
        known = getattr(group, "model_fields", {})
        return f"{key}: unknown key" + (f" (known: {', '.join(known)})" if len(problem["loc"]) == 2 and known else "")
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
    # The validator of a whole group names the wrong value itself.
    return f"{key}: {message}" + ("" if isinstance(problem["input"], dict) else f", found {problem['input']!r}")
