"""What the CTC loss is told about labels that say nothing of case and punctuation; the loss is each backend's own."""

import numpy as np
from keras import ops

from netchu.core.folding import FOLDED_CLASSES

_MERGE = np.eye(len(FOLDED_CLASSES), dtype=np.float32)[list(FOLDED_CLASSES)]
"""`(classes, classes)`, 1 where a class of the alphabet (row) becomes one of the folded alphabet (column)."""


def fold_logits(logits, folded):
    """Logits of an alphabet without case and punctuation, for the lines whose labels have neither.

    The probability of a letter becomes that of both its cases, and punctuation counts as blank: the network learns the
    letters' shapes from such lines and unlearns nothing. Labels must be folded too (`netchu.core.folding.fold`).

    Args:
        logits: `(batch, frames, classes)` float32, the blank last.
        folded: `(batch,)` bool; the other lines' logits are returned as they are.
    """
    probabilities = ops.tensordot(ops.softmax(logits), _MERGE, 1)
    # Classes that became others keep a probability too small to matter, and no gradient.
    return ops.where(folded[:, None, None], ops.log(ops.maximum(probabilities, 1e-12)), logits)
