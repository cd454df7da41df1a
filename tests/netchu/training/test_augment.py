"""Tests of augmentation: each change has an effect, and none destroys the line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.frames import FRAME_WIDTH
from netchu.training.augment import AugmentParams, augment

PARTS = ("affine", "elastic", "stroke", "contrast", "noise", "paper", "camera")


def params(**changes) -> AugmentParams:
    return AugmentParams(**(dict.fromkeys((*PARTS, "margin", "shuffle"), 0.0) | changes))


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


def test_draws_squared_paper():
    """On some lines, with upright lines at equal distances."""
    blank, squared = np.full((48, 600), 255, np.uint8), 0
    for seed in range(200):
        drawn = augment(blank, 1, params(paper=1.0), np.random.default_rng(seed))
        columns = np.flatnonzero(np.median(drawn, axis=0) < 0.85 * np.median(drawn))
        distances = np.diff(columns)[np.diff(columns) > 3]
        if len(distances) > 5:
            squared += 1
            assert 11 <= np.median(distances) <= 58
            assert (np.abs(distances - np.median(distances)) <= 1).mean() > 0.8
    assert 4 <= squared <= 20


def test_adds_paper_at_both_ends():
    image = line(200)
    margins = set()
    for seed in range(200):
        changed = augment(image, 1, params(margin=1.0), np.random.default_rng(seed))
        ink = np.flatnonzero((changed < 255).any(axis=0))
        left, right = int(ink[0]) - 4, changed.shape[1] - 1 - int(ink[-1]) - 4  # the line has 4 columns of paper itself
        assert np.array_equal(changed[:, left : changed.shape[1] - right], image)
        margins.add((left, right))
    for side, largest in enumerate((32, 24)):
        widths = {margin[side] for margin in margins}
        assert min(widths) == 0 and max(widths) == largest and len(widths) > 20


def test_adds_paper_to_a_fraction_of_the_lines():
    image = line(200)
    widths = [augment(image, 1, params(margin=0.25), np.random.default_rng(seed)).shape[1] for seed in range(200)]
    assert 30 < sum(width > 200 for width in widths) < 70


def test_treats_added_paper_as_paper():
    """A shadow or a ruled line does not end where the line did."""
    image = np.full((48, 40), 255, np.uint8)
    changed = [augment(image, 1, params(margin=1.0, paper=2.0), np.random.default_rng(seed)) for seed in range(60)]
    left = [picture[:, 0] for picture in changed if picture.shape[1] > 80]
    assert left and any((column < 250).any() for column in left)


def test_makes_strokes_thicker_and_thinner():
    image, alone = line(200), params(stroke=1.0)
    means = [augment(image, 1, alone, np.random.default_rng(seed)).mean() for seed in range(30)]
    assert min(means) < image.mean() < max(means)


def test_makes_lines_wider_and_narrower():
    widths = {augment(line(200), 1, params(affine=1.0), np.random.default_rng(seed)).shape[1] for seed in range(30)}
    assert min(widths) < 190 and max(widths) > 210
