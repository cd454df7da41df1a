"""When to validate and when to stop a training, decided by its history alone."""

import math

from netchu.core.errors import NetchuError

MAX_VALIDATIONS = 100
"""With more epochs, some are not validated: on a GPU an epoch may take no longer than its validation."""


def is_validated(epoch: int, epochs: int) -> bool:
    """Return whether `epoch` (from 1) of `epochs` is validated: every n-th, and always the last."""
    return epoch % math.ceil(epochs / MAX_VALIDATIONS) == 0 or epoch == epochs


def best_epoch(history: list[dict]) -> int:
    """Return the epoch with the lowest validation CER, the last of equals: on few lines many are equal."""
    return min(reversed(history), key=lambda row: row["validation_cer"])["epoch"]


def should_stop(history: list[dict], patience: int) -> bool:
    """Return whether the last validated epoch is `patience` or more epochs after the best.

    A training never stops before its first validation, nor between two.
    """
    return bool(history) and history[-1]["epoch"] - best_epoch(history) >= patience


def check_loss(loss: float, epoch: int, history: list[dict]) -> None:
    """Raise NetchuError where the loss of `epoch` is far above that of the first validated epoch."""
    if history and loss > 1.5 * history[0]["loss"] + 10:
        raise NetchuError(
            f"the loss diverges: {loss:.0f} in epoch {epoch}, {history[0]['loss']:.0f} in epoch "
            f"{history[0]['epoch']}; lower train.learning_rate or lengthen train.warmup"
        )
