"""Checks of the settings in a reader's files.

Only stages check with pydantic: its import takes as long as the reading of a line.
"""


def check_number(name: str, value: object, kind: type, least: float, most: float) -> None:
    """Raise ValueError unless `value` is an int, or a float if `kind` is float, from `least` to `most`."""
    if type(value) not in (int, kind) or not least <= value <= most:
        number = "a whole number" if kind is int else "a number"
        raise ValueError(f"{name} should be {number} from {least} to {most}, found {value!r}")


def check_flag(name: str, value: object) -> None:
    """Raise ValueError unless `value` is True or False."""
    if type(value) is not bool:
        raise ValueError(f"{name} should be true or false, found {value!r}")
