"""Reads line images with an exported model, without TensorFlow."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import onnxruntime

from netchu.charset import CHARSET
from netchu.errors import NetchuError
from netchu.line_image import FRAME_WIDTH
from netchu.padding import pad_images, padded_width

_WINDOW = 256
"""Lines sorted by width together."""

_BATCH = 16


class Recognizer:
    """An exported model: `preprocess` says how images become line images, `read` reads those."""

    def __init__(self, folder: Path):
        """Load `model.json` and `model.onnx` from `folder`; raises NetchuError where they are missing or damaged."""
        try:
            description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            self.session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors share no public class
            line = " ".join(str(error).split())
            raise NetchuError(f"{folder}: no readable model ({line}); run `dvc repro train`") from None
        if description["charset"] != CHARSET or description["frame_width"] != FRAME_WIDTH:
            raise NetchuError(f"{folder}/model.json: made for another charset or frame width; train it again")
        self.preprocess: dict = description["preprocess"]

    def read(self, images: Iterable[np.ndarray], decode: Callable[[np.ndarray], str]) -> Iterator[str]:
        """The text of each line image, uint8 `(height, width)`, in the order given.

        Args:
            images: line images, dark ink on white, as `line_image` makes them with `preprocess`.
            decode: from the logits of a line, `(frames, classes)`, to its text.
        """
        images = iter(images)
        while window := list(islice(images, _WINDOW)):
            texts = [""] * len(window)
            for batch in _batches(window):
                padded = pad_images([window[index] for index in batch])
                for index, logits in zip(batch, self.session.run(None, {"image": padded})[0], strict=True):
                    texts[index] = decode(logits[: window[index].shape[1] // FRAME_WIDTH])
            yield from texts


def _batches(images: list[np.ndarray]) -> Iterator[list[int]]:
    """Indices of images of equal padded width, at most _BATCH together.

    So what is read in a line never depends on the lines beside it.
    """
    by_width: dict[int, list[int]] = {}
    for index, image in enumerate(images):
        by_width.setdefault(padded_width(image.shape[1]), []).append(index)
    for indices in by_width.values():
        yield from (indices[start : start + _BATCH] for start in range(0, len(indices), _BATCH))
