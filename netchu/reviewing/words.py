"""The words of a batch of pages, in the order in which a person reviews them."""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from netchu.pages.page import Line, Page
from netchu.reading.letters import LetterReading

SURE = 0.98
"""A line counts as reviewed when its words of lower confidence are answered."""

_MAX_ALTERNATIVES = 5


class WordPosition(NamedTuple):
    """The position of a word in a batch; it stays the same if the file is renamed."""

    picture: str  # digest of the file
    page: int  # of the file, from 1
    line: int  # of the page, from 0
    word: int  # of the line, from 0


class ReadWord(NamedTuple):
    """A word as it was read."""

    position: WordPosition
    text: str
    confidence: float  # 0 to 1: estimated probability that the word is right


def list_words(pages: Iterable[tuple[str, int, Page]]) -> list[ReadWord]:
    """Return the words of pages, in the order of reading.

    Args:
        pages: digest of the file, number of the page in it, and page. Of equal files, only the first counts.
    """
    by_position = {
        (position := WordPosition(digest, number, line_number, word_number)): ReadWord(
            position, word.text, word.confidence
        )
        for digest, number, page in pages
        for line_number, line in enumerate(page.lines)
        for word_number, word in enumerate(line.words)
    }
    return list(by_position.values())


def sort_by_doubt(words: Iterable[ReadWord]) -> list[ReadWord]:
    """Return the words, the least certain first; equally certain words stay in their order."""
    return sorted(words, key=lambda word: word.confidence)


def suggest_texts(line: Line, number: int) -> list[str]:
    """Return other texts of a word, counted from 0, the most likely first; at most 5.

    They combine the alternatives of the word's letters, as if letters were independent.

    Args:
        line: a line that was read with `letters=True`.
    """
    letters = _split_letters(line.letters)[number]
    candidates = [("", 1.0)]
    for letter in letters:
        options = ((letter.text, letter.probability), *letter.alternatives)
        extended: dict[str, float] = {}
        for text, probability in candidates:
            for character, share in options:
                extended[text + character] = extended.get(text + character, 0.0) + probability * share
        # One more, because one of them is the word as it was read.
        candidates = heapq.nlargest(_MAX_ALTERNATIVES + 1, extended.items(), key=lambda item: item[1])
    texts = dict.fromkeys(" ".join(text.split()) for text, _ in candidates)
    return [text for text in texts if text and text != line.words[number].text][:_MAX_ALTERNATIVES]


def apply_answers(page: Page, answers: Mapping[tuple[int, int], str]) -> Page:
    """Return the page with the answered texts, in which answered words have confidence 1.

    Args:
        answers: texts by number of the line and number of the word, both from 0; "" removes a word.
    """
    lines = (_answer_line(line, number, answers) for number, line in enumerate(page.lines))
    return replace(page, lines=tuple(line for line in lines if line.words))


def find_reviewed_lines(page: Page, answers: Mapping[tuple[int, int], str]) -> dict[int, str]:
    """Return the texts of the reviewed lines by their numbers, from 0.

    A line is reviewed if one of its words is answered, and so are all its words of a confidence below SURE.
    """
    reviewed = {}
    for number in sorted({line for line, _ in answers}):
        line = page.lines[number]
        doubtful = (index for index, word in enumerate(line.words) if word.confidence < SURE)
        text = _answer_line(line, number, answers).text
        if text and all((number, index) in answers for index in doubtful):
            reviewed[number] = text
    return reviewed


def _answer_line(line: Line, number: int, answers: Mapping[tuple[int, int], str]) -> Line:
    answered = {index: answers[number, index] for index in range(len(line.words)) if (number, index) in answers}
    if not answered:
        return line
    words = (replace(word, confidence=1.0) if index in answered else word for index, word in enumerate(line.words))
    texts = (answered.get(index, word.text) for index, word in enumerate(line.words))
    return replace(line, words=tuple(words)).corrected(" ".join(filter(None, texts)))


def _split_letters(letters: Iterable[LetterReading]) -> list[list[LetterReading]]:
    """Return the letters of each word."""
    words: list[list[LetterReading]] = [[]]
    for letter in letters:
        if letter.text == " ":
            words.append([])
        else:
            words[-1].append(letter)
    return words
