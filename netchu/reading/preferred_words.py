"""Words that the beam search prefers: a user's list of names, or a text on the subject of the handwriting."""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from netchu.core.charset import CHARSET, map_signs, normalise, unknown_characters
from netchu.core.errors import NetchuError
from netchu.reading.language_model import CharacterModel

_FIRST_SHARE = 0.1
"""Probability that a word is from the list; 0.05 and 0.2 hardly differ on lines with rare names."""

_NEXT_SHARE = 0.9
"""The same after a word from the list, if it occurs there within a phrase."""

_MAX_SHARE = 1 - 1e-9
"""Largest probability within a word, so that every text remains possible."""

_BACKOFF = 0.4
"""Factor on the probability for each word that is left out at the beginning of a phrase (Brants et al. 2007)."""

_PHRASE = 3
"""Words of the longest phrase."""

_WORD = re.compile(r"[^\W_]+")

_LETTERS = tuple(character if _WORD.fullmatch(character) else "" for character in (*CHARSET, " "))
"""For each symbol, its character if it is a letter or a digit; "" for a sign, a space and the boundary of lines."""

_LAST = "\U0010ffff"
"""Sorts after every character of a phrase."""


class PreferredWords:
    """A language model in which the words of a list are likelier than in `base`.

    Each word of a text is either from the list, which happens with a fixed probability, or as `base` predicts it. A
    phrase of up to three words may begin anywhere in a line of the list. Within the list, a letter is as likely as it
    is frequent after the same beginning of a phrase. `base` alone decides on spaces and signs. Threads may share one
    object.

    Example:
        model = PreferredWords(language_model, find_phrases(["Cù Thị Ngạn", "Lò Văn Thục"]))
        log_probability, state = model.step(model.start(), encode("c")[0])
    """

    def __init__(self, base: CharacterModel, phrases: list[str]):
        """Take the phrases of `find_phrases`."""
        self._base = base
        self._phrases = phrases
        self._counts: dict[str, int] = {}

    def start(self) -> tuple[Any, str | None, float]:
        """Return the state before the first character.

        That is the state of `base`, the words of the text that begin a phrase of the list, each followed by a space
        unless it is incomplete, and the probability that the current word is from the list. If it cannot be, None
        stands for the words.
        """
        return self._base.start(), "", _FIRST_SHARE

    def step(self, state: tuple[Any, str | None, float], symbol: int) -> tuple[float, tuple[Any, str | None, float]]:
        """Return the natural log-probability of `symbol` after `state`, and the state after it."""
        base_state, phrase, share = state
        log_base, base_state = self._base.step(base_state, symbol)
        if letter := _LETTERS[symbol]:
            probability, phrase = self._extend(phrase, letter)
            in_list = share * probability
            total = (1 - share) * math.exp(log_base) + in_list
            return math.log(total), (base_state, phrase, min(in_list / total, _MAX_SHARE))
        if phrase is None:
            return log_base, (base_state, "", _FIRST_SHARE)
        if not phrase or phrase.endswith(" "):
            return log_base, (base_state, phrase, share)
        continued = self._count(phrase + " ")
        count = continued + bisect_right(self._phrases, phrase + " ") - bisect_left(self._phrases, phrase + " ")
        in_list = share * count / self._count(phrase)
        total = 1 - share + in_list
        log_probability = log_base + math.log(total)
        if not count:
            return log_probability, (base_state, "", _FIRST_SHARE)
        share = _FIRST_SHARE + (_NEXT_SHARE - _FIRST_SHARE) * in_list / total * continued / count
        return log_probability, (base_state, " ".join(phrase.split()[1 - _PHRASE :]) + " ", share)

    def _extend(self, phrase: str | None, letter: str) -> tuple[float, str | None]:
        """Return the probability of `letter` after `phrase` in the list, and the phrase with it; 0 and None if none."""
        factor = 1.0
        while phrase is not None:
            if count := self._count(phrase + letter):
                return factor * count / self._count(phrase), phrase + letter
            _, found, shorter = phrase.partition(" ")
            phrase = shorter if found else None
            factor *= _BACKOFF
        return 0.0, None

    def _count(self, beginning: str) -> int:
        """Return the number of phrases that begin with `beginning` and are longer."""
        count = self._counts.get(beginning)
        if count is None:
            count = bisect_left(self._phrases, beginning + _LAST) - bisect_right(self._phrases, beginning)
            self._counts[beginning] = count
        return count


def find_phrases(lines: Iterable[str]) -> list[str]:
    """Return the phrases of `lines`, sorted: each word in lower case with up to two words after it in the line.

    Words outside the charset are left out. Every word is followed by a space.

    >>> find_phrases(["Cù Thị Ngạn"])
    ['cù thị ngạn ', 'ngạn ', 'thị ngạn ']
    """
    phrases = []
    for line in lines:
        words = [word for word in _WORD.findall(normalise(map_signs(line)).lower()) if not unknown_characters(word)]
        phrases += [" ".join(words[index : index + _PHRASE]) + " " for index in range(len(words))]
    return sorted(phrases)


def read_words_file(path: Path) -> list[str]:
    """Return the lines of a text file of preferred words.

    Raises:
        NetchuError: the file cannot be read, is no UTF-8 text, or has no word.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NetchuError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise NetchuError(f"{path}: is no UTF-8 text; save it as plain text with the encoding UTF-8")
    lines = text.splitlines()
    if not find_phrases(lines):
        raise NetchuError(f"{path}: has no word of the Latin alphabet; write one name a line, or any text")
    return lines
