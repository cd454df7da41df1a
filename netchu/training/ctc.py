"""CTC logits for labels without case or punctuation; the loss itself is in each backend."""

import numpy as np
from keras import ops

from netchu.core.folding import FOLDED_CLASSES

_MERGE = np.eye(len(FOLDED_CLASSES), dtype=np.float32)[list(FOLDED_CLASSES)]
"""`(classes, classes)`, 1 where a class (row) becomes a class of the folded alphabet (column)."""


def fold_logits(logits, is_folded):
    """Return `logits` with case and punctuation merged in the lines whose labels have neither.

    In these lines a lower-case letter gets the probability of both cases, and the blank that of punctuation. So the
    network learns the shapes of letters from them, but does not forget case and punctuation. The labels must be
    folded, too (`netchu.core.folding.fold`).

    Args:
        logits: `(batch, frames, classes)` float32, the blank last.
        is_folded: `(batch,)` bool, the lines with such labels; the logits of the others are returned unchanged.
    """
    probabilities = ops.tensordot(ops.softmax(logits), _MERGE, 1)
    # Upper case and punctuation keep a probability too small to matter, and no gradient.
    return ops.where(is_folded[:, None, None], ops.log(ops.maximum(probabilities, 1e-12)), logits)
