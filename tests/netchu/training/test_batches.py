"""Training batches: every line once, padded right, the same for the same seed."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pytest

from netchu.core.charset import decode, encode
from netchu.core.parallel import pool_map
from netchu.core.subsets import Subset
from netchu.pictures.frames import FRAME_WIDTH
from netchu.training.augment import AugmentParams
from netchu.training.batches import PAD, make_batch, training_batches
from tests.netchu.helpers import HEIGHT, draw, write_table

OFF = AugmentParams(affine=0, elastic=0, stroke=0, contrast=0, noise=0, paper=0, camera=0, shuffle=0)
FULL = AugmentParams(affine=1, elastic=1, stroke=1, contrast=1, noise=1, paper=1, camera=1, shuffle=0)


@pytest.fixture
def subset(tmp_path):
    texts = [f"số {n}" + "a" * (n % 9) for n in range(150)]
    return Subset(*write_table(tmp_path, {"train": texts, "test": ["khác"]}), "train")


def texts_of(batches):
    return [decode([label for label in row if label != PAD]) for batch in batches for row in batch.labels]


def test_every_line_once_in_the_promised_number_of_batches(subset):
    batches = list(training_batches(subset, (), {}, 8, FULL, seed=1, epoch=1))
    assert len(batches) == -(-150 // 8)
    assert sorted(texts_of(batches)) == sorted(row["text"] for row in subset)


def test_order_and_augmentation_follow_seed_and_epoch(subset):
    def run(seed, epoch):
        return list(training_batches(subset, (), {}, 8, FULL, seed, epoch))

    one, again = run(1, 1), run(1, 1)
    assert all(np.array_equal(a.images, b.images) for a, b in zip(one, again, strict=True))
    assert texts_of(one) == texts_of(again)
    assert texts_of(one) != texts_of(run(1, 2))
    assert texts_of(one) != texts_of(run(2, 1))


def test_other_processes_augment_the_same(subset):
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        batches = [
            list(training_batches(subset, (), {}, 8, FULL, 1, 1, map_chunks))
            for map_chunks in (map, partial(pool_map, pool))
        ]
    assert texts_of(batches[0]) == texts_of(batches[1])
    assert all(np.array_equal(a.images, b.images) for a, b in zip(*batches, strict=True))


def test_batches_hold_lines_of_similar_width(subset):
    batches = list(training_batches(subset, (), {}, 8, OFF, seed=1, epoch=1))
    used = sum(int(batch.frames.sum()) for batch in batches) * FRAME_WIDTH
    assert used / sum(batch.images.shape[0] * batch.images.shape[2] for batch in batches) > 0.8


def test_ink_is_one_and_padding_is_paper():
    rng = np.random.default_rng(0)
    batch = make_batch([draw("ab", rng), draw("abcdefgh", rng)], ["ab", "abcdefgh"], [False, True])
    assert batch.images.shape[1] == HEIGHT and batch.images.dtype == np.float32
    assert batch.images.shape[2] % 32 == 0
    assert batch.images.max() == 1 and batch.images[0, :, 32:].max() == 0
    assert batch.frames.tolist() == [32 // FRAME_WIDTH, 104 // FRAME_WIDTH]
    assert batch.folded.tolist() == [False, True]
    assert batch.labels[0].tolist() == encode("ab") + [PAD] * 6


def test_lines_of_folded_sources_lose_case_and_punctuation(tmp_path):
    lines = Subset(*write_table(tmp_path, {"train": ["A, B-c/1", "Dd."]}), "train")
    (batch,) = training_batches(lines, ("test",), {}, 8, OFF, seed=1, epoch=1)
    assert sorted(texts_of([batch])) == ["a bc/1", "dd"] and batch.folded.all()
    (batch,) = training_batches(lines, ("other",), {}, 8, OFF, seed=1, epoch=1)
    assert sorted(texts_of([batch])) == ["A, B-c/1", "Dd."] and not batch.folded.any()


def test_words_are_shuffled_only_where_it_is_known_where_they_lie(tmp_path):
    lines = Subset(*write_table(tmp_path, {"train": ["a b c d", "e f g h"]}), "train")
    cuts = {"train/000": [28, 52, 76]}
    shuffle = OFF.model_copy(update={"shuffle": 1.0})
    seen = {text for epoch in range(20) for text in texts_of(training_batches(lines, (), cuts, 8, shuffle, 1, epoch))}
    assert "e f g h" in seen and len({text for text in seen if set(text) & set("efgh")}) == 1
    assert len(seen) > 5 and all(set(text) <= set("abcd ") or text == "e f g h" for text in seen)
