"""Training with PyTorch (KERAS_BACKEND=torch), for machines with a GPU; the functions of tensorflow_backend."""

from collections.abc import Callable

import keras
import numpy as np
import torch

from netchu.core.charset import BLANK
from netchu.training.averaging import averaging_decay
from netchu.training.batches import PAD, Batch
from netchu.training.ctc import merge_logits
from netchu.training.torch_forward import forward
from netchu.training.torch_reduction import sum_gradients


def ctc_loss(labels: torch.Tensor, logits: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
    """Return the negative log-likelihood of each text, `(batch,)`, in nats; infinite for a text too long for its line.

    Args:
        labels: `(batch, longest text)` int64 classes, padded with PAD; like `frames` not on the GPU, which would
            have to finish all its work before PyTorch knew the lengths.
        logits: `(batch, frames, classes)` float32, the blank last.
        frames: `(batch,)` int64, frames of each line without the padding.
    """
    return torch.nn.functional.ctc_loss(
        logits.log_softmax(-1).transpose(0, 1),
        labels.clamp(min=0).to(logits.device),
        frames,
        (labels != PAD).sum(-1),
        blank=BLANK,
        reduction="none",
    )


def make_training_step(
    network: keras.Model,
    branched: keras.Model,
    averaged: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    auxiliary: float,
    average: float,
) -> Callable[[Batch], float]:
    """Return a training step for the same arguments as tensorflow_backend.make_training_step."""
    variables = branched.trainable_variables
    seed, steps = torch.initial_seed(), int(optimizer.iterations)

    def step(batch: Batch) -> float:
        nonlocal steps
        steps += 1
        torch.manual_seed(seed + steps)  # so that a training that is resumed has the same dropout
        branched.zero_grad()
        labels, frames = torch.from_numpy(batch.labels).long(), torch.from_numpy(batch.frames).long()
        styles = _on_device(batch.styles)
        loss, auxiliary_loss = (
            ctc_loss(labels, merge_logits(logits, styles), frames).mean()
            for logits in forward(branched, _on_device(batch.images))
        )
        (batch.share * (loss + auxiliary * auxiliary_loss)).backward()
        with torch.no_grad():
            optimizer.apply(sum_gradients([variable.value.grad for variable in variables]), variables)
            decay = float(averaging_decay(average, float(steps)))
            means, weights = ([weight.value.detach() for weight in model.weights] for model in (averaged, network))
            torch._foreach_lerp_(means, weights, 1 - decay)
        return float(loss.detach())

    return step


def make_predictor(network: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that maps images, as `pad_images` makes them, to logits `(batch, frames, classes)`."""

    def predict(images: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return network(_on_device(images), training=False).cpu().numpy()

    return predict


def _on_device(array: np.ndarray) -> torch.Tensor:
    """Return a tensor on the device that holds the network's weights."""
    return torch.from_numpy(array).to("cuda" if torch.cuda.is_available() else "cpu", non_blocking=True)
