"""Preferred words, compared with their definition: the sum over all ways to take words from the list."""

import itertools
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import encode
from netchu.core.errors import NetchuError
from netchu.reading.beam_search import beam_search
from netchu.reading.language_model import LanguageModel
from netchu.reading.mixture import combine
from netchu.reading.ngrams import BOUNDARY, estimate
from netchu.reading.preferred_words import (
    _BACKOFF,
    _FIRST_SHARE,
    _NEXT_SHARE,
    PreferredWords,
    find_phrases,
    read_words_file,
)
from tests.netchu.reading.test_decoding import logits_of
from tests.netchu.reading.test_mixture import score

BASE = LanguageModel.from_trie(estimate(["ab ba", "abba, b", "ba ab"], 3, 0))
LINES = ["Ab c", "c ab ab ba", "a-b", "cab"]


def list_words(lines: list[str]) -> list[list[str]]:
    return [line.lower().replace("-", " ").split() for line in lines]


def count_phrases(lines: list[str], words: list[str], beginning: str) -> int:
    """Return how often the list has `words` and then a word that starts with `beginning`, one after the other."""
    return sum(
        line[start : start + len(words)] == words and line[start + len(words)].startswith(beginning)
        for line in list_words(lines)
        for start in range(len(line) - len(words))
    )


def probability_in_list(lines: list[str], before: list[str], word: str) -> tuple[float, list[str] | None]:
    """Return the probability of `word` after the words `before` in the list, and those words that were of use."""
    probability = 1.0
    for length in range(1, len(word) + 1):
        while not (count := count_phrases(lines, before, word[:length])):
            if not before:
                return 0.0, None
            before, probability = before[1:], probability * _BACKOFF
        probability *= count / count_phrases(lines, before, word[: length - 1])
    ends = sum(
        line[start : start + len(before) + 1] == [*before, word]
        for line in list_words(lines)
        for start in range(len(line))
    )
    return probability * ends / count_phrases(lines, before, word), before if ends else None


def sum_over_choices(lines: list[str], text: str) -> float:
    """Return the probability of `text` over that of BASE, summed over which of its words are from the list."""
    words = re.findall(r"\w+", text)
    of_base, state = [], BASE.start()
    for match in re.finditer(r"\w+|\W", text):
        product = 1.0
        for symbol in encode(match[0]):
            log_probability, state = BASE.step(state, symbol)
            product *= math.exp(log_probability)
        if match[0][0].isalnum():
            of_base.append(product)
    of_list, shares, before = [], [_FIRST_SHARE] * (len(words) + 1), []
    for position, word in enumerate(words):
        probability, used = probability_in_list(lines, before, word)
        of_list.append(probability)
        before = [] if used is None else [*used, word][-2:]
        if used is not None:  # the share of the next word if this one is from the list
            phrase = [*used, word]
            continued = count_phrases(lines, phrase, "") if len(phrase) < 3 else 0
            found = sum(
                line[start : start + len(phrase)] == phrase for line in list_words(lines) for start in range(len(line))
            )
            shares[position + 1] += (_NEXT_SHARE - _FIRST_SHARE) * continued / found
    total = 0.0
    for choice in itertools.product((False, True), repeat=len(words)):
        path, after_list = 1.0, False
        for position, in_list in enumerate(choice):
            share = shares[position] if after_list else _FIRST_SHARE
            path *= share * of_list[position] if in_list else (1 - share) * of_base[position]
            after_list = in_list
        total += path
    return total / math.prod(of_base)


TEXTS = [
    "",
    "ab",
    "c",
    "c ab",
    "c ab ab",
    "c ab ab ba c",
    "ab, c",
    "x c ab",
    "cab",
    "ca",
    "abc",
    "a.b",
    " c  ab ",
    "c ba ab",
]


@pytest.mark.parametrize("text", TEXTS)
def test_sums_over_all_choices_of_words_from_the_list(text):
    model = PreferredWords(BASE, find_phrases(LINES))
    expected = BASE.score(text) + math.log(sum_over_choices(LINES, text))
    assert score(model, text) == pytest.approx(expected, rel=1e-6)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text("abc ", min_size=1, max_size=9), min_size=1, max_size=4), st.text("abc ,", max_size=10))
def test_equals_its_definition_for_any_list_and_text(lines, text):
    model = PreferredWords(BASE, find_phrases(lines))
    expected = BASE.score(text) + math.log(sum_over_choices(lines, text))
    assert score(model, text) == pytest.approx(expected, rel=1e-6)


def test_costs_a_text_without_listed_words_a_constant_for_each_word():
    model = PreferredWords(BASE, find_phrases(["xyz"]))
    for text in ("ab", "ab ba", "abba, b"):
        cost = len(re.findall(r"\w+", text)) * math.log(1 - _FIRST_SHARE)
        assert score(model, text) == pytest.approx(BASE.score(text) + cost)


def test_reads_a_listed_name_instead_of_a_usual_word():
    """The network slightly prefers the usual word, and its preference stays where the list has another name."""
    usual = LanguageModel.from_trie(estimate(["nguy vân an", "nguy vân lan", "hà nội"] * 3, 6, 0))
    logits = logits_of("_".join("Ngụy Vân") + "_")
    logits[6, encode("u")] = logits[6].max() + 1
    for name, expected in (("Ngụy Vân Lã", "Ngụy Vân"), ("Lò Thục", "Nguy Vân")):
        model = PreferredWords(combine([usual], 0.6, 1.5), find_phrases([name]))
        assert beam_search(logits, 16, model, 0.6, 1.5) == expected


def test_finds_phrases_of_words_in_the_charset():
    assert find_phrases(["Lò Thị Ánh Vân", "KP.3, 東京 số 5", "", " - "]) == sorted(
        ["lò thị ánh ", "thị ánh vân ", "ánh vân ", "vân ", "kp 3 số ", "3 số 5 ", "số 5 ", "5 "]
    )


def test_reads_words_file(tmp_path):
    path = tmp_path / "names.txt"
    for content in ("Lò Thị Vân\r\nCù An\n".encode("utf-8-sig"), b"L\xc3\xb2 Th\xe1\xbb\x8b V\xc3\xa2n\nC\xc3\xb9 An"):
        path.write_bytes(content)
        assert read_words_file(path) == ["Lò Thị Vân", "Cù An"]


@pytest.mark.parametrize("content", ["Lò".encode("utf-16"), "Lé".encode("cp1258"), b"\x89PNG\r\n\x1a\n", b"a\0b"])
def test_rejects_words_file_that_is_no_text(tmp_path, content):
    (tmp_path / "names.txt").write_bytes(content)
    with pytest.raises(NetchuError, match=r"names\.txt: is no UTF-8 text; save it as plain text"):
        read_words_file(tmp_path / "names.txt")


def test_rejects_words_file_without_words(tmp_path):
    with pytest.raises(NetchuError, match=r"none\.txt: cannot be read \(No such file"):
        read_words_file(tmp_path / "none.txt")
    for content in ("", "\n - \n", "東京"):
        (tmp_path / "names.txt").write_text(content, encoding="utf-8")
        with pytest.raises(NetchuError, match=r"names\.txt: has no word"):
            read_words_file(tmp_path / "names.txt")


def test_log_probabilities_stay_finite():
    model = PreferredWords(BASE, find_phrases(["a" * 60]))
    state = model.start()
    for symbol in (*encode("a" * 60 + "b"), BOUNDARY):
        log_probability, state = model.step(state, symbol)
        assert math.isfinite(log_probability)
