"""A trained model's ONNX network, which reads without TensorFlow."""

import json
from pathlib import Path

import numpy as np
import onnxruntime

from netchu.core.charset import CHARSET
from netchu.core.errors import NetchuError
from netchu.pictures.line_image import FRAME_WIDTH


class ExportedModel:
    """A model as `save_model` wrote it; `preprocess` says how pictures become line images."""

    def __init__(self, folder: Path, network: str = "model.onnx"):
        """Load `model.json` and `network` from `folder`; raises NetchuError where they are missing or damaged."""
        try:
            description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            made_for = description["charset"], description["frame_width"]
            self.preprocess: dict = description["preprocess"]
            options = onnxruntime.SessionOptions()
            # Batches are read one a core (see read_lines): the network's own threads would compete with them.
            options.intra_op_num_threads = 1
            # It would keep a plan for each shape of batch, and so grow with every new width.
            options.enable_mem_pattern = False
            self._session = onnxruntime.InferenceSession(folder / network, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors share no public class
            reason = f"{error} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())
            raise NetchuError(f"{folder}: no readable model ({reason}); run `dvc repro`") from None
        if made_for != (CHARSET, FRAME_WIDTH):
            raise NetchuError(f"{folder}/model.json: made for another charset or frame width; train it again")

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Logits `(batch, frames, classes)` of line images as `pad_images` makes them; may be called in threads."""
        # One by one: quantized LSTMs scale by what is in a batch, and no line may change how another is read.
        return np.concatenate([self._session.run(None, {"image": line[None]})[0] for line in batch])
