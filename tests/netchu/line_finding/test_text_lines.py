"""Lines of a page: found where they were drawn; a single line is not a page."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netchu.core.errors import NetchuError
from netchu.evaluation.metrics import character_edits
from netchu.line_finding.text_lines import find_lines, find_lines_if_page
from netchu.pages.recognizer import Recognizer
from netchu.pictures.images import decode_image
from tests.netchu.pictures.samples import BLANKS
from tests.netchu.synthetic_pages import DrawnPage, draw_page

PAGES = {
    "plain": {"lines": 6},
    "skewed and shaded": {"lines": 7, "skew": 3, "shading": 0.5, "noise": 3},
    "skewed the other way": {"lines": 5, "skew": -5},
    "tight, tails touch marks": {"lines": 6, "pitch": 2.8, "skew": 2},
    "far apart": {"lines": 4, "pitch": 7},
    "ruled, with a margin": {"lines": 6, "ruled": True, "margin_line": True, "skew": -3, "shading": 0.4},
    "on a table": {"lines": 6, "border": 120, "skew": 4, "perspective": 0.08, "ruled": True, "shading": 0.3},
    "dark and noisy": {"lines": 5, "shading": 0.7, "noise": 10, "skew": -2},
    "long lines": {"lines": 3, "max_characters": 56, "skew": -3, "pitch": 3.2},
    "small": {"lines": 5, "scale": 0.5, "skew": 3},
    "large": {"lines": 4, "scale": 2.5, "skew": 3},
}

DATA = Path(__file__).parents[4] / "shared" / "data"


def extents(corners: np.ndarray, slope: float) -> np.ndarray:
    """Return the extent of a box along and across lines of that slope, (2, 2)."""
    turn = np.arctan(slope)
    along, across = (np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))
    positions = corners @ np.array([along, across]).T
    return np.stack([positions.min(axis=0), positions.max(axis=0)], axis=1)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Return the intersection over union of two intervals."""
    inside = max(min(a[1], b[1]) - max(a[0], b[0]), 0)
    return inside / (max(a[1], b[1]) - min(a[0], b[0]))


def assert_found(page: DrawnPage, lines) -> None:
    """Check that the lines are those of the page, in order, with nearly the same boxes."""
    assert len(lines) == len(page.texts)
    for box, line in zip(page.boxes, lines, strict=True):
        dx, dy = box[1] - box[0]
        expected, found = extents(box, dy / dx), extents(line.corners, dy / dx)
        assert overlap(expected[0], found[0]) > 0.8
        assert overlap(expected[1], found[1]) > 0.5


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("seed", [1, 2])
def test_finds_lines_in_order(name, seed):
    page = draw_page(seed, **PAGES[name])
    assert_found(page, find_lines(page.image))


@pytest.mark.parametrize("name", ["grey", "transparent", "white on black"])
def test_accepts_grey_transparent_and_inverted_pictures(name):
    page = draw_page(3, lines=5, skew=2)
    grey = cv2.cvtColor(page.image, cv2.COLOR_RGB2GRAY)
    picture = {
        "grey": grey,
        "transparent": np.dstack([np.zeros_like(page.image), 255 - grey]),
        "white on black": 255 - page.image,
    }[name]
    lines = find_lines(picture)
    assert_found(page, lines)
    assert all(line.image.dtype == np.uint8 for line in lines)
    assert all(line.image.ndim == (3 if name == "white on black" else 2) for line in lines)


@pytest.mark.parametrize("name", BLANKS)
def test_finds_no_lines_on_blank_pictures(name):
    assert find_lines(BLANKS[name]) == []
    assert not find_lines_if_page(BLANKS[name])


@pytest.mark.parametrize("upright", [False, True])
def test_finds_no_lines_on_ruled_and_squared_paper(upright):
    page = np.full((900, 700, 3), 235, np.uint8)
    for position in range(40, 900, 60):
        cv2.line(page, (0, position), (699, position + 20), (150, 170, 205), 2, cv2.LINE_AA)
        if upright:
            cv2.line(page, (position, 0), (position - 25, 899), (150, 170, 205), 2, cv2.LINE_AA)
    assert find_lines(page) == []


@pytest.mark.parametrize("side", [26, 30, 40])
@pytest.mark.parametrize("seed", range(4))
def test_finds_lines_on_squared_paper(seed, side):
    """The squares cover more of the page than the writing, and are no cells of a table."""
    page = draw_page(seed, lines=7, skew=seed - 1)
    squares = np.full_like(page.image, 255)
    for position in range(7, max(squares.shape), side):
        cv2.line(squares, (0, position), (squares.shape[1], position), (170, 170, 170), 2)
        cv2.line(squares, (position, 0), (position, squares.shape[0]), (170, 170, 170), 2)
    assert_found(page._replace(image=None), find_lines(np.minimum(page.image, squares)))


@pytest.mark.parametrize("options", [{}, {"ruled": True, "skew": 2, "shading": 0.4}, {"pitch": 2.8}])
def test_distinguishes_a_line_from_a_page(options):
    for seed in range(3):
        assert not find_lines_if_page(draw_page(seed, lines=1, **options).image)
        assert find_lines_if_page(draw_page(seed, lines=2, **options).image)
        assert find_lines_if_page(draw_page(seed, lines=5, **options).image)


@pytest.mark.parametrize("margin", [0, 2, 8])
@pytest.mark.parametrize("lines", [2, 3, 5])
def test_tightly_cropped_paragraph_is_a_page(lines, margin):
    for seed in range(3):
        page = draw_page(seed, lines=lines, ragged=False)
        corners = page.boxes.reshape(-1, 2)
        left, top = (np.floor(corners.min(axis=0)) - margin).astype(int)
        right, bottom = (np.ceil(corners.max(axis=0)) + margin).astype(int)
        assert find_lines_if_page(page.image[top:bottom, left:right])


def test_line_with_pieces_of_neighbours_is_not_a_page():
    page = draw_page(7, lines=3, pitch=3.2, ragged=False)
    middle = page.boxes[1]
    assert not find_lines_if_page(page.image[round(middle[0, 1]) - 12 : round(middle[2, 1]) + 12])


@pytest.mark.parametrize("name", ["cinnamon-train.zip", "kalapa-80-writers.zip"])
def test_real_lines_are_not_pages(name):
    if not (DATA / name).is_file():
        pytest.skip(f"needs the real lines, {DATA / name}")
    with zipfile.ZipFile(DATA / name) as archive:
        names = sorted(entry for entry in archive.namelist() if entry.lower().endswith((".png", ".jpg", ".jpeg")))
        pictures = [decode_image(archive.read(entry)) for entry in names[:: len(names) // 60]]
    assert all(not find_lines_if_page(picture) for picture in pictures)
    # Cropped to the shape of a page, with frames and pieces of neighbours.
    cropped = [picture[:, : 5 * picture.shape[0]] for picture in pictures]
    assert np.mean([not find_lines_if_page(picture) for picture in cropped]) > 0.95


def test_reads_a_page_as_well_as_its_lines():
    try:
        recognizer = Recognizer.load()
    except NetchuError as error:
        pytest.skip(str(error))
    texts, alone, together = [], [], []
    for seed in range(4):
        page = draw_page(seed, lines=7, skew=3, shading=0.5)
        texts += page.texts
        alone += [recognizer.read(line, "line").text for line in page.lines]
        together += recognizer.read(page.image).text.split("\n")
    assert len(together) == len(texts)
    errors = [character_edits(texts, read).edits.sum() / sum(map(len, texts)) for read in (alone, together)]
    assert errors[1] <= errors[0] + 0.02


@given(st.integers(1, 90), st.integers(1, 120), st.integers(0, 2**32 - 1))
@example(1, 3, 3)  # smaller than the reduced copies of pictures
@example(7, 1, 3)
@settings(max_examples=40, deadline=None)
def test_any_picture_gives_finite_lines_and_is_not_changed(height, width, seed):
    rng = np.random.default_rng(seed)
    shape = (height, width, *((), (3,), (4,))[seed % 3])
    picture = (rng.integers(0, 256, shape) if seed % 2 else 255 * (rng.random(shape) < 0.9)).astype(np.uint8)
    before = picture.copy()
    for line in find_lines(picture):
        assert line.corners.shape == (4, 2)
        assert np.isfinite(line.corners).all()
        assert line.image.size
    find_lines_if_page(picture)
    np.testing.assert_array_equal(picture, before)
