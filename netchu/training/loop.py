"""The training loop: epochs of augmented batches, validation, checkpoints and early stopping."""

import contextlib
import math
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice

import cv2
import keras

from netchu.core.errors import NetchuError
from netchu.core.folding import LabelsParams
from netchu.core.parallel import end_with_parent, pool_map, prefetch
from netchu.core.progress import progress
from netchu.core.subsets import Subset
from netchu.training.backend import BACKEND, make_predictor, make_training_step
from netchu.training.batches import Batch, training_batches
from netchu.training.checkpoint import Checkpoint
from netchu.training.distributed import check_processes, start_processes
from netchu.training.params import TrainParams
from netchu.training.report import TrainingReport
from netchu.training.sampling import Sampling
from netchu.training.state import TrainingState
from netchu.training.stopping import best_epoch, check_loss, is_validated, should_stop
from netchu.training.validation import validation_cer
from netchu.training.word_cuts import find_word_cuts


def train(
    network: keras.Model,
    params: TrainParams,
    training: Subset,
    validation: Subset,
    labels: LabelsParams,
    checkpoint: Checkpoint,
) -> list[dict]:
    """Train `network`, and give it the averaged weights of the epoch with the best validation CER.

        network = build_network(params.model, training.preprocess["height"], params.train.seed)
        history = train(network, params.train, training, validation, labels, Checkpoint("my-run"))

    The state is saved to `checkpoint` after every validated epoch. A training that was interrupted resumes from there,
    with the same result.

    The loss is the CTC loss of the logits plus `params.auxiliary` times the CTC loss of a linear layer on the features
    of the CNN, which trains the CNN more directly (Retsinas et al. 2022).

    Args:
        labels: the sources whose labels lack case or punctuation; loss and CER ignore there what they lack.

    Returns:
        The history, one dictionary per validated epoch: epoch, loss (nats per line), validation_cer (percent),
        learning_rate.

    Raises:
        NetchuError: the loss became NaN or infinite, or rose far above that of the first validated epoch.
    """
    check_processes(params.processes)
    sampling = Sampling(training.sources(), params.sampling)
    size = params.processes * params.batch_size
    steps = math.ceil(sampling.lines / size)
    state = TrainingState(network, params, steps)
    predict = make_predictor(state.averaged)
    cuts = {}
    if params.augment.shuffle:
        # Before the state is restored: by the network from which the training starts.
        cuts = checkpoint.remember("words", lambda: find_word_cuts(predict, training, labels))
    if state.restore(checkpoint):
        print(f"train: resumes after epoch {state.epoch}", flush=True)
    report = TrainingReport(params.epochs, state.epoch)
    epochs = range(state.epoch + 1, params.epochs + 1)
    with _open_step(network, params, steps, state) as (step, update), _open_augmentation_map() as map_chunks:
        batches = prefetch(
            batch
            for epoch in epochs
            for batch in training_batches(
                training, sampling, labels, cuts, size, params.augment, params.seed, epoch, map_chunks
            )
        )
        for epoch in epochs:
            if should_stop(state.history, params.patience):
                print(f"train: stops, no better validation CER since epoch {best_epoch(state.history)}", flush=True)
                break
            started = time.perf_counter()
            loss = _train_epoch(step, batches, epoch, steps)
            seconds = time.perf_counter() - started
            check_loss(loss, epoch, state.history)
            if is_validated(epoch, params.epochs):
                update()
                state.record(epoch, loss, validation_cer(predict, validation, labels))
                state.save(checkpoint)
                report.add(state.history[-1], best_epoch(state.history) == epoch, sampling.lines / seconds)
    network.set_weights(state.best_weights)
    return state.history


@contextlib.contextmanager
def _open_step(
    network: keras.Model, params: TrainParams, steps: int, state: TrainingState
) -> Iterator[tuple[Callable[[Batch], float], Callable[[], None]]]:
    """Yield a function that trains on a batch, and one that gives `state` the result."""
    if params.processes == 1:
        yield (
            make_training_step(
                state.network, state.branched, state.averaged, state.optimizer, params.auxiliary, params.average
            ),
            lambda: None,
        )
        return
    with start_processes(network, params, steps, state) as processes:
        yield processes.step, partial(processes.update, state)


@contextlib.contextmanager
def _open_augmentation_map() -> Iterator[Callable[[Callable, Iterable], Iterable]]:
    """Yield `map`, or with PyTorch a `map` that uses one process per core, so that a GPU does not wait for batches."""
    if BACKEND != "torch":
        yield map
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), spawn, initializer=_start_augmentation) as pool:
        yield partial(pool_map, pool)


def _start_augmentation() -> None:
    """Prepare a process that augments lines."""
    cv2.setNumThreads(1)
    end_with_parent()


def _train_epoch(step: Callable[[Batch], float], batches: Iterator[Batch], epoch: int, steps: int) -> float:
    """Train on the next `steps` batches and return the mean loss in nats per line."""
    total_loss = lines = 0
    for index, batch in enumerate(progress(islice(batches, steps), f"epoch {epoch}", steps), 1):
        loss = step(batch)
        if not math.isfinite(loss):
            raise NetchuError(
                f"the loss became {loss} in epoch {epoch}, step {index} of {steps}; "
                "lower train.learning_rate or train.clip_norm, or lengthen train.warmup"
            )
        total_loss += loss * len(batch.images)
        lines += len(batch.images)
    return total_loss / lines
