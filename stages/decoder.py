"""Stage decoder: makes the reader: the network, a language model of the training texts, calibrated confidences."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import numpy as np
from pydantic import Field

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path
from netchu.core.folding import LabelsParams
from netchu.core.parallel import ordered_map
from netchu.core.params import Section
from netchu.core.progress import progress
from netchu.core.stage import Paths, run_stage
from netchu.core.subsets import Subset
from netchu.evaluation.calibration import fit_calibration, mark_correct_words
from netchu.evaluation.scoring import score
from netchu.reading.exported_model import ExportedModel
from netchu.reading.language_model import LanguageModel
from netchu.reading.line_reading import LineReading, read_words
from netchu.reading.lines import read_lines
from netchu.reading.ngrams import estimate
from netchu.reading.reader import (
    BeamParams,
    Calibration,
    Decoder,
    adapt_reader,
    decode_function,
    first,
    network_function,
    write_reader,
)
from netchu.synthetic.address_corpus import address_corpus


class DecoderParams(BeamParams):
    """Group `decoder` of params.yaml."""

    init_from: str | None
    second: str | None
    seed: int = Field(ge=0)
    rounds: int = Field(ge=0, le=100)
    order: int = Field(ge=2, le=40)
    threshold: float = Field(ge=0)


class Params(Section):
    """Groups of params.yaml."""

    labels: LabelsParams
    decoder: DecoderParams


INPUTS = {
    "lines": Path("data/preprocess/lines.parquet"),
    "split": Path("data/split/lines.csv"),
    "model": Path("models/crnn"),
}
OUTPUTS = {"reader": Path("models/reader")}


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Estimate the language model from training texts and addresses, calibrate on the validation lines, write both.

    Or take both over from the reader `init_from`: a few lines of one hand teach the network that hand, but no language.
    """
    if params.decoder.init_from:
        other = Path(params.decoder.init_from)
        with atomic_path(outputs["reader"]) as folder:
            adapt_reader(folder, inputs["model"], other)
        return f"language model and calibration of {other}"
    texts = Subset(inputs["lines"], inputs["split"], "train").texts()
    decoder = params.decoder
    # The search asks it for texts in lower case.
    corpus = {text.lower() for text in address_corpus(texts, decoder.rounds, decoder.seed)}
    language_model = LanguageModel.from_trie(estimate(corpus, decoder.order, decoder.threshold))
    beam = BeamParams(**{name: getattr(decoder, name) for name in BeamParams.model_fields})
    validation = Subset(inputs["lines"], inputs["split"], "validation")
    model = ExportedModel(inputs["model"])
    other = Path(decoder.second) if decoder.second else None
    second = _second_model(other, model) if other else None
    calibration = {
        name: _calibrate(
            validation,
            network_function(name, model, second),
            decode_function(name, language_model, beam),
            params.labels.folded,
        )
        for name in get_args(Decoder)
    }
    with atomic_path(outputs["reader"]) as folder:
        write_reader(folder, inputs["model"], language_model, beam, calibration, other)
        size = (folder / "language_model.bin").stat().st_size
    return f"language model of {len(corpus)} texts, {size / 1e6:.1f} MB, calibrated on {len(validation)} lines"


def _second_model(folder: Path, model: ExportedModel) -> ExportedModel:
    """The model in `folder`; raises NetchuError where it does not see the line images that `model` sees."""
    second = ExportedModel(folder)
    if second.preprocess != model.preprocess:
        raise NetchuError(f"decoder.second: {folder}: made for preprocess {second.preprocess}, not {model.preprocess}")
    return second


def _calibrate(
    lines: Subset,
    network: Callable[[np.ndarray], np.ndarray],
    decode: Callable[[np.ndarray], str],
    folded: list[str],
) -> Calibration:
    """How often the words that `decode` reads are right, by confidence."""
    rows: list[dict] = []

    def images() -> Iterator[np.ndarray]:
        for row in lines:
            rows.append({"text": row["text"], "source": row["source"]})
            yield row["image"]

    def read(logits: np.ndarray) -> LineReading:
        return read_words(first(logits), decode(logits))

    confidences: list[float] = []
    right: list[bool] = []
    readings = progress(read_lines(images(), network, read, ordered_map), "decoder: calibrating", len(lines))
    for number, reading in enumerate(readings):
        scored = score(rows[number]["text"], reading, rows[number]["source"] in folded)
        confidences += scored.confidences
        right += mark_correct_words(scored.reference, scored.prediction)
    return fit_calibration(confidences, right)


if __name__ == "__main__":
    run_stage("decoder", run, Params, INPUTS, OUTPUTS)
