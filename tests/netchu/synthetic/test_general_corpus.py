"""Training text for the language model of general text."""

import pytest

from netchu.core.errors import NetchuError
from netchu.synthetic.general_corpus import general_corpus

SENTENCES = [
    "Trời mưa to suốt cả ngày hôm qua, nên chúng tôi ở nhà đọc sách và nói chuyện với nhau đến tận khuya mới đi ngủ.",
    "Ngắn thôi.",
]


@pytest.fixture
def file(tmp_path):
    (tmp_path / "sentences.txt").write_text("\n".join(SENTENCES), encoding="utf-8")
    return str(tmp_path / "sentences.txt")


def test_cuts_sentences_between_words_and_loses_none(file):
    pieces = [piece for piece in general_corpus(file, [], seed=1) if piece != "Ngắn thôi."]
    assert len(pieces) > 1 and all(len(piece) < 100 for piece in pieces)
    positions = sorted(SENTENCES[0].index(piece) for piece in pieces)
    assert " ".join(sorted(pieces, key=SENTENCES[0].index)) == SENTENCES[0] and positions[0] == 0


def test_keeps_short_sentences_and_labels_whole_and_once(file):
    corpus = general_corpus(file, ["Bản chất", "Bản  chất", "東", ""], seed=1)
    assert corpus == sorted(set(corpus)) and {"Ngắn thôi.", "Bản chất"} <= set(corpus)
    assert "" not in corpus and "東" not in corpus


def test_depends_on_its_seed_alone(file):
    assert general_corpus(file, [], seed=1) == general_corpus(file, [], seed=1)
    assert any(general_corpus(file, [], seed=1) != general_corpus(file, [], seed=seed) for seed in range(2, 6))


def test_keeps_a_word_that_is_longer_than_a_line(tmp_path):
    (tmp_path / "long.txt").write_text(f"ab {'x' * 150} cd", encoding="utf-8")
    assert general_corpus(str(tmp_path / "long.txt"), [], seed=1) == ["ab", "cd", "x" * 150]


def test_names_missing_file(tmp_path):
    with pytest.raises(NetchuError, match=r"none\.txt: cannot be read"):
        general_corpus(str(tmp_path / "none.txt"), [], seed=1)
