"""The CTC loss against Keras's own and against the sum over all paths."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from netchu.core.charset import BLANK, CHARSET, encode
from netchu.core.folding import LabelStyle, fold
from netchu.reading.decoding import log_softmax
from netchu.training.batches import PAD
from netchu.training.ctc import merge_logits
from netchu.training.tensorflow_backend import ctc_loss


def random_batch(seed: int, lines: int, frames: int, longest: int):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (lines, frames, BLANK + 1)).astype(np.float32)
    lengths = rng.integers(1, longest + 1, lines)
    labels = np.full((lines, longest), PAD, np.int32)
    for row, length in enumerate(lengths):
        labels[row, :length] = rng.integers(0, BLANK, length)
    return labels, logits, rng.integers(2 * longest, frames + 1, lines).astype(np.int32), lengths


def test_has_loss_and_gradient_of_keras():
    labels, logits, frames, lengths = random_batch(1, lines=4, frames=30, longest=8)
    logits = tf.constant(logits)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        ours = ctc_loss(tf.constant(labels), logits, tf.constant(frames))
        # keras.ops.ctc_loss masks by 0 and has the blank first here: shift our classes by one.
        shifted = tf.concat([logits[..., -1:], logits[..., :-1]], axis=-1)
        theirs = keras.ops.ctc_loss(np.where(labels == PAD, 0, labels + 1), shifted, lengths, frames, mask_index=0)
    assert np.allclose(ours, theirs, rtol=1e-4)
    assert np.allclose(tape.gradient(ours, logits), tape.gradient(theirs, logits), atol=1e-4)


@pytest.mark.parametrize("text", [[0], [3, 3], [0, 1, 0]])
def test_returns_negative_log_of_the_sum_over_all_paths(text):
    classes = [BLANK, 0, 1, 3]
    logits = np.full((1, 4, BLANK + 1), -60, np.float32)
    logits[0, :, classes] = np.random.default_rng(2).normal(0, 1, (4, 4)).astype(np.float32)
    probabilities = np.exp(log_softmax(logits[0].astype(np.float64)))
    total = sum(
        np.prod(probabilities[np.arange(4), path])
        for path in itertools.product(classes, repeat=4)
        if [label for label, _ in itertools.groupby(path) if label != BLANK] == text
    )
    loss = ctc_loss(tf.constant([text]), tf.constant(logits), tf.constant([4]))
    assert float(loss[0]) == pytest.approx(-np.log(total), rel=1e-4)


def test_ignores_padding_frames():
    labels, logits, frames, _ = random_batch(3, lines=3, frames=40, longest=6)
    loss = ctc_loss(tf.constant(labels), tf.constant(logits), tf.constant(frames))
    for row, length in enumerate(frames):
        logits[row, length:] = 9
    assert np.allclose(loss, ctc_loss(tf.constant(labels), tf.constant(logits), tf.constant(frames)))


def test_rejects_a_text_too_long_for_its_line():
    logits, frames = tf.zeros((1, 4, BLANK + 1)), tf.constant([4])
    assert np.isinf(ctc_loss(tf.constant([[1, 1, 1]]), logits, frames)[0])  # needs five frames
    with pytest.raises(tf.errors.InvalidArgumentError):
        ctc_loss(tf.constant([[1, 2, 3, 4, 5]]), logits, frames)


@pytest.mark.parametrize(
    ("style", "label"), [(LabelStyle.UNCASED, "a,"), (LabelStyle.UNCASED, "ab"), (LabelStyle.FOLDED, "ab")]
)
def test_sums_loss_over_all_texts_that_reduce_to_the_label(style, label):
    """Compare with the sum over all paths of three frames whose text is the label except for case (and commas)."""
    classes = [BLANK, *encode("aAb,")]
    logits = np.full((1, 3, BLANK + 1), -60, np.float32)
    logits[0, :, classes] = np.random.default_rng(4).normal(0, 1, (5, 3)).astype(np.float32)
    probabilities = np.exp(log_softmax(logits[0].astype(np.float64)))
    # A folded comma counts as blank, and so separates two letters. An a followed by an A is one letter of two frames.
    reduced = {index: encode(CHARSET[index].lower())[0] for index in classes[1:]} | {BLANK: BLANK}
    if style == LabelStyle.FOLDED:
        reduced[encode(",")[0]] = BLANK
    total = sum(
        np.prod(probabilities[np.arange(3), path])
        for path in itertools.product(classes, repeat=3)
        if [index for index, _ in itertools.groupby(map(reduced.get, path)) if index != BLANK] == encode(label)
    )
    merged = merge_logits(tf.constant(logits), tf.constant([style]))
    loss = ctc_loss(tf.constant([encode(label)]), merged, tf.constant([3]))
    assert float(loss[0]) == pytest.approx(-np.log(total), rel=1e-4)


def test_merges_each_line_by_its_style():
    _, logits, _, _ = random_batch(5, lines=3, frames=6, longest=2)
    styles = [LabelStyle.FOLDED, LabelStyle.EXACT, LabelStyle.UNCASED]
    merged = merge_logits(tf.constant(logits), tf.constant(styles)).numpy()
    assert np.array_equal(merged[1], logits[1])
    before, after = (np.exp(log_softmax(values.astype(np.float64))) for values in (logits, merged))
    upper = [index for index, letter in enumerate(CHARSET) if letter != letter.lower()]
    lower = [CHARSET.index(CHARSET[index].lower()) for index in upper]
    signs = [index for index, letter in enumerate(CHARSET) if not fold(letter) and letter != " "]
    assert after[[0, 2]][:, :, upper].max() < 1e-9 and after[0, :, signs].max() < 1e-9
    assert np.allclose(after[[0, 2]].sum(axis=-1), 1)
    assert np.allclose(after[[0, 2]][:, :, lower], (before[:, :, lower] + before[:, :, upper])[[0, 2]], atol=1e-6)
    assert np.allclose(after[0, :, BLANK], before[0, :, [*signs, BLANK]].sum(axis=0), atol=1e-6)
    assert np.allclose(after[2][:, [*signs, BLANK]], before[2][:, [*signs, BLANK]], atol=1e-6)
