"""Labels that say nothing of case and punctuation: what is left of a text, and of the charset, without both."""

import string

from netchu.core.charset import BLANK, CHARSET, LOWER
from netchu.core.params import Section

_DROPPED = frozenset(string.punctuation) - frozenset("/'")
"""Punctuation that such labels leave out. They keep the slash of house numbers and the apostrophe of names."""


class LabelsParams(Section):
    """Group `labels` of params.yaml."""

    folded: list[str]


def fold(text: str) -> str:
    """`text` in lower case, without punctuation and with white space collapsed."""
    return " ".join("".join(character for character in text.lower() if character not in _DROPPED).split())


FOLDED_CLASSES = (
    *(BLANK if character in _DROPPED else lower for character, lower in zip(CHARSET, LOWER, strict=True)),
    BLANK,
)
"""What each class, the blank at the end included, becomes: its lower-case letter, or the blank for punctuation."""
