"""Folding: reduction of texts and classes to lower case without punctuation, for labels without case or punctuation."""

import string

from netchu.core.charset import BLANK, CHARSET, LOWER
from netchu.core.params import Section

_DROPPED = frozenset(string.punctuation) - frozenset("/'")
"""Punctuation that folded labels omit. They keep the slash of house numbers and the apostrophe of names."""


class LabelsParams(Section):
    """Group `labels` of params.yaml."""

    folded: list[str]


def fold(text: str) -> str:
    """Return `text` in lower case, without punctuation and with white space collapsed.

    >>> fold("Số 12/3, Hà Nội")
    'số 12/3 hà nội'
    """
    return " ".join("".join(character for character in text.lower() if character not in _DROPPED).split())


FOLDED_CLASSES = (
    *(BLANK if character in _DROPPED else lower for character, lower in zip(CHARSET, LOWER, strict=True)),
    BLANK,
)
"""For each class and for the CTC blank, its folded class: the lower-case letter, or the blank for punctuation."""
