"""Decisions of the training loop: which epochs are validated, which is the best, and when to stop."""

import math

from netchu.core.errors import NetchuError

MAX_VALIDATIONS = 100
"""Largest number of validations in a training, because on a GPU a validation may take as long as an epoch."""


def is_validated(epoch: int, epochs: int) -> bool:
    """Return whether `epoch` (from 1) of `epochs` is validated: every n-th epoch and the last."""
    return epoch % math.ceil(epochs / MAX_VALIDATIONS) == 0 or epoch == epochs


def best_epoch(history: list[dict]) -> int:
    """Return the epoch with the lowest validation CER, the last one of several (common with few validation lines)."""
    return min(reversed(history), key=lambda row: row["validation_cer"])["epoch"]


def should_stop(history: list[dict], patience: int) -> bool:
    """Return whether the last validated epoch is at least `patience` epochs after the best one.

    So a training cannot stop before its first validation or between two validations.
    """
    return bool(history) and history[-1]["epoch"] - best_epoch(history) >= patience


def check_loss(loss: float, epoch: int, history: list[dict]) -> None:
    """Raise NetchuError if the loss of `epoch`, in nats per line, is far above that of the first validated epoch."""
    if history and loss > 1.5 * history[0]["loss"] + 10:
        raise NetchuError(
            f"the loss diverges: {loss:.0f} in epoch {epoch}, {history[0]['loss']:.0f} in epoch "
            f"{history[0]['epoch']}; lower train.learning_rate or lengthen train.warmup"
        )
