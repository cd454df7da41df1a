"""Pages: a line as a person corrected it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.pages.page import Line, Word
from netchu.reading.letters import LetterReading


def word(text: str, left: int, right: int, drop: int = 0) -> Word:
    """A word of confidence 0.5 on a line that falls by `drop` pixels from one side of the word to the other."""
    return Word(text, 0.5, ((left, 10), (right, 10 + drop), (right, 30 + drop), (left, 30)))


LINE = Line(
    (word("Số", 0, 20), word("94", 30, 50), word("Quang", 60, 110), word("Trung", 120, 160)),
    ((0, 10), (200, 10), (200, 30), (0, 30)),
    (LetterReading("S", 0.5, ()),),
)


def places(line: Line) -> list[tuple[str, float, int, int]]:
    return [(word.text, word.confidence, word.box.left, word.box.right) for word in line.words]


def test_what_was_right_stays():
    assert LINE.corrected("Số 94 Quang Trung") == LINE
    assert LINE.corrected("  Số  94 Quang Trung ").words == LINE.words


def test_a_word_replaces_another_in_its_place():
    line = LINE.corrected("Số 95 Quang Trung")
    assert places(line) == [("Số", 0.5, 0, 20), ("95", 1, 30, 50), ("Quang", 0.5, 60, 110), ("Trung", 0.5, 120, 160)]
    assert (line.text, line.corners, line.letters) == ("Số 95 Quang Trung", LINE.corners, ())


def test_a_word_that_was_read_as_two_takes_the_place_of_both():
    assert places(LINE.corrected("Số 94 QuangTrung"))[2:] == [("QuangTrung", 1, 60, 160)]


def test_words_that_were_read_as_one_share_its_place_by_their_lengths():
    assert places(LINE.corrected("Số 94 Qu ang Trung"))[2:4] == [("Qu", 1, 60, 80), ("ang", 1, 80, 110)]


def test_a_word_left_out_goes_into_the_gap():
    assert places(LINE.corrected("Số 94 P. Quang Trung"))[2] == ("P.", 1, 50, 60)
    assert places(LINE.corrected("Số 94 Quang Trung 7"))[4] == ("7", 1, 160, 200)
    assert places(LINE.corrected("Ô Số 94 Quang Trung"))[0] == ("Ô", 1, 0, 0)


def test_words_follow_a_line_that_falls():
    line = Line((word("abcd", 0, 40, drop=8),), ((0, 10), (40, 18), (40, 38), (0, 30)))
    first, second = line.corrected("ab cd").words
    assert first.corners == ((0, 10), (20, 14), (20, 34), (0, 30))
    assert second.corners == ((20, 14), (40, 18), (40, 38), (20, 34))


def test_a_line_that_was_emptied_or_had_no_words():
    assert LINE.corrected(" ").words == ()
    assert places(Line((), LINE.corners).corrected("an ba")) == [("an", 1, 0, 100), ("ba", 1, 100, 200)]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["Số", "94", "Quang", "Trung", "x"]), max_size=7))
def test_any_correction_has_its_words_from_left_to_right(words):
    line = LINE.corrected(" ".join(words))
    assert line.text.split() == words
    edges = [edge for word in line.words for edge in (word.box.left, word.box.right)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= 200 for edge in edges)
