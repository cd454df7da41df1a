"""Score the beam search with several settings: `python -m benchmarks.decoding [READER]`.

Run it in a project whose stages up to `split` have run. It runs the reader's network on the validation lines once, then
decodes the logits greedily and by beam search with several widths, weights of the language model and length bonuses. It
prints CER, WER and SER in percent by source, and the milliseconds of one core that the decoding of a line takes.

400 lines take two minutes on two cores. Expect the beam search at weight 0.4 to 0.6 to make a fourth to a half fewer
errors than the greedy decoder.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from benchmarks.pipeline_lines import PREPROCESSED_LINES, SPLIT, read_labels
from netchu.core.folding import LabelStyle
from netchu.core.parallel import ordered_map
from netchu.core.subsets import Subset
from netchu.evaluation.metrics import error_rates
from netchu.evaluation.scoring import normalise_for_scoring
from netchu.reading.decoders import BeamParams, DecoderParts, decode_by_beam
from netchu.reading.decoding import decode_best_path
from netchu.reading.line_reading import read_words
from netchu.reading.mixture import combine
from netchu.reading.onnx_network import OnnxNetwork
from netchu.reading.reader import load_language_models

SETTINGS = [
    *((width, 0.5, 1) for width in (4, 8, 16, 32)),
    *(
        (16, weight, bonus)
        for weight, bonus in [(0, 0), (0.3, 0.5), (0.4, 1), (0.6, 1), (0.7, 1.5), (1, 1.5), (1, 2.5)]
    ),
]
"""Width, weight and bonus."""


def measure(
    decoders: dict[str, Callable[[np.ndarray], str]],
    lines: list[tuple[dict, np.ndarray]],
    style: LabelStyle,
) -> Iterator[list[str]]:
    """Decode `lines`, rows with their logits, with each decoder; yield the cells of a table row for each decoder."""
    for name, decode in decoders.items():
        started = time.process_time()
        texts = [decode(logits) for _, logits in lines]
        milliseconds = 1000 * (time.process_time() - started) / len(lines)
        scored = [
            normalise_for_scoring(row["text"], read_words(logits, text), style)
            for (row, logits), text in zip(lines, texts, strict=True)
        ]
        rates = error_rates([line.reference for line in scored], [line.prediction for line in scored])
        yield [name, *(f"{rates[key]:.2f}" for key in ("cer", "wer", "ser")), f"{milliseconds:.1f}"]


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", type=Path, nargs="?", default=Path("models/reader"))
    folder = parser.parse_args().reader
    network, language_models = OnnxNetwork(folder), load_language_models(folder)
    rows = list(Subset(PREPROCESSED_LINES, SPLIT, "validation"))
    logits = list(ordered_map(network, (row["image"] for row in rows)))
    decoders = {"greedy": decode_best_path}
    for width, weight, bonus in SETTINGS:
        params = BeamParams(beam_width=width, language_weight=weight, length_bonus=bonus)
        parts = DecoderParts(combine(language_models, weight, bonus), params)
        decoders[f"width {width}, weight {weight}, bonus {bonus}"] = partial(decode_by_beam, parts=parts)
    for source in sorted({row["source"] for row in rows}):
        lines = [(row, scores) for row, scores in zip(rows, logits, strict=True) if row["source"] == source]
        columns = [f"{source}, {len(lines)} lines", "CER %", "WER %", "SER %", "ms a line"]
        print_table(columns, measure(decoders, lines, read_labels().style_of(source)))
        print()


if __name__ == "__main__":
    main()
