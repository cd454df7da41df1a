"""Training batches: every line once, padded, and determined by seed, epoch and line."""

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pytest

from netchu.core.charset import decode, encode
from netchu.core.folding import LabelsParams, LabelStyle
from netchu.core.frames import FRAME_WIDTH
from netchu.core.parallel import pool_map, prefetch
from netchu.core.subsets import Subset
from netchu.training.augment import AugmentParams
from netchu.training.batches import PAD, make_batch, training_batches
from netchu.training.sampling import Sampling
from tests.netchu.helpers import HEIGHT, draw, write_table

OFF = AugmentParams(affine=0, elastic=0, stroke=0, contrast=0, noise=0, paper=0, camera=0, margin=0, shuffle=0)
FULL = AugmentParams(affine=1, elastic=1, stroke=1, contrast=1, noise=1, paper=1, camera=1, margin=1, shuffle=0)
ONCE = Sampling({"any": "any"}, {})
EXACT = LabelsParams(uncased=[], folded=[])


@pytest.fixture
def subset(tmp_path):
    texts = [f"số {n}" + "a" * (n % 9) for n in range(150)]
    return Subset(*write_table(tmp_path, {"train": texts, "test": ["khác"]}), "train")


def texts_of(batches):
    return [decode([label for label in row if label != PAD]) for batch in batches for row in batch.labels]


def test_yields_every_line_once(subset):
    batches = list(training_batches(subset, ONCE, EXACT, {}, 8, FULL, seed=1, epoch=1))
    assert len(batches) == -(-150 // 8)
    assert sorted(texts_of(batches)) == sorted(row["text"] for row in subset)


def test_uses_lines_as_often_as_the_sampling_says(subset):
    sampling = Sampling(subset.sources(), dict.fromkeys(subset.sources().values(), 2.5))
    epochs = [list(training_batches(subset, sampling, EXACT, {}, 8, FULL, seed=1, epoch=epoch)) for epoch in (1, 2)]
    assert all(len(batches) == -(-sampling.lines // 8) for batches in epochs)
    counts = Counter(text for batches in epochs for text in texts_of(batches))
    assert counts == Counter({row["text"]: 5 for row in subset})


def test_augments_each_use_of_a_line_differently(tmp_path):
    lines = Subset(*write_table(tmp_path, {"train": ["abc"]}), "train")
    sampling = Sampling(lines.sources(), dict.fromkeys(lines.sources().values(), 2))
    once, again = training_batches(lines, sampling, EXACT, {}, 1, FULL, seed=1, epoch=1)
    assert once.images.shape != again.images.shape or not np.array_equal(once.images, again.images)


def test_changes_order_and_augmentation_with_seed_and_epoch(subset):
    def run(seed, epoch):
        return list(training_batches(subset, ONCE, EXACT, {}, 8, FULL, seed, epoch))

    first = run(1, 1)
    assert_equal(run(1, 1), first)
    assert texts_of(run(1, 2)) != texts_of(first)
    assert texts_of(run(2, 1)) != texts_of(first)


def assert_equal(batches, expected):
    assert texts_of(batches) == texts_of(expected)
    assert all(np.array_equal(a.images, b.images) for a, b in zip(batches, expected, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_makes_the_same_batches_however_far_it_reads_ahead(subset, seed):
    expected = list(training_batches(subset, ONCE, EXACT, {}, 2, FULL, seed, 1))
    ahead = training_batches(
        subset, ONCE, EXACT, {}, 2, FULL, seed, 1, lambda function, items: list(map(function, items))
    )
    assert_equal(list(ahead), expected)
    assert_equal(list(prefetch(training_batches(subset, ONCE, EXACT, {}, 2, FULL, seed, 1))), expected)


@pytest.mark.parametrize(("processes", "cores"), [(1, 1), (2, 4)])
def test_makes_the_same_batches_with_any_number_of_processes_or_cores(subset, monkeypatch, processes, cores):
    expected = list(training_batches(subset, ONCE, EXACT, {}, 2, FULL, 1, 1))
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        assert_equal(list(training_batches(subset, ONCE, EXACT, {}, 2, FULL, 1, 1, partial(pool_map, pool))), expected)


def test_shuffles_batches_anew_in_every_epoch(tmp_path):
    lines = Subset(*write_table(tmp_path, {"train": ["a" * n for n in range(1, 17)]}), "train")
    orders = [
        tuple(texts_of(training_batches(lines, ONCE, EXACT, {}, 1, OFF, *key))) for key in ((1, 1), (1, 2), (2, 1))
    ]
    assert len({*orders, tuple(sorted(orders[0])), tuple(sorted(orders[0], reverse=True))}) == 5


def test_augments_each_line_differently(tmp_path):
    lines = Subset(*write_table(tmp_path, {"train": ["abcdef"] * 8}), "train")
    affine = OFF.model_copy(update={"affine": 1.0})
    assert len({int(batch.frames[0]) for batch in training_batches(lines, ONCE, EXACT, {}, 1, affine, 1, 1)}) > 3


def test_augments_a_line_independently_of_other_lines(tmp_path):
    images = []
    for texts in (["abc"], ["abc", "d", "efg"]):
        folder = tmp_path / str(len(texts))
        folder.mkdir()
        lines = Subset(*write_table(folder, {"train": texts}), "train")
        batches = training_batches(lines, ONCE, EXACT, {}, 1, FULL, seed=1, epoch=1)
        images += [batch.images for batch in batches if texts_of([batch]) == ["abc"]]
    assert np.array_equal(*images)


def test_batches_lines_of_similar_width(subset):
    batches = list(training_batches(subset, ONCE, EXACT, {}, 8, OFF, seed=1, epoch=1))
    used = sum(int(batch.frames.sum()) for batch in batches) * FRAME_WIDTH
    assert used / sum(batch.images.shape[0] * batch.images.shape[2] for batch in batches) > 0.8


def test_makes_ink_one_and_padding_paper():
    rng = np.random.default_rng(0)
    batch = make_batch(
        [draw("ab", rng), draw("abcdefgh", rng)], ["ab", "abcdefgh"], [LabelStyle.EXACT, LabelStyle.FOLDED]
    )
    assert batch.images.shape[1] == HEIGHT and batch.images.dtype == np.float32
    assert batch.images.shape[2] % 32 == 0
    assert batch.images.max() == 1 and batch.images[0, :, 32:].max() == 0
    assert batch.frames.tolist() == [32 // FRAME_WIDTH, 104 // FRAME_WIDTH]
    assert batch.styles.tolist() == [LabelStyle.EXACT, LabelStyle.FOLDED]
    assert batch.labels[0].tolist() == encode("ab") + [PAD] * 6


@pytest.mark.parametrize(
    ("labels", "style", "texts"),
    [
        (LabelsParams(uncased=[], folded=["test"]), LabelStyle.FOLDED, ["a bc/1", "dd"]),
        (LabelsParams(uncased=["test"], folded=[]), LabelStyle.UNCASED, ["a, b-c/1", "dd."]),
        (LabelsParams(uncased=["other"], folded=["another"]), LabelStyle.EXACT, ["A, B-c/1", "Dd."]),
    ],
)
def test_reduces_texts_by_the_style_of_their_source(tmp_path, labels, style, texts):
    lines = Subset(*write_table(tmp_path, {"train": ["A, B-c/1", "Dd."]}), "train")
    (batch,) = training_batches(lines, ONCE, labels, {}, 8, OFF, seed=1, epoch=1)
    assert sorted(texts_of([batch])) == texts and set(batch.styles) == {style}


def test_shuffles_only_lines_with_known_cuts(tmp_path):
    lines = Subset(*write_table(tmp_path, {"train": ["a b c d", "e f g h"]}), "train")
    cuts = {"train/000": [28, 52, 76]}
    shuffle = OFF.model_copy(update={"shuffle": 1.0})
    found = {
        text
        for epoch in range(20)
        for text in texts_of(training_batches(lines, ONCE, EXACT, cuts, 8, shuffle, 1, epoch))
    }
    assert "e f g h" in found and len({text for text in found if set(text) & set("efgh")}) == 1
    assert len(found) > 5 and all(set(text) <= set("abcd ") or text == "e f g h" for text in found)
