"""Uses of each training line: as many as asked over several epochs, and equally many lines in each epoch."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netchu.core.errors import NetchuError
from netchu.training.sampling import Sampling

SOURCES = {"a1": "a", "b1": "b", "a2": "a", "a3": "a"}


def uses_of(sampling, sources, epoch):
    uses = sampling.uses(epoch)
    return {line: uses.get(line, 1) for line in sources}


def test_uses_every_line_once_by_default():
    sampling = Sampling(SOURCES, {})
    assert sampling.lines == 4
    assert uses_of(sampling, SOURCES, 7) == dict.fromkeys(SOURCES, 1)


def test_uses_a_third_of_a_source_in_each_of_three_epochs():
    sampling = Sampling(SOURCES, {"a": 1 / 3})
    assert sampling.lines == 2
    used = [line for epoch in (1, 2, 3) for line, times in uses_of(sampling, SOURCES, epoch).items() if times]
    assert sorted(used) == ["a1", "a2", "a3", "b1", "b1", "b1"]


@given(st.integers(1, 60), st.fractions(Fraction(1, 7), 5, max_denominator=7), st.integers(0, 1000), st.integers(0, 3))
def test_uses_each_line_nearly_as_often_as_asked(lines, frequency, first, others):
    sources = {f"a{n}": "a" for n in range(lines)} | {f"b{n}": "b" for n in range(others)}
    try:
        sampling = Sampling(sources, {"a": float(frequency)})
    except NetchuError:
        assert lines * frequency < 1
        assert not others
        return
    assert sampling.lines == lines * frequency // 1 + others
    total = Counter()
    for epoch in range(first, first + lines):
        uses = uses_of(sampling, sources, epoch)
        assert sum(uses.values()) == sampling.lines
        assert all(abs(uses[line] - frequency) < 1 for line in sources if line.startswith("a"))
        total.update(uses)
    # Over as many epochs as there are lines, every line is used equally often.
    assert {total[line] for line in sources if line.startswith("a")} == {lines * frequency // 1}


def test_rejects_unknown_source():
    with pytest.raises(NetchuError, match=r"train\.sampling: no lines of c; choose from a, b"):
        Sampling(SOURCES, {"c": 2})


def test_rejects_sampling_that_leaves_nothing():
    with pytest.raises(NetchuError, match=r"train\.sampling leaves no line"):
        Sampling({"a1": "a"}, {"a": 0.5})
