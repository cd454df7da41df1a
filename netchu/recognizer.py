"""Reads line images with an exported model, without TensorFlow."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import onnxruntime

from netchu.core.charset import CHARSET
from netchu.core.errors import NetchuError
from netchu.line_image import FRAME_WIDTH
from netchu.reading import read_lines


class Recognizer:
    """An exported model: `preprocess` says how images become line images, `read` reads those."""

    def __init__(self, folder: Path):
        """Load `model.json` and `model.onnx` from `folder`; raises NetchuError where they are missing or damaged."""
        try:
            description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            self._session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors share no public class
            line = " ".join(str(error).split())
            raise NetchuError(f"{folder}: no readable model ({line}); run `dvc repro train`") from None
        if description["charset"] != CHARSET or description["frame_width"] != FRAME_WIDTH:
            raise NetchuError(f"{folder}/model.json: made for another charset or frame width; train it again")
        self.preprocess: dict = description["preprocess"]

    def read(self, images: Iterable[np.ndarray], decode: Callable[[np.ndarray], str]) -> Iterator[str]:
        """The text of each line image, in the order given; see `read_lines`."""
        return read_lines(images, lambda batch: self._session.run(None, {"image": batch})[0], decode)
