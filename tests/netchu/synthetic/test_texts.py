import lzma
import re
import unicodedata
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import normalise, unknown_characters
from netchu.core.errors import NetchuError
from netchu.synthetic.texts import TextKind, _make_syllable, _put_tone, read_sentences, text_line

KINDS_OF_TEXT = get_args(TextKind)
SENTENCES = ["Quán ấy bán bún chả từ năm 1966.", "Nước mắt ai rơi?", "東京", "x"]


@pytest.fixture(scope="module")
def sentences(tmp_path_factory):
    path = tmp_path_factory.mktemp("texts") / "sentences.txt.xz"
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(SENTENCES))
    return str(path)


def draw_texts(kind, sentences=None, count=400, longest=40):
    return [text_line(np.random.default_rng([5, n]), kind, longest, sentences) for n in range(count)]


@given(seed=st.integers(0, 2**31), longest=st.integers(12, 64), kind=st.sampled_from(KINDS_OF_TEXT))
@settings(max_examples=200, deadline=None)
def test_returns_normalised_line_of_charset_within_length(sentences, seed, longest, kind):
    line = text_line(np.random.default_rng(seed), kind, longest, sentences)
    assert 2 <= len(line) <= longest
    assert line == normalise(line)
    assert not unknown_characters(line)


@pytest.mark.parametrize("kind", set(KINDS_OF_TEXT) - {"sentences"})
def test_varies_lines_by_generator_alone(kind):
    assert draw_texts(kind) == draw_texts(kind)
    assert len(set(draw_texts(kind))) > 350


@pytest.mark.parametrize(
    ("kind", "patterns"),
    [
        ("cases", [r"^[^A-ZĐ]*phường[^A-ZĐ]*$", "Phường", "PHƯỜNG", "quận", "QUẬN"]),
        ("abbreviations", [r"TP\.HCM", r"\bQ\.\d", r"\bP\.\d\d", r"\bKP\.\d", r"\b[A-ZĐ]\.[A-ZĐ]\b"]),
        ("numbers", [r"\d{1,2}/\d{1,2}/\d{4}", r"\d\.\d{3}\b", r"\b0\d{9}\b", r"\d,\d", "tháng", r"\d\d?h\d\d", "%"]),
        ("contacts", [r"\w@\w+\.com", r"www\.", r"\.vn\b", r"\d@", "_"]),
        ("english", ["street", "BECAUSE", "The"]),
    ],
)
def test_uses_every_form_of_a_kind(kind, patterns):
    text = "\n".join(draw_texts(kind, count=4000))
    for pattern in patterns:
        assert re.search(pattern, text, re.MULTILINE), pattern


def test_cuts_sentences_between_words(sentences):
    assert set(read_sentences(sentences)) == set(SENTENCES[:2])
    lines = set(draw_texts("sentences", sentences))
    assert len(lines) > 10
    assert all(any(f" {line} " in f" {sentence} " for sentence in SENTENCES) for line in lines)


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"", "東京\n".encode()])
def test_rejects_file_without_sentences(tmp_path, content):
    path = tmp_path / "sentences.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NetchuError, match=r"sentences\.txt: "):
        read_sentences(str(path))


@pytest.mark.parametrize(
    ("rime", "toned"),
    [("a", "á"), ("oan", "oán"), ("oa", "oá"), ("oai", "oái"), ("ia", "ía"), ("ua", "úa"), ("uy", "uý"), ("ươi", "ưới"),
     ("uyên", "uyến"), ("iêu", "iếu"), ("ao", "áo"), ("ưa", "ứa"), ("uôt", "uốt"), ("ưu", "ứu"), ("ơ", "ớ")],
)  # fmt: skip
def test_puts_tone_by_vietnamese_spelling(rime, toned):
    assert unicodedata.normalize("NFC", _put_tone(rime, "\u0301")) == toned


def test_makes_syllables_by_rules_of_spelling():
    syllables = [_make_syllable(np.random.default_rng(n)).lower() for n in range(5000)]
    bare = ["".join(c for c in unicodedata.normalize("NFD", s) if c.isalpha()) for s in syllables]
    tones = [set(unicodedata.normalize("NFD", s)) & set("\u0301\u0300\u0309\u0303\u0323") for s in syllables]
    assert all(len(tone) <= 1 for tone in tones)
    assert not [syllable for syllable in bare if re.match(r"(c|ng)[ie]|ge|k[^ieh]|n?gh[^ie]", syllable)]
    stopped = [tone for s, tone in zip(bare, tones, strict=True) if s.endswith(("c", "ch", "p", "t"))]
    assert all(tone <= {"\u0301", "\u0323"} and tone for tone in stopped)
