"""Training text for the language model of general text: sentences, cut as handwriting breaks them into lines."""

from collections.abc import Iterable

import numpy as np

from netchu.core.charset import normalise, unknown_characters
from netchu.synthetic.texts import read_sentences

_SHORTEST, _LONGEST = 20, 100
"""Range of the longest line of a piece of a sentence, in characters."""


def general_corpus(sentences: str, labels: Iterable[str], seed: int) -> list[str]:
    """Return the labels, and the sentences of a file in pieces of whole words, each once, sorted.

    A line of handwriting begins and ends anywhere in a sentence. Each piece is as long as a length drawn at random
    allows, so the language model learns no particular length.

        general_corpus("sentences.txt.xz", ["Bản chất của thành công"], seed=1)

    Args:
        sentences: a text file, one sentence a line, plain or compressed by xz or gzip.
        labels: texts of training lines.
        seed: of the lengths.

    Raises:
        NetchuError: the file cannot be read, or has no sentence in the charset.
    """
    rng = np.random.default_rng(seed)
    corpus = {label for label in map(normalise, labels) if label and not unknown_characters(label)}
    for sentence in read_sentences(sentences):
        piece, longest = "", 0
        for word in sentence.split():
            if piece and len(piece) + 1 + len(word) <= longest:
                piece = f"{piece} {word}"
                continue
            corpus.add(piece)
            piece, longest = word, int(rng.integers(_SHORTEST, _LONGEST))
        corpus.add(piece)
    return sorted(corpus - {""})
