"""Marks of words: printed and handwritten words of drawn lines, and words that are struck through."""

import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from netchu.core.errors import NetchuError
from netchu.pages.page import Line, Word
from netchu.pages.word_marks import AdditiveModel, find_marks, score_line
from netchu.pictures.illumination import to_grey
from netchu.reading.letters import LetterReading
from netchu.synthetic.handwriting import draw_line, sample_writer


def draw_handwriting(text: str, seed: int) -> np.ndarray:
    """Return a line of synthetic handwriting on white paper, uint8 (height, width)."""
    rng = np.random.default_rng(seed)
    writer = replace(sample_writer(rng), paper=(250, 250, 250), ruled=False, shading=0.0)
    return to_grey(draw_line(text, writer, rng))


def draw_print(text: str, size: int) -> np.ndarray:
    """Return a line in the font of Pillow, which has no Vietnamese letters, uint8 (height, width)."""
    font = ImageFont.load_default(size)
    image = Image.new("L", (round(font.getlength(text)) + 20, 2 * size), 250)
    ImageDraw.Draw(image).text((10, size // 3), text, fill=30, font=font)
    return np.asarray(image)


def put_side_by_side(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    height = max(len(left), len(right)) + 10
    padded = []
    for picture in (left, right):
        above = (height - len(picture)) // 2
        below = height - len(picture) - above
        padded.append(cv2.copyMakeBorder(picture, above, below, 15, 15, cv2.BORDER_CONSTANT, value=250))
    return np.concatenate(padded, axis=1)


def marked_share(words: tuple[Word, ...], mark: str) -> float:
    return float(np.mean([getattr(word, mark) for word in words]))


@pytest.mark.parametrize("size", [26, 36, 60])
def test_marks_printed_line(recognizer, size):
    page = recognizer.read(draw_print("Ho va ten nguoi khai, noi thuong tru, nghe nghiep", size), "line")
    assert marked_share(page.words, "printed") > 0.8
    assert all(word.confidence <= 0.3 for word in page.words if word.printed)


def test_marks_only_the_printed_part_of_a_line(recognizer):
    written = draw_handwriting("thôn Đông, xã Hòa An", 3)
    printed = draw_print("Noi thuong tru cua nguoi khai", 34)
    picture = put_side_by_side(printed, written)
    border = printed.shape[1] + 30
    all_words = recognizer.read(picture, "line").words
    on_the_left = [word for word in all_words if word.box.right <= border + 5]
    on_the_right = [word for word in all_words if word.box.left >= border - 5]
    assert marked_share(on_the_left, "printed") > 0.8
    assert not any(word.printed for word in on_the_right)
    page = recognizer.read(picture, "line", letters=True, ink="handwriting")
    assert page.text == " ".join(word.text for word in all_words if not word.printed)
    assert "".join(letter.text for letter in page.lines[0].letters) == page.lines[0].text


def test_leaves_out_lines_of_print(recognizer):
    picture = draw_print("Noi thuong tru cua nguoi khai", 40)
    words = recognizer.read(picture, "line").words
    page = recognizer.read(picture, "line", ink="handwriting")
    assert page.words == tuple(word for word in words if not word.printed)


@pytest.mark.parametrize("seed", range(4))
def test_marks_no_handwriting(recognizer, seed):
    page = recognizer.read(draw_handwriting("Số 27 đường Trần Phú, thị trấn Đất Đỏ", seed), "line")
    assert not any(word.printed or word.struck for word in page.words)


def test_marks_words_that_are_struck_through(recognizer):
    picture = draw_handwriting("Phường Nguyễn Thái Bình", 1)
    words = recognizer.read(picture, "line").words
    left, top, right, bottom = words[1].box
    for share in (0.55, 0.65):
        y = round(top + share * (bottom - top))
        cv2.line(picture, (left - 3, y + 2), (right + 3, y - 2), 40, 3, cv2.LINE_AA)
    found = recognizer.read(picture, "line").words
    assert [word.struck for word in found if word.box.right > left + 5 and word.box.left < right - 5] == [True]
    assert not any(word.struck for word in found if word.box.right <= left + 5 or word.box.left >= right - 5)
    assert all(word.confidence <= 0.3 for word in found if word.struck)


def test_reads_the_same_text_without_marks(recognizer):
    picture = draw_print("Noi thuong tru cua nguoi khai", 40)
    (plain,) = recognizer.read_pages([picture], np.asarray, mark_words=False)
    (marked,) = recognizer.read_pages([picture], np.asarray)
    assert plain.text == marked.text
    assert any(word.printed for word in marked.words) and not any(word.printed for word in plain.words)
    (left_out,) = recognizer.read_pages([picture], np.asarray, ink="handwriting", mark_words=False)
    assert left_out.text != plain.text


def test_rejects_unknown_ink(recognizer):
    with pytest.raises(NetchuError, match="ink 'pencil': should be one of all, handwriting"):
        recognizer.read(np.full((50, 50), 255, np.uint8), ink="pencil")


def test_accepts_lines_without_words_or_ink():
    blank = np.full((48, 100), 255, np.uint8)
    assert find_marks(blank, np.zeros((0, 2))) == []
    assert len(find_marks(blank, np.array([[0, 0.5], [0.5, 0.5], [1, 1]]))) == 3


def test_adds_the_functions_of_all_measurements():
    model = AdditiveModel(-1.0, np.array([[0.0, 2.0], [5.0, 5.0]]), np.array([[0.0, 4.0], [3.0, 3.0]]), 0.0)
    assert model.score(np.array([[1.0, 9.0], [7.0, -9.0]])).tolist() == [4.0, 6.0]


def test_scores_words_in_context():
    """The score is the difference between the best of all labellings with and without the word."""
    scores = np.array([3.0, -0.5, 2.5, -4.0, 1.0, -9.0, 20.0])

    def worth(labels: tuple[int, ...]) -> float:
        return np.clip(scores, -6, 6) @ labels - 2 * np.abs(np.diff(labels)).sum()

    labellings = [*itertools.product((0, 1), repeat=len(scores))]
    expected = [
        max(worth(labels) for labels in labellings if labels[word])
        - max(worth(labels) for labels in labellings if not labels[word])
        for word in range(len(scores))
    ]
    assert score_line(scores) == pytest.approx(expected)
    assert score_line(scores)[1] > 0  # between two printed words


def test_line_without_print_keeps_its_letters():
    corners = ((0, 0), (9, 0), (9, 9), (0, 9))
    words = tuple(Word(text, 0.9, corners, printed=text.isupper()) for text in ("HO", "an", "TEN", "ba", "X"))
    letters = tuple(LetterReading(letter, 1.0, ()) for letter in "HO an TEN ba X")
    line = Line(words, corners, letters).without_print()
    assert line.text == "an ba"
    assert "".join(letter.text for letter in line.letters) == "an ba"
    unmarked = Line(words[1:2], corners, letters[3:5])
    assert unmarked.without_print() is unmarked
