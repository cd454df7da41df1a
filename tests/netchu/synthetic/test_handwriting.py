import dataclasses
from itertools import combinations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import CHARSET
from netchu.synthetic.handwriting import _make_letter, draw_line, sample_writer

VOWELS = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵ"


def make_writer(seed=0, **habits):
    return dataclasses.replace(sample_writer(np.random.default_rng(seed)), **habits)


def ink(image):
    """Where the image is clearly darker than its paper."""
    grey = image.min(axis=2).astype(float)
    return grey < np.median(grey) - 40


@given(text=st.text(st.sampled_from(CHARSET.strip()), min_size=1, max_size=20), seed=st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_any_text_of_the_charset_is_drawn_whole(text, seed):
    image = draw_line(text, make_writer(seed, ruled=False), np.random.default_rng(seed))
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
    dark = ink(image)
    assert dark.sum() >= 3
    dark[3:-3, 3:-3] = False
    assert not dark.any()


@pytest.mark.parametrize("seed", range(30))
def test_an_address_makes_an_image_like_the_real_ones(seed):
    image = draw_line("45/12 Nguyễn Trãi, P.5, Q.10", make_writer(seed), np.random.default_rng(seed))
    assert 85 <= image.shape[0] <= 150
    assert 4 < image.shape[1] / image.shape[0] < 14
    assert np.median(image) > 200  # near-white paper
    assert 0.01 < ink(image).mean() < 0.2


def test_same_seed_same_image_and_another_seed_another():
    def draw(writer, line):
        return draw_line("Huyện Ý Yên", make_writer(writer), np.random.default_rng(line))

    np.testing.assert_array_equal(draw(1, 1), draw(1, 1))
    assert draw(1, 1).shape != draw(1, 2).shape or (draw(1, 1) != draw(1, 2)).any()
    assert draw(1, 1).shape != draw(2, 1).shape or (draw(1, 1) != draw(2, 1)).any()


def test_lines_drawn_before_do_not_matter():
    writer = make_writer(5)
    draw_line("Tỉnh Thừa Thiên - Huế", writer, np.random.default_rng(0))
    after = draw_line("Thị trấn Huế", writer, np.random.default_rng(1))
    np.testing.assert_array_equal(after, draw_line("Thị trấn Huế", make_writer(5), np.random.default_rng(1)))


def test_a_writer_keeps_his_letters_and_marks_change_nothing_of_them():
    writer = make_writer(4)
    plain, accented = _make_letter("a", writer), _make_letter("ấ", writer)
    np.testing.assert_array_equal(accented.points[: len(plain.points)], plain.points)
    np.testing.assert_array_equal(_make_letter("a", make_writer(4)).points, plain.points)


def test_lines_of_one_writer_resemble_each_other_more_than_those_of_others():
    def shape(writer, line):
        # What the eye notices: colour of the ink, its width, how long the line is for its height.
        image = draw_line("Đường Nguyễn Thị Minh Khai", make_writer(writer), np.random.default_rng(line))
        dark = ink(image)
        rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
        return np.array([*image[dark].mean(axis=0) / 60, dark.sum() / 2000, np.ptp(columns) / np.ptp(rows)])

    drawn = np.array([[shape(writer, line) for line in range(4)] for writer in range(12)])
    within = drawn.std(axis=1).mean(axis=0)
    between = drawn.mean(axis=1).std(axis=0)
    assert (between > 1.5 * within).all()


@pytest.mark.parametrize("seed", range(12))
def test_marks_stand_where_they_belong(seed):
    writer = make_writer(seed)

    def marks(character):
        base = _make_letter(character.translate(str.maketrans("ạỵấỗủ", "ayâôu")), writer)
        return base, _make_letter(character, writer).points[len(base.points) :]

    base, dot_below = marks("ạ")
    assert dot_below[:, 1].max() < -0.15
    assert base.left < dot_below[:, 0].mean() < base.right
    base, dot_below = marks("ỵ")
    assert dot_below[:, 0].min() > base.right - 0.2
    for letter in "ấỗủ":
        base, tone = marks(letter)
        assert tone[:, 1].min() > 1
    circumflex = _make_letter("â", writer).points[len(_make_letter("a", writer).points) :]
    assert circumflex[:, 1].min() > 1
    assert circumflex[:, 1].argmax() not in (0, len(circumflex) - 1)  # pointed in the middle
    horn = _make_letter("ơ", writer).points[len(_make_letter("o", writer).points) :]
    assert horn[:, 0].max() > _make_letter("o", writer).right


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("vowels", [VOWELS, VOWELS.upper()])
def test_all_vowels_with_all_tones_look_different(seed, vowels):
    writer = make_writer(seed)
    pictures = {}
    for character in vowels:
        letter = _make_letter(character, writer)
        canvas = np.zeros((110, 70), np.uint8)
        points = np.rint(letter.points * (24, -24) + (20 - 24 * letter.left, 80)).astype(int)
        for stroke in np.split(points, letter.starts[1:]):
            cv2.polylines(canvas, [stroke], False, 255, 2)
        # Blurred by a pixel or two, so that only real differences count.
        pictures[character] = cv2.GaussianBlur(canvas, (5, 5), 1.5).astype(float) / 255
    for one, other in combinations(vowels, 2):
        assert np.abs(pictures[one] - pictures[other]).sum() > 8, (one, other)


def test_i_loses_its_dot_under_a_tone():
    writer = make_writer(2)
    stem = len(_make_letter("i", writer).starts) - 1
    assert len(_make_letter("í", writer).starts) == stem + 1
    assert len(_make_letter("ị", writer).starts) == stem + 2
