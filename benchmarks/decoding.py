"""Decoding with the language model: `python -m benchmarks.decoding MODEL LANGUAGE_MODEL`, where the pipeline has run.

Reads the validation lines with MODEL (a folder), then decodes their logits greedily and with several widths, weights
and bonuses. Error rates in percent; milliseconds of one core a line, without the network.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from netchu.core.subsets import Subset
from netchu.evaluation.metrics import error_rates
from netchu.reading.beam_search import beam
from netchu.reading.decoding import greedy
from netchu.reading.exported_model import ExportedModel
from netchu.reading.language_model import LanguageModel
from netchu.reading.line_reading import read_words
from netchu.reading.lines import read_lines

SETTINGS = [(0, 0), (0.3, 0.5), (0.5, 0.5), (0.5, 1), (0.7, 1), (0.7, 1.5), (1, 1.5)]
"""Weight and bonus."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("language_model", type=Path)
    arguments = parser.parse_args()
    lines = Subset(Path("data/preprocess/lines.parquet"), Path("data/split/lines.csv"), "validation")
    labels: list[tuple[str, str]] = []

    def images():
        for row in lines:
            labels.append((row["source"], row["text"]))
            yield row["image"]

    by_source: dict[str, list[tuple[str, np.ndarray]]] = {}
    for number, logits in enumerate(read_lines(images(), ExportedModel(arguments.model), np.copy)):
        source, text = labels[number]
        by_source.setdefault(source, []).append((text, logits))
    model = LanguageModel.load(arguments.language_model)
    for source, examples in sorted(by_source.items()):
        print(f"{source}, {len(examples)} lines{'CER':>12}{'WER':>8}{'SER':>8}{'ms':>8}")
        measure("greedy", examples, greedy)
        for width in (8, 16, 32):
            measure(f"width {width}, weight 0.5, bonus 1", examples, lambda line, w=width: beam(line, w, model, 0.5, 1))
        for weight, bonus in SETTINGS:
            name = f"width 16, weight {weight}, bonus {bonus}"
            measure(name, examples, lambda line, w=weight, b=bonus: beam(line, 16, model, w, b))
        started = time.process_time()
        for text, line in examples:
            read_words(line, text)
        print(f"  confidences: {1000 * (time.process_time() - started) / len(examples):.1f} ms")


def measure(name: str, examples: list[tuple[str, np.ndarray]], decode: Callable[[np.ndarray], str]) -> None:
    started = time.process_time()
    texts = [decode(line) for _, line in examples]
    milliseconds = 1000 * (time.process_time() - started) / len(examples)
    rates = error_rates([text for text, _ in examples], texts)
    print(f"  {name:34}" + "".join(f"{rates[key]:8.2f}" for key in ("cer", "wer", "ser")) + f"{milliseconds:8.1f}")


if __name__ == "__main__":
    main()
