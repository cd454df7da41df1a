"""CTC logits for labels without case or without punctuation; the loss itself is in each backend."""

import numpy as np
from keras import ops

from netchu.core.charset import BLANK
from netchu.core.folding import FOLDED_CLASSES, UNCASED_CLASSES, LabelStyle

_REDUCED_CLASSES = {
    LabelStyle.EXACT: tuple(range(BLANK + 1)),
    LabelStyle.UNCASED: UNCASED_CLASSES,
    LabelStyle.FOLDED: FOLDED_CLASSES,
}

_MERGES = np.eye(BLANK + 1, dtype=np.float32)[[_REDUCED_CLASSES[style] for style in LabelStyle]]
"""`(styles, classes, classes)`, 1 where a class (row) becomes a class of the alphabet of a label style (column)."""


def merge_logits(logits, styles):
    """Return `logits` with those classes merged that the labels of a line do not distinguish.

    In an uncased or folded line a lower-case letter gets the probability of both cases. In a folded line the blank gets
    that of punctuation. So the network learns the shapes of letters from such lines, but does not forget case and
    punctuation. The labels must be reduced, too (`LabelStyle.reduce`).

    Args:
        logits: `(batch, frames, classes)` float32, the blank last.
        styles: `(batch,)` int32, the LabelStyle of each line; the logits of exact lines are returned unchanged.
    """
    is_reduced = styles != LabelStyle.EXACT

    def merge_reduced():
        return ops.where(is_reduced[:, None, None], _merge(logits, styles), logits)

    # Most trainings have exact lines only.
    return ops.cond(ops.any(is_reduced), merge_reduced, lambda: logits)


def _merge(logits, styles):
    """Return `logits` with merged classes, to float rounding also those of exact lines."""
    probabilities = ops.matmul(ops.softmax(logits), ops.take(_MERGES, styles, axis=0))
    # Upper case and punctuation keep a probability too small to matter, and no gradient.
    return ops.log(ops.maximum(probabilities, 1e-12))
