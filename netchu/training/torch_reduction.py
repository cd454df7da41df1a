"""Sums over the processes of a training with PyTorch: of gradients, and of the statistics of batch normalization."""

from collections.abc import Sequence

import torch
from keras import layers
from torch import distributed


class SynchronizedBatchNormalization(layers.BatchNormalization):
    """layers.BatchNormalization with the mean and variance over the lines of all processes.

    In a training with one process it is layers.BatchNormalization.
    """

    def _moments(self, inputs, mask):
        mean, variance = super()._moments(inputs, mask)
        if not distributed.is_initialized():
            return mean, variance
        lines = len(inputs)  # in all processes of the same width, the padding included
        totals = _Sum.apply(lines * torch.cat((mean, variance + mean**2, torch.ones_like(mean[:1]))))
        mean, square = (totals[:-1] / totals[-1]).chunk(2)
        return mean, square - mean**2


class _Sum(torch.autograd.Function):
    """The sum of a tensor over all processes. Its gradient is the sum of their gradients."""

    @staticmethod
    def forward(context, values: torch.Tensor) -> torch.Tensor:
        return _sum_over_processes(values)

    @staticmethod
    def backward(context, gradient: torch.Tensor) -> torch.Tensor:
        return _sum_over_processes(gradient)


def sum_gradients(gradients: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
    """Return the sums of `gradients` over all processes; with one process the same gradients."""
    if not distributed.is_initialized():
        return gradients
    totals = _sum_over_processes(torch.cat([gradient.flatten() for gradient in gradients]))
    parts = totals.split([gradient.numel() for gradient in gradients])
    return [part.view_as(gradient) for part, gradient in zip(parts, gradients, strict=True)]


def _sum_over_processes(values: torch.Tensor) -> torch.Tensor:
    totals = values.clone(memory_format=torch.contiguous_format)
    distributed.all_reduce(totals)
    return totals
