"""Training with several processes, each of which trains the same network on its part of every batch (PyTorch only).

The stage's own process makes the batches, validates and writes all files. The others only compute: they get their part
of a batch through a pipe, exchange gradients and statistics of batches by torch.distributed, and answer with the loss.
"""

import contextlib
import multiprocessing
import signal
import tempfile
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import NoReturn

import keras
import numpy as np

from netchu.core.errors import NetchuError
from netchu.core.parallel import end_with_parent
from netchu.core.printing import describe_error
from netchu.training.backend import BACKEND, make_training_step
from netchu.training.batches import Batch, split_batch
from netchu.training.params import TrainParams
from netchu.training.state import TrainingState

_SECONDS_TO_END = 2
"""Time after a first sign of failure in which a process that was killed is noticed."""


class TrainingProcesses:
    """Processes that train copies of one network, which stay equal. Each has a share of the threads or one GPU."""

    def __init__(self, count: int):
        """Start `count` processes."""
        self._processes: list[multiprocessing.Process] = []
        self._connections: list[Connection] = []
        context = multiprocessing.get_context("spawn")
        for rank in range(count):
            connection, other_end = context.Pipe()
            process = context.Process(target=_run_process, args=(rank, other_end), daemon=True)
            process.start()
            other_end.close()  # otherwise the end of the process would not close the pipe
            self._processes.append(process)
            self._connections.append(connection)

    def prepare(self, network: keras.Model, params: TrainParams, steps: int, state: TrainingState, store: Path) -> None:
        """Give all processes the network and the values of `state`, which was made of the first three arguments.

        Args:
            store: path of a file that does not exist; by it the processes find each other.
        """
        self._ask([(network.get_config(), params, steps, state.values(), store)] * len(self._processes))

    def step(self, batch: Batch) -> float:
        """Train on `batch` and return its mean loss in nats per line."""
        parts = split_batch(batch, len(self._processes))
        return sum(part.share * loss for part, loss in zip(parts, self._ask(parts), strict=True))

    def update(self, state: TrainingState) -> None:
        """Give `state` the values that the steps have changed. They are equal in all processes."""
        (values,) = self._ask([None])
        state.assign(values)

    def stop(self) -> None:
        """End all processes. They have nothing to save."""
        for process in self._processes:
            process.kill()
            process.join()

    def _ask(self, requests: list) -> list:
        """Send the requests to as many processes, and return their answers in the same order.

        Raises:
            NetchuError: a process has ended.
            RuntimeError: a process failed; the message is its traceback.
        """
        connections = self._connections[: len(requests)]
        answers = {}
        try:
            for connection, request in zip(connections, requests, strict=True):
                connection.send(request)
            while len(answers) < len(requests):
                for connection in wait([each for each in connections if each not in answers]):
                    answers[connection] = answer = connection.recv()
                    if isinstance(answer, str):
                        self._raise_failure(answer)
        except (EOFError, OSError) as error:
            self._raise_failure(describe_error(error))
        return [answers[connection] for connection in connections]

    def _raise_failure(self, message: str) -> NoReturn:
        """Report the processes that have ended, or if there are none `message`: if one ends, the others fail."""
        ready = wait([process.sentinel for process in self._processes], _SECONDS_TO_END)
        ended = []
        for number, process in enumerate(self._processes, 1):
            if process.sentinel in ready:
                process.join()  # its status is known a little later
                ended.append(f"process {number} of {len(self._processes)} ended ({_describe_status(process.exitcode)})")
        if not ended:
            raise RuntimeError(message)
        raise NetchuError(
            f"train.processes: {', '.join(ended)}; run the stage again, it resumes after the last validated epoch "
            "(if memory was short, with a lower train.batch_size)"
        ) from None


@contextlib.contextmanager
def start_processes(
    network: keras.Model, params: TrainParams, steps: int, state: TrainingState
) -> Iterator[TrainingProcesses]:
    """Yield `params.processes` processes that train copies of `network` from `state` on; end them after the block."""
    processes = TrainingProcesses(params.processes)
    try:
        with tempfile.TemporaryDirectory() as folder:
            processes.prepare(network, params, steps, state, Path(folder) / "store")
            yield processes
    finally:
        processes.stop()


def check_processes(count: int) -> None:
    """Raise NetchuError if the backend or the machine cannot train with `count` processes."""
    if count == 1:
        return
    if BACKEND != "torch":
        raise NetchuError(
            f"train.processes: {count} processes need PyTorch; set KERAS_BACKEND=torch, or train.processes to 1"
        )
    import torch

    if 0 < torch.cuda.device_count() < count:
        raise NetchuError(
            f"train.processes: {count} processes need as many GPUs; lower it to {torch.cuda.device_count()}"
        )


def _run_process(rank: int, connection: Connection) -> None:
    """Answer the requests of TrainingProcesses, with the traceback if one fails, until the pipe is closed.

    After a failure the process does not end, because then others would fail, too, and hide the cause.
    """
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C also goes to the stage's process, which ends this one
    with contextlib.suppress(EOFError, ConnectionError):
        try:
            _answer_requests(rank, connection)
        except (EOFError, ConnectionError):
            raise
        except Exception:
            connection.send(traceback.format_exc())
            connection.recv()


def _answer_requests(rank: int, connection: Connection) -> None:
    import torch

    config, params, steps, values, store = connection.recv()
    if torch.cuda.is_available():
        torch.cuda.set_device(rank)
    torch.set_num_threads(max(1, torch.get_num_threads() // params.processes))
    torch.distributed.init_process_group(
        "nccl" if torch.cuda.is_available() else "gloo",
        init_method=store.as_uri(),
        rank=rank,
        world_size=params.processes,
    )
    state = TrainingState(keras.Model.from_config(config), params, steps)
    state.assign(values)
    # Other dropout in each process.
    torch.manual_seed(int(np.random.SeedSequence((params.seed, rank)).generate_state(1)[0]))
    step = make_training_step(
        state.network, state.branched, state.averaged, state.optimizer, params.auxiliary, params.average
    )
    connection.send(None)
    while True:
        batch = connection.recv()
        if batch is None:
            connection.send(state.values())
        else:
            connection.send(step(batch))


def _describe_status(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
