"""Styles of labels, and the reduction of texts and classes to what labels without case or punctuation keep."""

import string
from enum import IntEnum

from pydantic import model_validator

from netchu.core.charset import BLANK, CHARSET, LOWER
from netchu.core.params import Section

_DROPPED = frozenset(string.punctuation) - frozenset("/'")
"""Punctuation that folded labels omit. They keep the slash of house numbers and the apostrophe of names."""


class LabelStyle(IntEnum):
    """A style of labels: the features of the written text that the labels of a source keep."""

    EXACT = 0
    """Everything."""
    UNCASED = 1
    """Everything but case: the case of their letters is arbitrary."""
    FOLDED = 2
    """Neither case nor punctuation."""

    def reduce(self, text: str) -> str:
        """Return what labels of this style keep of `text`: its lower case if UNCASED, its folded text if FOLDED."""
        return (text, text.lower(), fold(text))[self]


class LabelsParams(Section):
    """Group `labels` of params.yaml: the sources whose labels are not EXACT."""

    uncased: list[str]
    folded: list[str]

    @model_validator(mode="after")
    def _require_one_style(self) -> "LabelsParams":
        if both := set(self.uncased) & set(self.folded):
            raise ValueError(f"{', '.join(sorted(both))}: name a source in folded or in uncased, not in both")
        return self

    def style_of(self, source: str) -> LabelStyle:
        """Return the style of the labels of `source`."""
        if source in self.folded:
            return LabelStyle.FOLDED
        return LabelStyle.UNCASED if source in self.uncased else LabelStyle.EXACT


def fold(text: str) -> str:
    """Return `text` in lower case, without punctuation and with white space collapsed.

    >>> fold("Số 12/3, Hà Nội")
    'số 12/3 hà nội'
    """
    return " ".join("".join(character for character in text.lower() if character not in _DROPPED).split())


UNCASED_CLASSES = (*LOWER, BLANK)
"""For each class and for the CTC blank, its class without case: that of the lower-case letter."""

FOLDED_CLASSES = (
    *(BLANK if character in _DROPPED else lower for character, lower in zip(CHARSET, LOWER, strict=True)),
    BLANK,
)
"""For each class and for the CTC blank, its folded class: the lower-case letter, or the blank for punctuation."""
