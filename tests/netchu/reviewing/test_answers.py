import json

import pytest

from netchu.core.errors import NetchuError
from netchu.pages.image_files import find_pages
from netchu.reviewing.answers import ANSWERS, Answer, append_answer, match_answers, read_answers
from netchu.reviewing.words import ReadWord, WordPosition

FIRST, SECOND = WordPosition("ab12", 1, 0, 0), WordPosition("ab12", 1, 0, 1)


def test_keeps_answers_in_their_order(tmp_path):
    append_answer(tmp_path, Answer(SECOND, "Phú", "Phủ"))
    append_answer(tmp_path, Answer(FIRST, "Trần", "Trần"))
    assert read_answers(tmp_path).answers == [Answer(SECOND, "Phú", "Phủ"), Answer(FIRST, "Trần", "Trần")]
    append_answer(tmp_path, Answer(SECOND, "Phú", "Phụ"))
    assert read_answers(tmp_path).answers == [Answer(FIRST, "Trần", "Trần"), Answer(SECOND, "Phú", "Phụ")]


def test_takes_answer_back(tmp_path):
    append_answer(tmp_path, Answer(FIRST, "Trần", "Tràn"))
    append_answer(tmp_path, Answer(FIRST, "Trần", None))
    assert read_answers(tmp_path).answers == []


def test_normalises_text(tmp_path):
    append_answer(tmp_path, Answer(FIRST, "Phú", "  Phu\u0309 "))
    assert read_answers(tmp_path).answers[0].text == "Ph\u1ee7"


def test_survives_interrupted_write(tmp_path):
    append_answer(tmp_path, Answer(FIRST, "Trần", "Tràn"))
    complete = (tmp_path / ANSWERS).read_bytes()
    for length in range(1, len(complete)):
        (tmp_path / ANSWERS).write_bytes(complete + complete[:length])
        append_answer(tmp_path, Answer(SECOND, "Phú", ""))
        assert read_answers(tmp_path).answers == [Answer(FIRST, "Trần", "Tràn"), Answer(SECOND, "Phú", "")]


@pytest.mark.parametrize("row", ["[]", "7", '{"picture": 1}', "\ufeff"])
def test_skips_rows_of_another_kind(row, tmp_path):
    (tmp_path / ANSWERS).write_text(f"{row}\n", encoding="utf-8")
    assert read_answers(tmp_path).answers == []
    values = FIRST._asdict() | {"read": "a", "text": 3}
    (tmp_path / ANSWERS).write_text(json.dumps(values), encoding="utf-8")
    assert read_answers(tmp_path).answers == []


def test_numbers_the_rows_that_are_no_answers_and_keeps_them(tmp_path):
    append_answer(tmp_path, Answer(FIRST, "Trần", "Tràn"))
    good = (tmp_path / ANSWERS).read_bytes()
    damaged = good + good.replace(b'"text"', b'"txet"') + b"\r\n" + good[:-9] + b"\n" + good[:-1] + b"\r\n" + good[:-9]
    (tmp_path / ANSWERS).write_bytes(damaged)
    assert read_answers(tmp_path) == ([Answer(FIRST, "Trần", "Tràn")], [2, 4])  # 3 is empty, and the last one cut off
    append_answer(tmp_path, Answer(SECOND, "Phú", "Phủ"))
    assert (tmp_path / ANSWERS).read_bytes().startswith(damaged)


def test_reports_folder_that_cannot_be_written(tmp_path):
    with pytest.raises(NetchuError, match="the answer cannot be saved"):
        append_answer(tmp_path / "missing", Answer(FIRST, "a", "b"))


def test_is_hidden_from_reading(tmp_path):
    append_answer(tmp_path, Answer(FIRST, "a", "b"))
    assert [str(page) for page in find_pages([tmp_path])] == [str(tmp_path)]  # as of a folder without images


@pytest.mark.parametrize(
    ("text", "expected"), [("Phú", {SECOND: "Phủ"}), ("Phủ", {SECOND: "Phủ"}), ("Phù", {})], ids=["old", "new", "other"]
)
def test_matches_word_read_as_before_or_as_answered(text, expected):
    words = [ReadWord(FIRST, "Trần", 0.9), ReadWord(SECOND, text, 0.9)]
    answers = [Answer(SECOND, "Phú", "Phủ"), Answer(SECOND._replace(line=9), "Phú", "Phủ")]
    assert match_answers(words, answers) == expected
