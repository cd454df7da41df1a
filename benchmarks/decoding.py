"""What the language model gains and costs: `python -m benchmarks.decoding [READER]`, where the pipeline has run.

Reads the validation lines, then decodes their logits greedily and with several widths, weights and bonuses, by source.
Error rates in percent; milliseconds of one core a line, without the network.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.photographs import Labels
from netchu.core.params import read_params
from netchu.core.subsets import Subset
from netchu.evaluation.metrics import error_rates
from netchu.evaluation.scoring import score
from netchu.reading.beam_search import beam
from netchu.reading.decoding import greedy
from netchu.reading.line_reading import read_words
from netchu.reading.lines import read_lines
from netchu.reading.reader import Reader

SETTINGS = [
    *((width, 0.5, 1) for width in (4, 8, 16, 32)),
    *(
        (16, weight, bonus)
        for weight, bonus in [(0, 0), (0.3, 0.5), (0.4, 1), (0.6, 1), (0.7, 1.5), (1, 1.5), (1, 2.5)]
    ),
]
"""Width, weight and bonus."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reader", type=Path, nargs="?", default=Path("models/reader"))
    reader = Reader(parser.parse_args().reader)
    folded = read_params(Labels).labels.folded
    lines = Subset(Path("data/preprocess/lines.parquet"), Path("data/split/lines.csv"), "validation")
    rows = [{key: row[key] for key in ("source", "text", "image")} for row in lines]
    logits = list(read_lines((row.pop("image") for row in rows), reader.model, np.copy))
    for source in sorted({row["source"] for row in rows}):
        examples = [(row["text"], line) for row, line in zip(rows, logits, strict=True) if row["source"] == source]
        print(f"{source}, {len(examples)} lines{'CER':>12}{'WER':>8}{'SER':>8}{'ms':>8}")
        measure("greedy", examples, greedy, source in folded)
        for width, weight, bonus in SETTINGS:
            name = f"width {width}, weight {weight}, bonus {bonus}"
            measure(
                name,
                examples,
                lambda line, w=width, a=weight, b=bonus: beam(line, w, reader.language_model, a, b)[0][0],
                source in folded,
            )


def measure(
    name: str, examples: list[tuple[str, np.ndarray]], decode: Callable[[np.ndarray], str], folded: bool
) -> None:
    started = time.process_time()
    texts = [decode(line) for _, line in examples]
    milliseconds = 1000 * (time.process_time() - started) / len(examples)
    pairs = [
        score(reference, read_words(line, text), folded)[:2]
        for (reference, line), text in zip(examples, texts, strict=True)
    ]
    rates = error_rates(*zip(*pairs, strict=True))
    print(
        f"  {name:34}" + "".join(f"{rates[key]:8.2f}" for key in ("cer", "wer", "ser")) + f"{milliseconds:8.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
