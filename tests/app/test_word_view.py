import cv2
import numpy as np

from app.word_view import cut_word
from netchu.pages.page import Line, Word


def make_line(*boxes: tuple[int, int], shift: int = 0) -> Line:
    """Return a line from y 20 to 60 whose words have these left and right sides; it falls by `shift` pixels."""
    words = tuple(Word("a", 0.5, ((x, 20), (y, 20 + shift), (y, 60 + shift), (x, 60))) for x, y in boxes)
    return Line(words, (words[0].corners[0], *words[-1].corners[1:3], words[0].corners[3]))


def test_cuts_out_the_word_and_its_line():
    picture = np.full((80, 300), 255, np.uint8)
    picture[30:50, 40:90] = 100  # the first word
    picture[30:50, 160:240] = 0  # the second word
    word, line = cut_word(picture, make_line((40, 90), (160, 240)), 1)
    # 128 and 64 pixels high, with a margin of 0.35 on each side: scaled by 3.2 and 1.6.
    assert word.shape == (round(1.7 * 128), round(80 * 3.2 + 0.7 * 128), 3)
    assert line.shape == (round(1.7 * 64), round(200 * 1.6 + 0.7 * 64), 3)
    assert (word[100, 60:280] == 0).all() and 100 not in word
    framed = (line == (31, 95, 168)).all(axis=2).nonzero()[1]
    assert abs(framed.min() - (120 * 1.6 + 22.4)) <= 2 and abs(framed.max() - (200 * 1.6 + 22.4)) <= 2


def test_levels_a_tilted_line():
    picture = np.full((120, 300, 3), 255, np.uint8)
    cv2.line(picture, (40, 40), (240, 80), (0, 0, 0), 3)
    (word, _) = cut_word(picture, make_line((40, 240), shift=40), 0)
    rows = (word[:, 100 : word.shape[1] - 100] < 128).all(axis=2).nonzero()[0]
    assert np.ptp(rows) < 30  # 128 if it stayed tilted


def test_cuts_out_a_word_without_width():
    word, _ = cut_word(np.full((80, 300, 4), 255, np.uint8), make_line((40, 40), (160, 240)), 0)
    assert word.size
