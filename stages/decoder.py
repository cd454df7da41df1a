"""Stage decoder: complete the reader with a language model of the training texts and calibrated confidences."""

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from pydantic import Field

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path
from netchu.core.folding import LabelsParams
from netchu.core.params import Section, section_of
from netchu.core.progress import progress
from netchu.core.stage import Paths, run_stage
from netchu.core.subsets import Subset, check_sources
from netchu.evaluation.calibration import fit_calibration, mark_correct_words
from netchu.evaluation.scoring import normalise_for_scoring
from netchu.reading.decoders import DECODERS, BeamParams
from netchu.reading.language_model import LanguageModel
from netchu.reading.mixture import combine
from netchu.reading.ngrams import estimate
from netchu.reading.onnx_network import OnnxNetwork
from netchu.reading.reader import (
    LANGUAGE_MODELS,
    Calibration,
    Reader,
    ReaderSettings,
    adapt_reader,
    write_reader,
)
from netchu.synthetic.address_corpus import address_corpus
from netchu.synthetic.general_corpus import general_corpus


class GeneralParams(Section):
    """Group `decoder.general` of params.yaml: the texts of a second language model, and its estimation."""

    sentences: str
    sources: list[str]
    order: int = Field(ge=2, le=40)
    threshold: float = Field(ge=0)


class DecoderParams(section_of(BeamParams)):
    """Group `decoder` of params.yaml."""

    init_from: str | None
    general: GeneralParams | None
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

TURNED = 8
"""One in this many validation lines is also read upside down, to learn how uncertain a line without writing is. More of
them make the confidence of bad writing too low."""


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Estimate the language model, calibrate each decoder on the validation lines, and write the reader.

    With `decoder.init_from`, copy the language model and the calibration of that reader, because the few lines of a
    fine-tuning contain too little text.

    Raises:
        NetchuError: a subset has no lines, or the model or reader cannot be read.
    """
    decoder = params.decoder
    if decoder.init_from:
        try:
            with atomic_path(outputs["reader"]) as folder:
                adapt_reader(folder, inputs["model"], Path(decoder.init_from))
        except NetchuError as error:
            raise NetchuError(f"decoder.init_from: {error}") from None
        return f"language model and calibration of {decoder.init_from}"
    language_models = estimate_language_models(decoder, Subset(inputs["lines"], inputs["split"], "train").texts())
    network = OnnxNetwork(inputs["model"])
    validation = Subset(inputs["lines"], inputs["split"], "validation")
    beam = decoder.to_settings()
    language_model = combine(language_models, beam.language_weight, beam.length_bonus)
    reader = Reader(network, language_model, ReaderSettings(beam, {}, {}), network.preprocess)
    calibrations = {name: calibrate(reader, name, validation, params.labels) for name in DECODERS}
    of_words = {name: words for name, (words, _) in calibrations.items()}
    of_lines = {name: lines for name, (_, lines) in calibrations.items()}
    with atomic_path(outputs["reader"]) as folder:
        write_reader(folder, inputs["model"], language_models, ReaderSettings(beam, of_words, of_lines))
        paths = [folder / name for name in LANGUAGE_MODELS[: len(language_models)]]
        sizes = " and ".join(f"{path.stat().st_size / 1e6:.1f}" for path in paths)
    return f"language model of {sizes} MB, calibrated on {len(validation)} lines"


def estimate_language_models(params: DecoderParams, texts: Collection[tuple[str, str]]) -> list[LanguageModel]:
    """Return the language model of addresses, and that of general text if `params.general` is set.

    Args:
        texts: source and text of each training line.

    Raises:
        NetchuError: the file of sentences cannot be read, `params.general` names a source without training lines, or no
            text is left for the model of addresses.
    """
    general = params.general
    if general:
        check_sources("decoder.general.sources", general.sources, (source for source, _ in texts))
    labels: dict[bool, list[str]] = {False: [], True: []}
    for source, text in texts:
        labels[general is not None and source in general.sources].append(text)
    corpus = address_corpus(labels[False], params.rounds, params.seed)
    if not corpus:
        raise NetchuError(
            "decoder: no text is left for the language model of addresses; "
            "increase decoder.rounds, or remove a source from decoder.general.sources"
        )
    models = [estimate_language_model(corpus, params)]
    if general:
        try:
            corpus = general_corpus(general.sentences, labels[True], params.seed)
        except NetchuError as error:
            raise NetchuError(f"decoder.general.sentences: {error}") from None
        models.append(estimate_language_model(corpus, general))
    return models


def estimate_language_model(corpus: list[str], params: DecoderParams | GeneralParams) -> LanguageModel:
    """Return a language model of the texts in lower case, because the beam search leaves the case to the network."""
    return LanguageModel.from_trie(estimate({text.lower() for text in corpus}, params.order, params.threshold))


def calibrate(reader: Reader, decoder: str, lines: Subset, labels: LabelsParams) -> tuple[Calibration, Calibration]:
    """Fit the confidence of words and lines on `lines`, and on some of them upside down, which show no writing.

    All sources have the same weight, so that the largest does not determine the confidence of the others.

    Args:
        reader: a reader without calibration.
        labels: the sources whose labels lack case or punctuation.

    Returns:
        The map from the confidence of a word to the share of correct words, and the map from the certainty of a line to
        the probability that it shows writing.
    """
    words: list[tuple[float, bool, float, str]] = []  # confidence, whether correct, certainty of the line, source
    certainties: list[float] = []
    is_writing: list[bool] = []
    readings = reader.read(_turn_some(lines), decoder)
    for row, reading in progress(readings, "decoder: calibrating", len(lines) + -(-len(lines) // TURNED)):
        if reading.words:
            certainties.append(reading.certainty)
            is_writing.append(row is not None)
        if row is not None:
            scored = normalise_for_scoring(row["text"], reading, labels.style_of(row["source"]))
            correct = mark_correct_words(scored.reference, scored.prediction)
            words += (
                (confidence, right, reading.certainty, row["source"])
                for confidence, right in zip(scored.confidences, correct, strict=True)
            )
    of_lines = fit_calibration(certainties, is_writing)
    if not words:
        return fit_calibration([], []), of_lines
    confidences, is_correct, certainty, sources = zip(*words, strict=True)
    count = Counter(sources)
    weights = np.array([1 / count[source] for source in sources])
    return fit_calibration(confidences, is_correct, np.interp(certainty, *of_lines), weights), of_lines


def _turn_some(lines: Subset) -> Iterator[tuple[dict | None, np.ndarray]]:
    """Yield each row and its line image, and for every TURNED-th None and its line image upside down."""
    for index, row in enumerate(lines):
        yield row, row["image"]
        if index % TURNED == 0:
            yield None, np.ascontiguousarray(row["image"][::-1, ::-1])


if __name__ == "__main__":
    run_stage("decoder", run, Params, INPUTS, OUTPUTS)
