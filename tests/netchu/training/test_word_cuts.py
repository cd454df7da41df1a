"""Tests of finding the gaps between the words of a line."""

import itertools

import numpy as np
import pytest

from netchu.core.charset import BLANK, encode
from netchu.core.folding import LabelsParams
from netchu.core.frames import FRAME_WIDTH
from netchu.reading.decoding import log_softmax
from netchu.training.augment import shuffle_words
from netchu.training.word_cuts import cut_words, find_word_cuts

GREYS = {"ab": 20, "c": 40, "de": 60}


@pytest.fixture
def line():
    """Return an image of three solid words, 20 columns wide and 12 apart, their text and log-probabilities."""
    image = np.full((16, 3 * 32), 255, np.uint8)
    text = "ab c de"
    logits = np.zeros((image.shape[1] // FRAME_WIDTH, BLANK + 1))
    logits[:, BLANK] = 5
    for word, start in zip(text.split(), (0, 32, 64), strict=True):
        image[:, start : start + 20] = GREYS[word]
        for index, letter in enumerate(word):
            logits[start // FRAME_WIDTH + 1 + 2 * index, encode(letter)] = 9
    logits[[6, 14], encode(" ")] = 9
    return image, text, log_softmax(logits)


def test_cuts_in_the_gaps(line):
    first, second = cut_words(*line)
    assert 20 <= first <= 32 and 52 <= second <= 64


@pytest.mark.parametrize(("style", "sources"), [("uncased", []), ("uncased", ["test"]), ("folded", ["test"])])
def test_cuts_lines_whose_labels_have_another_case(tmp_path, line, style, sources):
    """The network reads capital letters, as they are written."""
    image, text, scores = line
    written = scores.copy()
    for letter in set(text) - {" "}:
        written[:, encode(letter + letter.upper())] = scores[:, encode(letter.upper() + letter)]
    label = text.upper() if not sources else text
    rows = [{"id": "a", "source": "test", "text": label, "image": image}]
    labels = LabelsParams(**({"uncased": [], "folded": []} | {style: sources}))
    cuts = find_word_cuts(lambda images: written[None].astype(np.float32), rows, labels)
    assert cuts == {"a": cut_words(image, text, scores)}


def test_shuffles_ink_and_text_together(line):
    image, text, scores = line
    cuts = cut_words(image, text, scores)
    shuffles = set()
    for seed in range(40):
        shuffled, words = shuffle_words(image, text, cuts, np.random.default_rng(seed))
        shuffles.add(words)
        greys = [grey for grey, _ in itertools.groupby(shuffled[8]) if grey != 255]
        assert greys == [GREYS[word] for word in words.split()]
        assert shuffled.shape[0] == 16
    assert len(shuffles) > 6 and all(sorted(set(words.split())) == sorted(words.split()) for words in shuffles)


def test_keeps_a_single_word(line):
    image = np.full((16, 40), 255, np.uint8)
    assert cut_words(image, "số", line[2][:10]) == []
    assert shuffle_words(image, "số", [], np.random.default_rng(1))[1] == "số"
