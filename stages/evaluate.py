"""Stage evaluate: read the test lines and measure the errors."""

import csv
import io
import itertools
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import AfterValidator

from netchu.core.files import atomic_path, write_json, write_text
from netchu.core.folding import LabelsParams
from netchu.core.params import Section
from netchu.core.progress import progress
from netchu.core.stage import Paths, run_stage
from netchu.core.subsets import Subset
from netchu.evaluation.calibration import expected_calibration_error, mark_correct_words, reliability
from netchu.evaluation.error_kinds import align_texts
from netchu.evaluation.error_tables import (
    cer_by,
    cer_by_kind,
    cer_by_length,
    cer_by_writer,
    letter_confusions,
    tone_confusions,
)
from netchu.evaluation.metrics import Edits, character_edits, edit_rate, error_rates, to_percent
from netchu.evaluation.scoring import normalise_for_scoring
from netchu.evaluation.worst_lines import draw_worst_lines, find_worst_lines
from netchu.reading.decoders import check_decoder
from netchu.reading.reader import Reader


class EvaluateParams(Section):
    """Group `evaluate` of params.yaml."""

    decoder: Annotated[str, AfterValidator(check_decoder)]


class Params(Section):
    """Groups of params.yaml."""

    labels: LabelsParams
    evaluate: EvaluateParams


INPUTS = {
    "lines": Path("data/preprocess/lines.parquet"),
    "split": Path("data/split/lines.csv"),
    "reader": Path("models/reader"),
}
OUTPUTS = {
    "metrics": Path("metrics/metrics.json"),
    "predictions": Path("metrics/predictions.csv"),
    "errors": Path("metrics/errors"),
    # Not in git, because it shows handwriting of real people.
    "worst_lines": Path("data/evaluate/worst_lines.svg"),
}


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Read every test line; write the error rates, scored texts, tables for plots and a sheet of the worst lines.

    Raises:
        NetchuError: there are no test lines, or the reader cannot be loaded.
    """
    lines = Subset(inputs["lines"], inputs["split"], "test")
    scored_lines = _score_lines(lines, Reader.load(inputs["reader"]), params)
    columns = ["id", "source", "writer", "reference", "prediction"]
    _write_csv(outputs["predictions"], [{name: line[name] for name in columns} for line in scored_lines])
    _, sources, writers, references, predictions = ([line[name] for line in scored_lines] for name in columns)
    edits = character_edits(references, predictions)
    aligned = list(map(align_texts, references, predictions))
    pairs = list(itertools.chain.from_iterable(aligned))
    words = reliability(
        list(itertools.chain.from_iterable(line["confidences"] for line in scored_lines)),
        list(itertools.chain.from_iterable(map(mark_correct_words, references, predictions))),
    )
    by_kind, by_source = cer_by_kind(aligned, edits), cer_by("source", sources, edits)
    tables = {
        "kinds": by_kind,
        "tones": tone_confusions(pairs),
        "letters": letter_confusions(pairs),
        "lengths": cer_by_length(edits),
        "sources": by_source,
        "writers": cer_by_writer(sources, writers, edits),
        "words": words,
    }
    with atomic_path(outputs["errors"]) as folder:
        folder.mkdir()
        for name, rows in tables.items():
            _write_csv(folder / f"{name}.csv", rows)
    write_text(outputs["worst_lines"], _draw_worst_lines(lines, scored_lines, edits))
    rates = error_rates(references, predictions) | {f"cer_{row['kind']}": row["cer"] for row in by_kind}
    rates["ece"] = to_percent(expected_calibration_error(words))
    if len(by_source) > 1:
        rates |= {f"cer_on_{row['source']}": row["cer"] for row in by_source}
    write_json(outputs["metrics"], rates)
    return f"{len(lines)} lines, CER {rates['cer']} %, WER {rates['wer']} %, SER {rates['ser']} %"


def _score_lines(lines: Subset, reader: Reader, params: Params) -> list[dict]:
    """Read the lines; return, sorted by id, the id, source, writer and fields of `ScoredTexts` of each line."""
    columns = ("id", "source", "writer", "text")
    items = (({name: row[name] for name in columns}, row["image"]) for row in lines)
    rows = [
        row | normalise_for_scoring(row["text"], reading, params.labels.style_of(row["source"]))._asdict()
        for row, reading in progress(reader.read(items, params.evaluate.decoder), "evaluate", len(lines))
    ]
    return sorted(rows, key=lambda row: row["id"])


def _draw_worst_lines(lines: Subset, scored_lines: list[dict], edits: Edits) -> str:
    """Return an SVG sheet of the lines with the highest CER."""
    worst = {scored_lines[index]["id"]: index for index in find_worst_lines(edits)}
    images: dict[str, np.ndarray] = {row["id"]: row["image"] for row in lines if row["id"] in worst}
    entries = []
    for line_id, index in worst.items():
        caption = f"{line_id} · CER {100 * edit_rate(edits.edits[index], edits.reference[index]):.0f} %"
        entries.append((caption, images[line_id], scored_lines[index]["reference"], scored_lines[index]["prediction"]))
    return draw_worst_lines(entries)


def _write_csv(path: Path, rows: list[dict]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0] if rows else (), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


if __name__ == "__main__":
    run_stage("evaluate", run, Params, INPUTS, OUTPUTS)
