"""Tests of augmentation: each change has an effect, and none destroys the line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.frames import FRAME_WIDTH
from netchu.training.augment import AugmentParams, augment

PARTS = ("affine", "elastic", "stroke", "contrast", "noise", "paper", "camera")


def params(**changes) -> AugmentParams:
    return AugmentParams(**(dict.fromkeys((*PARTS, "shuffle"), 0.0) | changes))


def line(width: int, height: int = 48) -> np.ndarray:
    image = np.full((height, width), 255, np.uint8)
    image[height // 3 : 2 * height // 3, 4 : width - 4 : 9] = 20
    image[height // 2 - 1 : height // 2 + 2, 4:-4] = 20
    return image


@settings(deadline=None, max_examples=60)
@given(st.integers(16, 900), st.integers(16, 64), st.floats(0, 2), st.integers(0, 10**6))
def test_keeps_height_type_ink_and_enough_frames(width, height, strength, seed):
    frames = width // FRAME_WIDTH
    changed = augment(
        line(width, height), frames, params(**dict.fromkeys(PARTS, strength)), np.random.default_rng(seed)
    )
    assert changed.dtype == np.uint8 and changed.shape[0] == height
    assert changed.shape[1] // FRAME_WIDTH >= frames
    assert changed.min() < changed.max()


def test_changes_nothing_when_all_is_off():
    image = line(200)
    assert np.array_equal(augment(image, 1, params(), np.random.default_rng(1)), image)


@pytest.mark.parametrize("part", PARTS)
def test_changes_the_image_deterministically(part):
    image, alone = line(200), params(**{part: 1.0})
    changed = [augment(image, 1, alone, np.random.default_rng(seed)) for seed in range(8)]
    again = [augment(image, 1, alone, np.random.default_rng(seed)) for seed in range(8)]
    assert all(np.array_equal(first, second) for first, second in zip(changed, again, strict=True))
    assert any(not np.array_equal(one, image) for one in changed)


@pytest.mark.parametrize("part", PARTS)
def test_keeps_dark_ink_on_light_paper(part):
    image = line(200)
    for seed in range(20):
        changed = augment(image, 1, params(**{part: 1.0}), np.random.default_rng(seed)).astype(float)
        assert np.median(changed) > 180 and changed.min() < np.median(changed) - 60


@pytest.mark.parametrize("part", ["affine", "elastic"])
def test_fills_the_border_with_paper(part):
    paper = np.full((48, 200), 255, np.uint8)
    for seed in range(20):
        assert augment(paper, 1, params(**{part: 2.0}), np.random.default_rng(seed)).min() == 255


def test_makes_strokes_thicker_and_thinner():
    image, alone = line(200), params(stroke=1.0)
    means = [augment(image, 1, alone, np.random.default_rng(seed)).mean() for seed in range(30)]
    assert min(means) < image.mean() < max(means)


def test_makes_lines_wider_and_narrower():
    widths = {augment(line(200), 1, params(affine=1.0), np.random.default_rng(seed)).shape[1] for seed in range(30)}
    assert min(widths) < 190 and max(widths) > 210
