"""Pages: a corrected line keeps the positions of its words."""

from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.pages.page import Line, Word
from netchu.reading.letters import LetterReading


def word(text: str, left: int, right: int, drop: int = 0) -> Word:
    """Return a word of confidence 0.5 whose right side is `drop` pixels lower than its left side."""
    return Word(text, 0.5, ((left, 10), (right, 10 + drop), (right, 30 + drop), (left, 30)))


LINE = Line(
    (word("Số", 0, 20), word("94", 30, 50), word("Quang", 60, 110), word("Trung", 120, 160)),
    ((0, 10), (200, 10), (200, 30), (0, 30)),
    (LetterReading("S", 0.5, ()),),
)


def positions(line: Line) -> list[tuple[str, float, int, int]]:
    return [(word.text, word.confidence, word.box.left, word.box.right) for word in line.words]


def test_keeps_unchanged_words():
    assert LINE.corrected("Số 94 Quang Trung") == LINE
    assert LINE.corrected("  Số  94 Quang Trung ").words == LINE.words


def test_replaces_one_word_by_another():
    line = LINE.corrected("Số 95 Quang Trung")
    assert positions(line) == [("Số", 0.5, 0, 20), ("95", 1, 30, 50), ("Quang", 0.5, 60, 110), ("Trung", 0.5, 120, 160)]
    assert (line.text, line.corners, line.letters) == ("Số 95 Quang Trung", LINE.corners, ())


def test_replaces_two_words_by_one():
    assert positions(LINE.corrected("Số 94 QuangTrung"))[2:] == [("QuangTrung", 1, 60, 160)]


def test_divides_one_word_into_two_by_their_lengths():
    assert positions(LINE.corrected("Số 94 Qu ang Trung"))[2:4] == [("Qu", 1, 60, 80), ("ang", 1, 80, 110)]


def test_puts_a_missing_word_into_the_gap():
    assert positions(LINE.corrected("Số 94 P. Quang Trung"))[2] == ("P.", 1, 50, 60)
    assert positions(LINE.corrected("Số 94 Quang Trung 7"))[4] == ("7", 1, 160, 200)
    assert positions(LINE.corrected("Ô Số 94 Quang Trung"))[0] == ("Ô", 1, 0, 0)


def test_divides_a_word_along_a_sloping_line():
    line = Line((word("abcd", 0, 40, drop=8),), ((0, 10), (40, 18), (40, 38), (0, 30)))
    first, second = line.corrected("ab cd").words
    assert first.corners == ((0, 10), (20, 14), (20, 34), (0, 30))
    assert second.corners == ((20, 14), (40, 18), (40, 38), (20, 34))


def test_accepts_empty_text_and_lines_without_words():
    assert LINE.corrected(" ").words == ()
    assert positions(Line((), LINE.corners).corrected("an ba")) == [("an", 1, 0, 100), ("ba", 1, 100, 200)]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["Số", "94", "Quang", "Trung", "x"]), max_size=7))
def test_any_correction_orders_its_words_from_left_to_right(words):
    line = LINE.corrected(" ".join(words))
    assert line.text.split() == words
    edges = [edge for word in line.words for edge in (word.box.left, word.box.right)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= 200 for edge in edges)
