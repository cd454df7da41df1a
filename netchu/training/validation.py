"""Validation: the CER of the trained network on the validation lines."""

from collections.abc import Callable, Collection

import numpy as np

from netchu.core.folding import fold
from netchu.core.subsets import Subset
from netchu.evaluation.metrics import error_rates
from netchu.reading.decoding import greedy
from netchu.training.batched_reading import read_lines


def validation_cer(
    predict: Callable[[np.ndarray], np.ndarray], lines: Subset, folded_sources: Collection[str]
) -> float:
    """Return the CER, in percent, of greedy readings of `lines`.

    Args:
        predict: maps images, as `pad_images` makes them, to logits `(batch, frames, classes)`.
        folded_sources: sources whose labels have neither case nor punctuation; the CER ignores both there.
    """
    items = (((row["text"], row["source"] in folded_sources), row["image"]) for row in lines)
    pairs = [
        (fold(text), fold(reading)) if is_folded else (text, reading)
        for (text, is_folded), reading in read_lines(items, predict, greedy)
    ]
    return error_rates(*zip(*pairs, strict=True))["cer"]
