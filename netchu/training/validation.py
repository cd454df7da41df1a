"""Validation: the CER of the trained network on the validation lines."""

from collections.abc import Callable

import numpy as np

from netchu.core.folding import LabelsParams
from netchu.core.subsets import Subset
from netchu.evaluation.metrics import error_rates
from netchu.reading.decoding import decode_best_path
from netchu.training.batched_reading import read_lines


def validation_cer(predict: Callable[[np.ndarray], np.ndarray], lines: Subset, labels: LabelsParams) -> float:
    """Return the CER, in percent, of greedy readings of `lines`.

    Args:
        predict: maps images, as `pad_images` makes them, to logits `(batch, frames, classes)`.
        labels: the sources whose labels lack case or punctuation; the CER ignores there what they lack.
    """
    items = (((row["text"], labels.style_of(row["source"])), row["image"]) for row in lines)
    pairs = [
        (style.reduce(text), style.reduce(reading))
        for (text, style), reading in read_lines(items, predict, decode_best_path)
    ]
    return error_rates(*zip(*pairs, strict=True))["cer"]
