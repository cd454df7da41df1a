"""Tests of the decisions to validate and to stop a training."""

import pytest

from netchu.core.errors import NetchuError
from netchu.training.stopping import best_epoch, check_loss, is_validated, should_stop


def history(*cers: float, every: int = 1) -> list[dict]:
    return [{"epoch": every * n, "loss": 20.0, "validation_cer": cer} for n, cer in enumerate(cers, 1)]


def test_chooses_the_last_of_equal_epochs():
    assert best_epoch(history(50.0, 20.0, 20.0, 30.0)) == 3


@pytest.mark.parametrize(
    ("cers", "every", "patience", "stops"),
    [
        ((), 1, 1, False),  # nothing is validated yet
        ((50.0,), 1, 1, False),
        ((50.0, 40.0), 1, 1, False),
        ((50.0, 60.0), 1, 1, True),
        ((50.0, 60.0), 1, 2, False),
        ((50.0, 60.0, 55.0), 1, 2, True),
        ((50.0, 60.0, 50.0), 1, 2, False),
        # A patience shorter than the interval between validations: the next validation decides.
        ((50.0,), 21, 20, False),
        ((50.0, 40.0), 21, 1, False),
        ((50.0, 60.0), 21, 20, True),
        ((50.0, 60.0), 21, 22, False),
    ],
)
def test_stops_when_patience_is_exhausted(cers, every, patience, stops):
    assert should_stop(history(*cers, every=every), patience) is stops


@pytest.mark.parametrize(
    ("epochs", "count", "first"), [(1, 1, 1), (100, 100, 1), (101, 51, 2), (2001, 96, 21), (10_000, 100, 100)]
)
def test_validates_at_most_a_hundred_epochs_and_always_the_last(epochs, count, first):
    validated = [epoch for epoch in range(1, epochs + 1) if is_validated(epoch, epochs)]
    assert (len(validated), validated[0], validated[-1]) == (count, first, epochs)


def test_rejects_a_loss_far_above_the_first():
    check_loss(1e9, 1, [])
    check_loss(40.0, 2, history(50.0))
    with pytest.raises(
        NetchuError, match=r"diverges: 41 in epoch 2, 20 in epoch 1; lower train\.learning_rate or lengthen train\.war"
    ):
        check_loss(41.0, 2, history(50.0))
