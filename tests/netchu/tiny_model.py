"""A model of the form that training exports, made in milliseconds: it reads nonsense, but the same every time."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from netchu.core.charset import BLANK, CHARSET
from netchu.pictures.line_image import FRAME_WIDTH

PREPROCESS = {"height": 48, "blur": 0.0, "threshold": "none", "deslant": False}


def write_tiny_model(folder: Path) -> Path:
    """Write `model.json` and `model.onnx` into `folder`: one convolution with random weights."""
    rng = np.random.default_rng(4)
    weights = rng.normal(0, 1, (BLANK + 1, 1, PREPROCESS["height"], FRAME_WIDTH)).astype(np.float32)
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
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ("batch", PREPROCESS["height"], "width", 1))],
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
    description = {"charset": CHARSET, "frame_width": FRAME_WIDTH, "preprocess": PREPROCESS}
    (folder / "model.json").write_text(json.dumps(description), encoding="utf-8")
    return folder
