"""Export of a network to ONNX, always to the same bytes for the same weights."""

import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import keras
import onnx

from netchu.training.backend import BACKEND

_EXPORT_SAVED = """
import sys
from pathlib import Path
from netchu.training.backend import BidirectionalLSTM  # registers the layer with Keras
import keras
from netchu.training.onnx_export import export_onnx
export_onnx(keras.saving.load_model(sys.argv[1], compile=False), Path(sys.argv[2]))
"""


def export_onnx(network: keras.Model, path: Path) -> None:
    """Write `network` to `path`, with input `image` and output `logits`, the same bytes for the same weights.

    Always with TensorFlow: if Keras has another backend, in a separate process.
    """
    if BACKEND != "tensorflow":
        with tempfile.TemporaryDirectory() as scratch:
            network.save(f"{scratch}/network.keras")
            command = [sys.executable, "-c", _EXPORT_SAVED, f"{scratch}/network.keras", path]
            subprocess.run(command, check=True, env=os.environ | {"KERAS_BACKEND": "tensorflow"})
        return
    signature = [keras.InputSpec(shape=(None, network.input_shape[1], None, 1), dtype="float32", name="image")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Keras uses a name that NumPy has removed
        network.export(path, format="onnx", input_signature=signature, verbose=False)
    write_canonical(onnx.load(path), path)


def write_canonical(model: onnx.ModelProto, path: Path) -> None:
    """Write `model`, which has one input and one output, with nodes and tensors sorted, and named by their position.

    The names and the order that the exporter chooses depend on Python's hash seed, which differs between processes.
    """
    model = _canonicalise(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _canonicalise(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy of `model` with the nodes that its output needs, in the order of a depth-first search."""
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    producer = {output: node for node in graph.node for output in node.output if output}
    names = {"": "", graph.input[0].name: "image", graph.output[0].name: "logits"}  # "" is an optional input left out
    nodes, tensors = [], []

    def visit(tensor: str) -> None:
        if tensor in constants:
            if tensor not in names:
                names[tensor] = f"constant_{len(tensors)}"
                tensors.append(constants[tensor])
        elif tensor in producer and (node := producer[tensor]) not in nodes:
            for input_name in node.input:
                visit(input_name)
            nodes.append(node)
            for index, output in enumerate(node.output):
                names.setdefault(output, f"{node.op_type}_{len(nodes)}_{index}")

    visit(graph.output[0].name)
    for number, node in enumerate(nodes, 1):
        node.name = f"{node.op_type}_{number}"
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for tensor in tensors:
        tensor.name = names[tensor.name]
    inputs = [_rename(graph.input[0], "image", ("batch", None, "width", None))]
    outputs = [_rename(graph.output[0], "logits", ("batch", "frames", None))]
    canonical = onnx.helper.make_graph(nodes, "crnn", inputs, outputs, tensors)
    return onnx.helper.make_model(canonical, opset_imports=model.opset_import, ir_version=model.ir_version)


def _rename(value: onnx.ValueInfoProto, name: str, axes: tuple[str | None, ...]) -> onnx.ValueInfoProto:
    """Give an input or output a new name, and new names to its variable axes (None for a fixed axis)."""
    value.name = name
    for dimension, axis in zip(value.type.tensor_type.shape.dim, axes, strict=True):
        if axis:
            dimension.dim_param = axis
    return value
