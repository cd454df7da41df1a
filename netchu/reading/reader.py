"""A complete reader as a folder: network, language model, and what its decoders need; reads without TensorFlow."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from pydantic import Field

from netchu.core.charset import BLANK, encode
from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.core.params import Section
from netchu.reading.alignment import text_log_probabilities
from netchu.reading.beam_search import beam
from netchu.reading.decoding import greedy, log_softmax
from netchu.reading.exported_model import ExportedModel
from netchu.reading.language_model import LanguageModel
from netchu.reading.line_reading import LineReading, read_words

Decoder = Literal["greedy", "beam"]
"""`greedy`: the network alone; `beam`: with the language model."""

Calibration = list[list[float]]
"""Confidences as estimated, rising, and how often words of these confidences were right; linear in between."""


SECOND = "second.onnx"
"""The network of another model, where a reader has one: in the beam search it helps to choose."""

_CLASSES = BLANK + 1


class BeamParams(Section):
    """How the language model takes part, in group `decoder` of params.yaml."""

    beam_width: int = Field(ge=1, le=1000)
    language_weight: float = Field(ge=0, le=10)
    length_bonus: float = Field(ge=0, le=10)


def write_reader(
    folder: Path,
    model: Path,
    language_model: LanguageModel,
    params: BeamParams,
    calibration: Mapping[Decoder, Calibration],
    second: Path | None = None,
) -> None:
    """Write a reader into `folder`: the files of the folder `model`, `language_model.bin` and `reader.json`.

    And, where there is a folder `second`, the network of the model in it.
    """
    shutil.copytree(model, folder, dirs_exist_ok=True)
    if second:
        shutil.copyfile(second / "model.onnx", folder / SECOND)
    language_model.save(folder / "language_model.bin")
    write_json(folder / "reader.json", {"beam": params.model_dump(), "calibration": dict(calibration)})


def adapt_reader(folder: Path, model: Path, other: Path) -> None:
    """Write a reader into `folder`: the files of the folder `model`, the rest as in the reader `other`.

    Without its second network, which has not learned what `model` was taught, and would have a say against it.

    Raises NetchuError where `other` is no complete reader.
    """
    try:
        Reader(other)
    except NetchuError as error:
        raise NetchuError(f"decoder.init_from: {error}") from None
    shutil.copytree(model, folder, dirs_exist_ok=True)
    for name in ("language_model.bin", "reader.json"):
        shutil.copyfile(other / name, folder / name)


class Reader:
    """What `write_reader` wrote: `model` gives a line's logits, `decode` makes of them what is written there."""

    def __init__(self, folder: Path):
        """Load it; raises NetchuError where something is missing or damaged."""
        self.model = ExportedModel(folder)
        self._second = ExportedModel(folder, SECOND) if (folder / SECOND).exists() else None
        self.language_model = LanguageModel.load(folder / "language_model.bin")
        try:
            settings = json.loads((folder / "reader.json").read_text(encoding="utf-8"))
            self._beam = BeamParams(**settings["beam"])
            self._calibration = {name: _knots(settings["calibration"][name]) for name in get_args(Decoder)}
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())
            raise NetchuError(f"{folder}/reader.json: not readable ({reason}); run `dvc repro decoder`") from None

    def network(self, decoder: Decoder) -> Callable[[np.ndarray], np.ndarray]:
        """What gives the logits that `decode(decoder)` takes of line images as `pad_images` makes them."""
        return network_function(decoder, self.model, self._second)

    def decode(self, decoder: Decoder) -> Callable[[np.ndarray], LineReading]:
        """A function from a line's logits, as `network` gives them, to its reading; it may be called in threads."""
        read = decode_function(decoder, self.language_model, self._beam)
        knots = self._calibration[decoder]

        def decode(logits: np.ndarray) -> LineReading:
            text = read(logits)
            return read_words(first(logits), text, lambda confidence: float(np.interp(confidence, *knots)))

        return decode


def _knots(calibration: Calibration) -> np.ndarray:
    """`calibration` as an array, (2, knots); raises ValueError or TypeError where it is none."""
    knots = np.array(calibration, np.float64)
    if knots.ndim != 2 or len(knots) != 2 or not knots.size:
        raise ValueError("calibration: not two lists of equal length")
    if not ((knots >= 0) & (knots <= 1)).all() or (np.diff(knots) < 0).any():
        raise ValueError("calibration: not rising from 0 to 1")
    return knots


def network_function(
    decoder: Decoder, model: ExportedModel, second: ExportedModel | None
) -> Callable[[np.ndarray], np.ndarray]:
    """From line images to logits, `(batch, frames, classes)`; those of a second network follow along the last axis."""
    if decoder == "greedy" or second is None:
        return model
    return lambda batch: np.concatenate([model(batch), second(batch)], axis=-1)


def first(logits: np.ndarray) -> np.ndarray:
    """Of a line's logits those of the first network, `(frames, classes)`."""
    return logits[:, :_CLASSES]


def decode_function(decoder: Decoder, language_model: LanguageModel, params: BeamParams) -> Callable[[np.ndarray], str]:
    """The function from a line's logits, as `network_function` gives them, to its text.

    Two networks place their letters in other frames, so their logits cannot be averaged. But each can tell how likely
    it is that a line shows a given text: to the scores of the best texts of the beam search comes the logarithm of
    their probability by the second network (rescoring of n-best lists, Ostendorf et al. 1991).
    """
    if decoder == "greedy":
        return greedy
    width, weight, bonus = params.beam_width, params.language_weight, params.length_bonus

    def decode(logits: np.ndarray) -> str:
        texts, scores = zip(*beam(first(logits), width, language_model, weight, bonus), strict=True)
        if len(texts) > 1 and logits.shape[1] > _CLASSES:
            opinion = text_log_probabilities(log_softmax(logits[:, _CLASSES:]), list(map(encode, texts)))
            return texts[int(np.argmax(np.array(scores) + opinion))]
        return texts[0]

    return decode
