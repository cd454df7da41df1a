"""A tiny model and reader, written in milliseconds. Their readings are meaningless but always the same."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from netchu.core.charset import BLANK, CHARSET
from netchu.core.frames import FRAME_WIDTH
from netchu.reading.decoders import BeamParams
from netchu.reading.language_model import LanguageModel
from netchu.reading.ngrams import estimate
from netchu.reading.reader import Calibration, ReaderSettings, write_reader

PREPROCESS = {"height": 48, "blur": 0.0, "threshold": "none", "deslant": False}

IDENTITY = [[0.0, 1.0], [0.0, 1.0]]
"""A calibration that leaves confidences as they are."""

TEXTS = ["Số 9 Đường Hà Nội", "số 12, phường 3, quận 1", "Ấp Đông, Xã Hòa An"]
"""Texts of the tiny language model."""


def write_tiny_model(folder: Path, height: int = PREPROCESS["height"]) -> Path:
    """Write `model.json` and `model.onnx` into `folder`: one convolution with random weights, `height` pixels high."""
    rng = np.random.default_rng(4)
    weights = rng.normal(0, 1, (BLANK + 1, 1, height, FRAME_WIDTH)).astype(np.float32)
    bias = np.full(BLANK + 1, -2, np.float32)
    bias[[CHARSET.index(" "), BLANK]] = 8, 10
    nodes = [
        helper.make_node("Transpose", ["image"], ["channels"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["channels", "weights", "bias"], ["scores"], strides=[1, FRAME_WIDTH]),
        helper.make_node("Squeeze", ["scores", "axes"], ["classes"]),
        helper.make_node("Transpose", ["classes"], ["logits"], perm=[0, 2, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ("batch", height, "width", 1))],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ("batch", "frames", BLANK + 1))],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias, "bias"),
            numpy_helper.from_array(np.array([2], np.int64), "axes"),
        ],
    )
    folder.mkdir(parents=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, folder / "model.onnx")
    description = {"charset": CHARSET, "frame_width": FRAME_WIDTH, "preprocess": PREPROCESS | {"height": height}}
    (folder / "model.json").write_text(json.dumps(description), encoding="utf-8")
    return folder


def write_tiny_reader(
    folder: Path,
    beam: BeamParams | None = None,
    calibration: dict[str, Calibration] | None = None,
    height: int = PREPROCESS["height"],
) -> Path:
    """Write a reader into `folder`: the tiny model and a language model of three lines; by default uncalibrated."""
    model = write_tiny_model(folder.with_name(f"{folder.name}-model"), height)
    beam = beam or BeamParams(beam_width=4, language_weight=0.5, length_bonus=1.0)
    language_model = LanguageModel.from_trie(estimate(TEXTS, 3, 0))
    settings = ReaderSettings(beam, calibration or {"greedy": IDENTITY, "beam": IDENTITY}, {})
    write_reader(folder, model, [language_model], settings)
    return folder
