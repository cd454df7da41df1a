import dataclasses
from itertools import combinations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import CHARSET
from netchu.synthetic.handwriting import _make_glyph, draw_line, sample_writer

VOWELS = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵ"


def make_writer(seed=0, **habits):
    return dataclasses.replace(sample_writer(np.random.default_rng(seed)), **habits)


def ink(image):
    """Return the pixels that are clearly darker than the paper."""
    grey = image.min(axis=2).astype(float)
    return grey < np.median(grey) - 40


@given(text=st.text(st.sampled_from(CHARSET.strip()), min_size=1, max_size=20), seed=st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_draws_every_text_of_the_charset_inside_the_image(text, seed):
    image = draw_line(text, make_writer(seed, ruled=False), np.random.default_rng(seed))
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
    dark = ink(image)
    assert dark.sum() >= 3
    dark[3:-3, 3:-3] = False
    assert not dark.any()


@pytest.mark.parametrize("seed", range(30))
def test_draws_images_with_the_proportions_of_real_ones(seed):
    image = draw_line("45/12 Nguyễn Trãi, P.5, Q.10", make_writer(seed), np.random.default_rng(seed))
    assert 85 <= image.shape[0] <= 150
    assert 4 < image.shape[1] / image.shape[0] < 14
    assert np.median(image) > 200  # near-white paper
    assert 0.01 < ink(image).mean() < 0.2


def test_depends_on_the_writer_and_the_generator_only():
    def draw(writer, line):
        return draw_line("Huyện Ý Yên", make_writer(writer), np.random.default_rng(line))

    np.testing.assert_array_equal(draw(1, 1), draw(1, 1))
    assert draw(1, 1).shape != draw(1, 2).shape or (draw(1, 1) != draw(1, 2)).any()
    assert draw(1, 1).shape != draw(2, 1).shape or (draw(1, 1) != draw(2, 1)).any()


def test_draws_a_line_independently_of_earlier_lines():
    writer = make_writer(5)
    draw_line("Tỉnh Thừa Thiên - Huế", writer, np.random.default_rng(0))
    after = draw_line("Thị trấn Huế", writer, np.random.default_rng(1))
    np.testing.assert_array_equal(after, draw_line("Thị trấn Huế", make_writer(5), np.random.default_rng(1)))


def test_keeps_the_letters_of_a_writer_under_marks():
    writer = make_writer(4)
    base, accented = _make_glyph("a", writer), _make_glyph("ấ", writer)
    np.testing.assert_array_equal(accented.points[: len(base.points)], base.points)
    np.testing.assert_array_equal(_make_glyph("a", make_writer(4)).points, base.points)


def test_draws_lines_of_one_writer_more_alike_than_of_several():
    def shape(writer, line):
        # Colour of the ink, area of the ink, length of the line over its height.
        image = draw_line("Đường Nguyễn Thị Minh Khai", make_writer(writer), np.random.default_rng(line))
        dark = ink(image)
        rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
        return np.array([*image[dark].mean(axis=0) / 60, dark.sum() / 2000, np.ptp(columns) / np.ptp(rows)])

    drawn = np.array([[shape(writer, line) for line in range(4)] for writer in range(12)])
    within = drawn.std(axis=1).mean(axis=0)
    between = drawn.mean(axis=1).std(axis=0)
    assert (between > 1.5 * within).all()


@pytest.mark.parametrize("seed", range(12))
def test_places_marks(seed):
    writer = make_writer(seed)

    def marks(character):
        base = _make_glyph(character.translate(str.maketrans("ạỵấỗủ", "ayâôu")), writer)
        return base, _make_glyph(character, writer).points[len(base.points) :]

    base, dot_below = marks("ạ")
    assert dot_below[:, 1].max() < -0.15
    assert base.left < dot_below[:, 0].mean() < base.right
    base, dot_below = marks("ỵ")
    assert dot_below[:, 0].min() > base.right - 0.2
    for letter in "ấỗủ":
        base, tone = marks(letter)
        assert tone[:, 1].min() > 1
    circumflex = _make_glyph("â", writer).points[len(_make_glyph("a", writer).points) :]
    assert circumflex[:, 1].min() > 1
    assert circumflex[:, 1].argmax() not in (0, len(circumflex) - 1)  # pointed in the middle
    horn = _make_glyph("ơ", writer).points[len(_make_glyph("o", writer).points) :]
    assert horn[:, 0].max() > _make_glyph("o", writer).right


def mark_of(character, base, writer):
    """Return the points (x to the right, y up) by which the glyph of a character differs from that of its base."""
    return _make_glyph(character, writer).points[len(_make_glyph(base, writer).points) :]


def slope(points):
    """Return the slope of the line that fits the points best."""
    x, y = (points - points.mean(axis=0)).T
    return (x * y).sum() / (x * x).sum()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("base", "toned"),
    [
        ("a", "áàảã"),
        ("o", "óòỏõ"),
        ("â", "ấầẩẫ"),
        ("ê", "ếềểễ"),
        ("ơ", "ớờởỡ"),
        ("ư", "ứừửữ"),
        ("A", "ÁÀẢÃ"),
        ("Ô", "ỐỒỔỖ"),
    ],
)
def test_draws_tone_marks_in_their_shapes(seed, base, toned):
    writer = make_writer(seed)
    acute, grave, hook, tilde = (mark_of(character, base, writer) for character in toned)
    assert slope(acute) > 0.5  # rises to the right
    assert slope(grave) < -0.5  # falls to the right
    assert np.ptp(tilde[:, 0]) > 1.4 * np.ptp(tilde[:, 1])  # wider than high
    assert np.ptp(hook[:, 1]) > 1.2 * np.ptp(hook[:, 0])  # higher than wide
    # A hook is a question mark without its dot: it bulges at the upper right and ends at the bottom.
    rightmost, lowest = hook[hook[:, 0].argmax()], hook[hook[:, 1].argmin()]
    assert rightmost[1] > hook[:, 1].mean() > lowest[1]
    assert hook[0, 0] < rightmost[0]
    # Between its ends, a tilde has its crest left of its trough.
    across = (tilde[:, 0] - tilde[:, 0].min()) / np.ptp(tilde[:, 0])
    inner = tilde[(across > 0.15) & (across < 0.85)]
    assert inner[inner[:, 1].argmax(), 0] < inner[inner[:, 1].argmin(), 0]


@pytest.mark.parametrize("seed", range(12))
def test_draws_vowel_marks_in_their_shapes(seed):
    writer = make_writer(seed)
    for circumflex, breve in (("â", "ă"), ("Â", "Ă")):
        base = "a" if circumflex.islower() else "A"
        roof, bowl = mark_of(circumflex, base, writer), mark_of(breve, base, writer)
        for points, direction in ((roof, 1), (bowl, -1)):
            middle = np.abs(points[:, 0] - np.ptp(points[:, 0]) / 2 - points[:, 0].min()).argmin()
            assert direction * (points[middle, 1] - points[[0, -1], 1].mean()) > 0.15
    dot_below, horn = mark_of("ọ", "o", writer), mark_of("ơ", "o", writer)
    assert np.ptp(dot_below, axis=0).max() < 0.2 < np.ptp(horn, axis=0).max()
    assert dot_below[:, 1].max() < 0 < horn[:, 1].min()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("vowels", [VOWELS, VOWELS.upper()])
def test_draws_all_vowels_and_tones_differently(seed, vowels):
    writer = make_writer(seed)
    pictures = {}
    for character in vowels:
        glyph = _make_glyph(character, writer)
        canvas = np.zeros((110, 70), np.uint8)
        points = np.rint(glyph.points * (24, -24) + (20 - 24 * glyph.left, 80)).astype(int)
        for stroke in np.split(points, glyph.starts[1:]):
            cv2.polylines(canvas, [stroke], False, 255, 2)
        # Blurred, so that differences of one or two pixels do not count.
        pictures[character] = cv2.GaussianBlur(canvas, (5, 5), 1.5).astype(float) / 255
    for first, second in combinations(vowels, 2):
        assert np.abs(pictures[first] - pictures[second]).sum() > 8, (first, second)


def test_draws_i_without_its_dot_under_a_tone():
    writer = make_writer(2)
    stem = len(_make_glyph("i", writer).starts) - 1
    assert len(_make_glyph("í", writer).starts) == stem + 1
    assert len(_make_glyph("ị", writer).starts) == stem + 2
