"""A trained network in ONNX Runtime, which needs no TensorFlow."""

import json
from pathlib import Path

import numpy as np

from netchu.core.charset import CHARSET
from netchu.core.errors import NetchuError
from netchu.core.frames import FRAME_WIDTH
from netchu.reading.padding import pad_images


class OnnxNetwork:
    """The network of a model folder, from a line image to its logits; threads may share one network.

    `preprocess` holds the parameters that turn pictures into its line images.
    """

    def __init__(self, folder: Path):
        """Load `model.json` and `model.onnx` from `folder`; raise NetchuError if one is missing or damaged."""
        if not (folder / "model.json").is_file():
            raise NetchuError(f"{folder}: no such folder, or no model.json in it; name the folder of a reader")
        import onnxruntime  # takes 25 ms, in which Reader.load already decompresses the language models

        try:
            description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            made_for = description["charset"], description["frame_width"]
            self.preprocess: dict = description["preprocess"]
            options = onnxruntime.SessionOptions()
            # Each core reads its own line; threads inside the network would compete with them.
            options.intra_op_num_threads = 1
            # ONNX Runtime keeps a memory pattern for each input shape, so memory would grow with every new width.
            options.enable_mem_pattern = False
            self._session = onnxruntime.InferenceSession(
                folder / "model.onnx", options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's errors share no public class
            reason = f"{error} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())
            raise NetchuError(f"{folder}: no readable model ({reason}); run `dvc repro`") from None
        if made_for != (CHARSET, FRAME_WIDTH):
            raise NetchuError(f"{folder}/model.json: made for another charset or frame width; train it again")

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return the logits `(frames, classes)` of a line image, uint8 `(height, width)`, dark ink on white."""
        # Lines are never batched: quantized LSTMs scale by batch, and no line may change the reading of another.
        logits = self._session.run(None, {"image": pad_images([image])})[0][0]
        return logits[: image.shape[1] // FRAME_WIDTH]
