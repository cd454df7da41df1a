"""Threads: order, bounds and errors."""

import threading
import time

import pytest

from netchu.core.parallel import ordered_map, prefetch


def test_ordered_map_keeps_the_order_when_later_items_finish_first():
    assert list(ordered_map(lambda n: time.sleep(0.002 * (n % 3 == 0)) or n * n, range(50))) == [
        n * n for n in range(50)
    ]


@pytest.mark.parametrize("run_ahead", [lambda items: ordered_map(lambda n: n, items), prefetch])
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


@pytest.mark.parametrize("run_ahead", [lambda items: ordered_map(lambda n: n, items), prefetch])
def test_errors_of_the_source_reach_the_reader(run_ahead):
    def items():
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(run_ahead(items()))


def test_prefetch_works_in_a_thread_of_its_own_and_yields_everything():
    threads = set()

    def items():
        for number in range(20):
            threads.add(threading.get_ident())
            yield number

    assert list(prefetch(items())) == list(range(20))
    assert len(threads) == 1 and threading.get_ident() not in threads
    assert list(prefetch([])) == []
