"""CTC logits for labels without case or punctuation; the loss itself is in each backend."""

import numpy as np
from keras import ops

from netchu.core.folding import FOLDED_CLASSES

_MERGE = np.eye(len(FOLDED_CLASSES), dtype=np.float32)[list(FOLDED_CLASSES)]
"""`(classes, classes)`, 1 where a class (row) becomes a class of the folded alphabet (column)."""


def fold_logits(logits, is_folded):
    """Return CTC logits for labels without case or punctuation, for the lines that have such labels.

    A letter gets the probability of both its cases, and punctuation counts as blank. So the network learns the shapes
    of letters from such lines, and forgets neither case nor punctuation. The labels must be folded too
    (`netchu.core.folding.fold`).

    Args:
        logits: `(batch, frames, classes)` float32, the blank last.
        is_folded: `(batch,)` bool, the lines with such labels; the logits of the others are returned unchanged.
    """
    probabilities = ops.tensordot(ops.softmax(logits), _MERGE, 1)
    # Upper case and punctuation keep a probability too small to matter, and no gradient.
    return ops.where(is_folded[:, None, None], ops.log(ops.maximum(probabilities, 1e-12)), logits)
