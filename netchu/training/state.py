"""The state of a training: everything that an interrupted training needs to resume with the same result."""

import keras
import numpy as np

from netchu.core.errors import NetchuError
from netchu.training.checkpoint import Checkpoint
from netchu.training.network import add_auxiliary_output, copy_network
from netchu.training.optimizer import build_optimizer
from netchu.training.params import TrainParams
from netchu.training.stopping import best_epoch


class TrainingState:
    """The trained network, its averaged copy, the optimizer, the history and the best weights so far.

    Attributes:
        network: the network that is trained: the given one, or a copy of it with other layers, which `train.precision`
            bfloat16 and several processes need.
        averaged: a copy of `network` with the averaged weights, which are validated and saved.
        branched: `network` with the auxiliary output, for the loss.
        history: one dictionary per validated epoch: epoch, loss, validation_cer, learning_rate.
        best_weights: the weights of `averaged` after the best epoch; empty before the first validation.
    """

    def __init__(self, network: keras.Model, params: TrainParams, steps: int):
        is_plain = params.precision == "float32" and params.processes == 1
        self.network = network if is_plain else copy_network(network, params.precision)
        self.averaged = copy_network(network, params.precision)
        self.branched = add_auxiliary_output(self.network)
        self.optimizer = build_optimizer(params, steps)
        self.optimizer.build(self.branched.trainable_variables)
        self.history: list[dict] = []
        self.best_weights: list[np.ndarray] = []

    @property
    def epoch(self) -> int:
        """Number of the last validated epoch, 0 before the first."""
        return self.history[-1]["epoch"] if self.history else 0

    def record(self, epoch: int, loss: float, validation_cer: float) -> None:
        """Append a validated epoch to the history and keep its weights if it is the best.

        Raises:
            NetchuError: the averaged weights are not finite.
        """
        weights = self.averaged.get_weights()
        if not all(np.isfinite(array).all() for array in weights):
            raise NetchuError(f"the weights became NaN or infinite in epoch {epoch}; lower train.learning_rate")
        self.history.append(
            {
                "epoch": epoch,
                "loss": round(loss, 4),
                "validation_cer": validation_cer,
                "learning_rate": float(f"{float(self.optimizer.learning_rate):.4g}"),
            }
        )
        if best_epoch(self.history) == epoch:
            self.best_weights = weights

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the state to `checkpoint`."""
        checkpoint.save(self.values() | {"best": self.best_weights}, self.history)

    def restore(self, checkpoint: Checkpoint) -> bool:
        """Load the state from `checkpoint`; return whether it has one."""
        saved = checkpoint.load()
        if saved is None:
            return False
        groups, self.history = saved
        self.assign(groups)
        self.best_weights = groups["best"]
        return True

    def values(self) -> dict[str, list[np.ndarray]]:
        """Return the values of all variables that a step changes."""
        return {name: list(map(keras.ops.convert_to_numpy, group)) for name, group in self._variables().items()}

    def assign(self, values: dict[str, list[np.ndarray]]) -> None:
        """Replace the values of these variables by those that `values` returned; ignore other groups."""
        for name, variables in self._variables().items():
            for variable, value in zip(variables, values[name], strict=True):
                variable.assign(value)

    def _variables(self) -> dict[str, list]:
        """Return all variables that a step changes, including the seeds of dropout."""
        return {
            "network": self.branched.variables,
            "averaged": self.averaged.variables,
            "optimizer": self.optimizer.variables,
        }
