"""Tests of parallel maps: order, bounds and errors."""

import threading
import time

import pytest

from netchu.core.parallel import ordered_map, prefetch


def test_keeps_the_order_when_later_items_finish_first():
    assert list(ordered_map(lambda n: time.sleep(0.002 * (n % 3 == 0)) or n * n, range(50))) == [
        n * n for n in range(50)
    ]


RUN_AHEAD = pytest.mark.parametrize("run_ahead", [lambda items: ordered_map(lambda n: n, items), prefetch])


@RUN_AHEAD
def test_reads_only_a_few_items_ahead(run_ahead):
    taken = []

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    results = run_ahead(items())
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    time.sleep(0.05)
    assert len(taken) < 100
    results.close()


@RUN_AHEAD
def test_raises_errors_of_the_source(run_ahead):
    def items():
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(run_ahead(items()))


def test_prefetches_all_items_in_one_other_thread():
    threads = set()

    def items():
        for number in range(20):
            threads.add(threading.get_ident())
            yield number

    assert list(prefetch(items())) == list(range(20))
    assert len(threads) == 1 and threading.get_ident() not in threads
    assert list(prefetch([])) == []
