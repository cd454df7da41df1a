"""The answers of a review, in a hidden file beside the pictures: one JSON object per row, appended as they come."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from netchu.core.charset import normalise
from netchu.core.errors import NetchuError
from netchu.reviewing.words import ReadWord, WordPosition

ANSWERS = ".netchu-review.jsonl"
"""Name of the file; its dot hides it from `netchu read`."""


class Answer(NamedTuple):
    """A person's answer to one word."""

    position: WordPosition
    read: str  # text of the word as it was read
    text: str | None  # right text, "" if there is no word; None takes an earlier answer back


class SavedAnswers(NamedTuple):
    """The content of the file of answers."""

    answers: list[Answer]  # those that hold, in the order in which they were given
    unreadable: list[int]  # numbers, from 1, of the rows that are no answers


def append_answer(folder: Path, answer: Answer) -> None:
    """Append an answer to the file in `folder`, in one write to the disk; raise NetchuError if that fails."""
    path = folder / ANSWERS
    text = None if answer.text is None else normalise(answer.text)
    row = json.dumps(answer.position._asdict() | {"read": answer.read, "text": text}, ensure_ascii=False)
    try:
        with path.open("ab+") as file:
            if size := file.seek(0, os.SEEK_END):
                file.seek(size - 1)
                if file.read(1) != b"\n":  # the process was killed within an earlier write
                    row = "\n" + row
            file.write(f"{row}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise NetchuError(
            f"{path}: the answer cannot be saved ({error.strerror or error}); make the folder writable"
        ) from None


def read_answers(folder: Path) -> SavedAnswers:
    """Return the answers in `folder`; raise NetchuError if the file cannot be read.

    The last row may be incomplete, because the process was killed as it wrote; it is skipped.
    """
    path = folder / ANSWERS
    try:
        content = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise NetchuError(f"{path}: cannot be read ({error.strerror or error}); make it readable") from None
    answers: dict[WordPosition, Answer] = {}
    unreadable = []
    rows = content.split(b"\n")
    for number, row in enumerate(rows, 1):
        answer = _parse(row)
        if answer is None:
            if row.strip() and number < len(rows):
                unreadable.append(number)
            continue
        answers.pop(answer.position, None)  # so that the new answer is the last one
        if answer.text is not None:
            answers[answer.position] = answer
    return SavedAnswers(list(answers.values()), unreadable)


def match_answers(words: Iterable[ReadWord], answers: Iterable[Answer]) -> dict[WordPosition, str]:
    """Return the answered texts of `words`, in the order in which the answers were given.

    An answer holds for a word that is read as it was then, or as the person answered. Another reader, layout or decoder
    may have read something else there.
    """
    texts = {word.position: word.text for word in words}
    return {
        answer.position: answer.text
        for answer in answers
        if answer.text is not None and texts.get(answer.position) in (answer.read, answer.text)
    }


def _parse(row: bytes) -> Answer | None:
    """Return the answer of a row; None if it is not complete."""
    try:
        values = json.loads(row)
        position = WordPosition(*(values[name] for name in WordPosition._fields))
        answer = Answer(position, values["read"], values["text"])
    except (ValueError, TypeError, KeyError):
        return None
    valid = isinstance(position.picture, str) and all(isinstance(number, int) for number in position[1:])
    return answer if valid and isinstance(answer.read, str) and isinstance(answer.text, str | None) else None
