"""Training with PyTorch, for machines with a GPU (KERAS_BACKEND=torch): the same functions as tensorflow_backend."""

from collections.abc import Callable

import keras
import numpy as np
import torch

from netchu.core.charset import BLANK
from netchu.training.batches import PAD, Batch
from netchu.training.ctc import fold_logits


def ctc_loss(labels: torch.Tensor, logits: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
    """Negative log-likelihood of each text, `(batch,)`, in nats; infinite where a text does not fit its line.

    Args:
        labels: `(batch, longest text)` int64 classes, padded with PAD.
        logits: `(batch, frames, classes)` float32, the blank last.
        frames: `(batch,)` int64, how many frames of each line are not padding.
    """
    return torch.nn.functional.ctc_loss(
        logits.log_softmax(-1).transpose(0, 1),
        labels.clamp(min=0),
        frames,
        (labels != PAD).sum(-1),
        blank=BLANK,
        reduction="none",
    )


def training_step(
    network: keras.Model,
    branched: keras.Model,
    averaged: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    auxiliary: float,
    average: float,
) -> Callable[[Batch], float]:
    """See tensorflow_backend.training_step."""
    variables = branched.trainable_variables

    def step(batch: Batch) -> float:
        branched.zero_grad()
        images, frames, labels, folded = (
            _on_device(array) for array in (batch.images, batch.frames, batch.labels, batch.folded)
        )
        loss, shortcut_loss = (
            ctc_loss(labels.long(), fold_logits(logits, folded), frames.long()).mean()
            for logits in branched(images, training=True)
        )
        (loss + auxiliary * shortcut_loss).backward()
        with torch.no_grad():
            optimizer.apply([variable.value.grad for variable in variables], variables)
            done = float(optimizer.iterations)
            keep = min(average, (1 + done) / (10 + done))
            means, weights = ([weight.value.detach() for weight in model.weights] for model in (averaged, network))
            torch._foreach_lerp_(means, weights, 1 - keep)
        return float(loss.detach())

    return step


def reading(network: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """See tensorflow_backend.reading."""

    def read(images: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return network(_on_device(images), training=False).cpu().numpy()

    return read


def _on_device(array: np.ndarray) -> torch.Tensor:
    """A tensor where the network's weights are."""
    return torch.from_numpy(array).to("cuda" if torch.cuda.is_available() else "cpu", non_blocking=True)
