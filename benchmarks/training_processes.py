"""Compare training with two processes and with one: `python -m benchmarks.training_processes`.

Set KERAS_BACKEND=torch. It trains the network of params.yaml with PyTorch on random lines, as wide as real ones (832
pixels, 58 characters), and prints for one process with one thread, one with two threads, and two with one thread each:
lines per second, and the processor time per line, which other programs on the machine hardly disturb. All have
`train.batch_size` lines per step and process. The three take turns, so that a change of load concerns all.
"""

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator

import numpy as np
import psutil

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from netchu.core.charset import CHARSET
from netchu.core.errors import NetchuError
from netchu.core.folding import LabelStyle
from netchu.core.params import read_params
from netchu.training.backend import BACKEND, make_training_step
from netchu.training.batches import Batch, make_batch
from netchu.training.distributed import start_processes
from netchu.training.network import build_network
from netchu.training.params import TrainParams
from netchu.training.state import TrainingState
from stages.train import Params

HEIGHT, WIDTH, CHARACTERS = 48, 832, 58


def random_batch(size: int) -> Batch:
    """Return a batch of `size` random lines."""
    rng = np.random.default_rng(1)
    texts = ["".join(rng.choice(list(CHARSET), CHARACTERS)) for _ in range(size)]
    images = [rng.integers(0, 256, (HEIGHT, WIDTH), np.uint8) for _ in range(size)]
    return make_batch(images, texts, [LabelStyle.EXACT] * size)


@contextlib.contextmanager
def open_step(params: Params, processes: int) -> Iterator[Callable[[Batch], float]]:
    """Yield a training step of `processes` processes."""
    train = TrainParams.model_validate(params.train.model_dump() | {"processes": processes})
    network = build_network(params.model, HEIGHT, seed=1)
    state = TrainingState(network, train, steps=1000)
    if processes > 1:
        with start_processes(network, train, 1000, state) as together:
            yield together.step
    else:
        yield make_training_step(
            state.network, state.branched, state.averaged, state.optimizer, train.auxiliary, train.average
        )


def processor_seconds() -> float:
    """Return the processor time of this process and its children."""
    this = psutil.Process()
    times = [process.cpu_times() for process in (this, *this.children())]
    return sum(each.user + each.system for each in times)


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--steps", type=int, default=10, help="steps of each, after one that is not timed (default: 10)"
    )
    steps = parser.parse_args().steps
    if BACKEND != "torch":
        raise NetchuError("needs PyTorch: pip install torch, and set KERAS_BACKEND=torch")
    import torch  # the module can be imported without it

    params = read_params(Params)
    size = params.train.batch_size
    variants = {"1 process, 1 thread": (1, 1), "1 process, 2 threads": (1, 2), "2 processes, 1 thread each": (2, 1)}
    spent = {name: np.zeros(2) for name in variants}
    with contextlib.ExitStack() as stack:
        run = {count: stack.enter_context(open_step(params, count)) for count in (1, 2)}
        batches = {count: random_batch(size * count) for count in (1, 2)}
        for repeat in range(steps + 1):
            for name, (processes, threads) in variants.items():
                torch.set_num_threads(threads)
                started = np.array((time.perf_counter(), processor_seconds()))
                run[processes](batches[processes])
                if repeat:
                    spent[name] += np.array((time.perf_counter(), processor_seconds())) - started
    print(f"{size} lines of {WIDTH} pixels per step and process, {steps} steps, {psutil.cpu_count()} cores\n")
    rows = []
    for name, (processes, _) in variants.items():
        wall, processor = spent[name] / (steps * size * processes)
        rows.append([name, f"{1 / wall:.2f}", f"{1000 * processor:.0f}", f"{processor / wall:.2f}"])
    print_table(["training", "lines/s", "processor time, ms a line", "cores used"], rows)


if __name__ == "__main__":
    main()
