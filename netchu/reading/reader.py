"""The reader: network, language model, decoders and calibration. It needs no TensorFlow."""

import itertools
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.core.parallel import ordered_map
from netchu.reading.beam_search import score_words
from netchu.reading.decoders import DECODERS, DEFAULT_DECODER, BeamParams, DecoderParts
from netchu.reading.language_model import CharacterModel, LanguageModel
from netchu.reading.language_model_files import LANGUAGE_MODELS, read_language_models
from netchu.reading.letters import read_letters
from netchu.reading.line_reading import LineReading, read_words
from netchu.reading.mixture import combine
from netchu.reading.onnx_network import OnnxNetwork
from netchu.reading.preferred_words import PreferredWords, find_phrases

Item = TypeVar("Item")

Network = Callable[[np.ndarray], np.ndarray]
"""Maps a line image, uint8 `(height, width)`, to its logits `(frames, classes)`."""

Calibration = list[list[float]]
"""Raw confidences in ascending order, and the share of correct words at each; linear in between. The same form maps the
certainty of a line to the probability that it shows writing."""

_UNCALIBRATED: Calibration = [[0.0, 1.0], [0.0, 1.0]]

_ALWAYS_WRITING: Calibration = [[0.0], [1.0]]

_MOST_LOG_ODDS = 50
"""Limit of log-odds that are added, so that their exponential is finite."""


class ReaderSettings(NamedTuple):
    """Settings that were chosen on validation lines."""

    beam: BeamParams
    calibration: Mapping[str, Calibration]
    """By decoder. A decoder that is missing, because the reader was written before it existed, is not calibrated."""
    line_calibration: Mapping[str, Calibration]
    """By decoder: from the certainty of a line to the probability that it shows writing; a missing one maps to 1."""


class Reader:
    """Reads line images: `Reader.load(folder).read_line(image).text`. Threads may share one reader."""

    def __init__(self, network: Network, language_model: CharacterModel, settings: ReaderSettings, preprocess: dict):
        """Create a reader from its parts; `preprocess` are the parameters that turn pictures into its line images."""
        self.network = network
        self.decoder_parts = DecoderParts(language_model, settings.beam)
        self._settings = settings
        self.preprocess = preprocess

    @classmethod
    def load(
        cls, folder: Path, words: Iterable[str] = (), contents: Callable[[], list[bytes]] | None = None
    ) -> "Reader":
        """Load the reader in `folder`; raise NetchuError if a part is missing or damaged.

        Args:
            words: lines of text whose words the beam search prefers, such as one name a line.
            contents: returns the same as `read_language_models`, if that was started before.
        """
        with ThreadPoolExecutor(1) as pool:
            contents = contents or pool.submit(read_language_models, folder).result
            network = OnnxNetwork(folder)
            language_models = [LanguageModel.from_content(content) for content in contents()]
        settings = _load_settings(folder / "reader.json")
        language_model = combine(language_models, settings.beam.language_weight, settings.beam.length_bonus)
        if phrases := find_phrases(words):
            language_model = PreferredWords(language_model, phrases)
        return cls(network, language_model, settings, network.preprocess)

    def read(
        self, items: Iterable[tuple[Item, np.ndarray]], decoder: str = DEFAULT_DECODER
    ) -> Iterator[tuple[Item, LineReading]]:
        """Read line images on all cores: yield each item with the reading of its image, in the order given.

        Args:
            items: pairs of anything and a line image, uint8 `(height, width)`, dark ink on white.
            decoder: a name in DECODERS.

        Example:
            for row, reading in reader.read((row, row["image"]) for row in rows):
                print(row["id"], reading.text)
        """
        return ordered_map(lambda pair: (pair[0], self.read_line(pair[1], decoder)), items)

    def read_line(self, image: np.ndarray, decoder: str = DEFAULT_DECODER, letters: bool = False) -> LineReading:
        """Read one line image, uint8 `(height, width)`, dark ink on white.

        The confidence of a word is the probability that the line shows writing, times the probability that the word is
        right if it does. The latter depends on the network's confidence and, with the decoder "beam", on how much the
        language model expects the word.

        Args:
            decoder: a name in DECODERS.
            letters: also return the letters with their alternatives, which takes about 20 milliseconds.
        """
        logits = self.network(image)
        text = DECODERS[decoder](logits, self.decoder_parts)
        reading = read_words(logits, text)
        confidences = np.array([word.confidence for word in reading.words])
        if decoder == "beam":
            beam = self.decoder_parts.beam
            scores = score_words(text, self.decoder_parts.language_model, beam.language_weight, beam.length_bonus)
            confidences = _add_log_odds(confidences, scores)
        writing = np.interp(reading.certainty, *self._settings.line_calibration.get(decoder, _ALWAYS_WRITING))
        confidences = writing * np.interp(confidences, *self._settings.calibration.get(decoder, _UNCALIBRATED))
        words = (
            word._replace(confidence=confidence)
            for word, confidence in zip(reading.words, confidences.tolist(), strict=True)
        )
        reading = reading._replace(words=tuple(words))
        return reading._replace(letters=read_letters(logits, " ".join(text.split()))) if letters else reading


def load_language_models(folder: Path) -> list[LanguageModel]:
    """Load the language models of the reader in `folder`; raise NetchuError if one is missing or damaged."""
    return [LanguageModel.from_content(content) for content in read_language_models(folder)]


def write_reader(folder: Path, model: Path, language_models: Sequence[LanguageModel], settings: ReaderSettings) -> None:
    """Write a reader into `folder`: the files of the folder `model`, LANGUAGE_MODELS and `reader.json`.

    Args:
        language_models: of addresses, and of general text unless the reader has none.
    """
    shutil.copytree(model, folder, dirs_exist_ok=True)
    for name, language_model in zip(LANGUAGE_MODELS, language_models, strict=False):
        language_model.save(folder / name)
    write_json(folder / "reader.json", settings._asdict() | {"beam": asdict(settings.beam)})


def adapt_reader(folder: Path, model: Path, reader: Path) -> None:
    """Write a reader into `folder`: the files of the folder `model`, the rest from the folder `reader`.

    Raises NetchuError if `reader` is not a complete reader.
    """
    Reader.load(reader)
    shutil.copytree(model, folder, dirs_exist_ok=True)
    for path in (reader / "reader.json", *(reader / name for name in LANGUAGE_MODELS)):
        if path.exists():
            shutil.copyfile(path, folder / path.name)


def _add_log_odds(probabilities: np.ndarray, added: Sequence[float]) -> np.ndarray:
    """Return `probabilities`, each with natural log-odds added."""
    factors = np.exp(-np.clip(added, -_MOST_LOG_ODDS, _MOST_LOG_ODDS))
    return probabilities / (probabilities + (1 - probabilities) * factors)


def _load_settings(path: Path) -> ReaderSettings:
    """Load the settings; raise NetchuError if `path` is damaged."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        line_calibration = values.get("line_calibration", {})  # which older readers lack
        settings = ReaderSettings(BeamParams(**values["beam"]), values["calibration"], line_calibration)
        for name, knots in itertools.chain(settings.calibration.items(), settings.line_calibration.items()):
            _check_calibration(name, knots)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise NetchuError(f"{path}: not readable ({reason}); run `dvc repro decoder`") from None
    return settings


def _check_calibration(name: str, calibration: Calibration) -> None:
    """Raise ValueError or TypeError unless `calibration` is two ascending lists of equal length, 0 to 1."""
    knots = np.array(calibration, np.float64)
    if knots.ndim != 2 or len(knots) != 2 or not knots.size:
        raise ValueError(f"calibration: {name}: not two lists of equal length")
    if not ((knots >= 0) & (knots <= 1)).all() or (np.diff(knots) < 0).any():
        raise ValueError(f"calibration: {name}: not ascending between 0 and 1")
