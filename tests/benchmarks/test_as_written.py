"""The benchmark of what a reader writes: its pictures without writing, and its counts."""

import itertools

import numpy as np
import pytest

from benchmarks.as_written import NONSENSE, count_as_written, crop_left, tabulate_lost_numbers, wrong_case
from netchu.reading.line_reading import LineReading
from tests.netchu.tiny_model import PREPROCESS


@pytest.mark.parametrize("change", NONSENSE.values(), ids=NONSENSE)
def test_pictures_without_writing_have_the_size_of_the_line_and_ink(change):
    image = np.full((48, 400), 255, np.uint8)
    image[20:25, 50:300] = 0
    changed = change(image, np.random.default_rng(0))
    assert changed.shape == image.shape and changed.dtype == np.uint8
    assert changed.min() < 100 and changed.max() == 255 and not np.array_equal(changed, image)


def test_counts_phrases_that_are_read_exactly():
    class FakeReader:
        preprocess = PREPROCESS

        def read(self, items):
            readings = itertools.cycle(["1 Lê Lợi, TP.HCM Bình An", "1 Lê Lợi, Q.12 Bình An"])
            return ((phrase, LineReading(next(readings), ())) for phrase, _ in items)

    assert count_as_written(FakeReader(), ["TP.HCM", "Q.1"], 3) == {"TP.HCM": 3, "Q.1": 0}


def test_counts_letters_that_differ_in_case_alone():
    assert wrong_case("phường Bến Nghé", "Phương bến Nghe") == 2


def test_counts_numbers_that_are_lost_when_the_line_is_cropped():
    class FakeReader:
        """Reads the number only if there is paper before it."""

        def read(self, items):
            return ((row, LineReading("12 Lê Lợi" if image[0, 0] == 255 else "Lê Lợi", ())) for row, image in items)

    image = np.full((48, 400), 255, np.uint8)
    image[:, 50:300] = 0
    assert crop_left(image).shape == (48, 350)
    rows = [{"source": source, "text": text, "image": image} for source, text in (("a", "12 Lê Lợi"), ("a", "Lê Lợi"))]
    assert list(tabulate_lost_numbers(FakeReader(), rows)) == [["a", "1", "0", "1"]]
