"""Finding the words of a line and putting them in another order."""

import itertools

import numpy as np
import pytest

from netchu.core.charset import BLANK, encode
from netchu.pictures.frames import FRAME_WIDTH
from netchu.reading.decoding import log_softmax
from netchu.training.composition import shuffle_words, word_cuts


@pytest.fixture
def line():
    """Three words of solid ink, 20 columns each, 12 blank columns between them, and logits that spell them."""
    image = np.full((16, 3 * 32), 255, np.uint8)
    text = "ab c de"
    logits = np.zeros((image.shape[1] // FRAME_WIDTH, BLANK + 1))
    logits[:, BLANK] = 5
    for word, start in zip(text.split(), (0, 32, 64), strict=True):
        image[:, start : start + 20] = 10 * len(word)
        for place, letter in enumerate(word):
            logits[start // FRAME_WIDTH + 1 + 2 * place, encode(letter)] = 9
    logits[[6, 14], encode(" ")] = 9
    return image, text, log_softmax(logits)


def test_cuts_lie_in_the_gaps(line):
    first, second = word_cuts(*line)
    assert 20 <= first <= 32 and 52 <= second <= 64


def test_shuffled_words_take_their_ink_along(line):
    image, text, scores = line
    cuts = word_cuts(image, text, scores)
    seen = set()
    for seed in range(40):
        shuffled, words = shuffle_words(image, text, cuts, np.random.default_rng(seed))
        seen.add(words)
        # Each word's ink has a grey of its own.
        greys = [grey for grey, _ in itertools.groupby(shuffled[8]) if grey != 255]
        assert greys == [10 * len(word) for word in words.split()] or set(words.split()) >= {"ab", "de"}
        assert shuffled.shape[0] == 16
    assert len(seen) > 6 and all(sorted(set(words.split())) == sorted(words.split()) for words in seen)


def test_a_single_word_stays(line):
    image = np.full((16, 40), 255, np.uint8)
    assert word_cuts(image, "số", line[2][:10]) == []
    assert shuffle_words(image, "số", [], np.random.default_rng(1))[1] == "số"
