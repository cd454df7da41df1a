from netchu.pages.page import Line, Page, Word
from netchu.reading.letters import LetterReading
from netchu.reviewing.words import (
    ReadWord,
    WordPosition,
    apply_answers,
    find_reviewed_lines,
    list_words,
    sort_by_doubt,
    suggest_texts,
)

CORNERS = ((0, 0), (40, 0), (40, 20), (0, 20))


def make_line(**confidences: float) -> Line:
    words = tuple(
        Word(text, confidence, tuple((x + 50 * number, y) for x, y in CORNERS))
        for number, (text, confidence) in enumerate(confidences.items())
    )
    return Line(words, ((0, 0), (50 * len(words), 0), (50 * len(words), 20), (0, 20)))


PAGE = Page(200, 40, (make_line(Trần=0.99, Phú=0.4, Hà=0.995), make_line(Láng=0.7, Ba=0.3)))


def test_lists_words_of_equal_files_once():
    words = list_words([("ab", 1, PAGE), ("cd", 2, PAGE), ("ab", 1, PAGE)])
    assert len(words) == 10
    assert words[0] == ReadWord(WordPosition("ab", 1, 0, 0), "Trần", 0.99)
    assert words[-1] == ReadWord(WordPosition("cd", 2, 1, 1), "Ba", 0.3)


def test_sorts_least_certain_word_first():
    assert [word.text for word in sort_by_doubt(list_words([("ab", 1, PAGE)]))] == ["Ba", "Phú", "Láng", "Trần", "Hà"]


def test_suggests_products_of_letters():
    """The shares of the word's texts: nhà 0.42, nhá 0.28, mhà 0.12, hà 0.06, mhá 0.08, há 0.04."""
    letters = (
        LetterReading("a", 0.2, (("b", 0.8),)),
        LetterReading(" ", 0.9, (("-", 0.1),)),
        LetterReading("n", 0.7, (("m", 0.2), ("", 0.1))),
        LetterReading("h", 1.0, ()),
        LetterReading("à", 0.6, (("á", 0.4),)),
    )
    line = Line((Word("a", 0.5, CORNERS), Word("nhà", 0.5, CORNERS)), CORNERS, letters)
    assert suggest_texts(line, 0) == ["b"]
    assert suggest_texts(line, 1) == ["nhá", "mhà", "mhá", "hà", "há"]


def test_suggests_no_empty_text():
    letters = (LetterReading("a", 0.5, (("", 0.3), (" ", 0.1), ("o", 0.1))),)
    assert suggest_texts(Line((Word("a", 0.5, CORNERS),), CORNERS, letters), 0) == ["o"]


def test_applies_answers():
    answered = apply_answers(PAGE, {(0, 1): "Phủ", (0, 2): "Hà", (1, 0): "", (1, 1): "Ba Đình"})
    assert [line.text for line in answered.lines] == ["Trần Phủ Hà", "Ba Đình"]
    assert [word.confidence for word in answered.words] == [0.99, 1.0, 1.0, 1.0, 1.0]
    assert answered.lines[0].words[1].corners == PAGE.lines[0].words[1].corners
    assert apply_answers(PAGE, {}) == PAGE
    assert apply_answers(PAGE, {(1, 0): "", (1, 1): ""}).text == "Trần Phú Hà"


def test_finds_lines_whose_doubtful_words_are_answered():
    assert find_reviewed_lines(PAGE, {}) == {}
    assert find_reviewed_lines(PAGE, {(0, 0): "Trần", (1, 0): "Láng"}) == {}
    assert find_reviewed_lines(PAGE, {(0, 1): "Phủ", (1, 0): "Láng"}) == {0: "Trần Phủ Hà"}
    assert find_reviewed_lines(PAGE, {(1, 0): "", (1, 1): ""}) == {}
