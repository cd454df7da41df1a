"""The network as an ONNX file that depends on nothing but its weights."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import onnx


def export_onnx(network: keras.Model, path: Path) -> None:
    """Write `network`, from `image` to `logits`, to `path`, the same bytes for the same weights.

    Always by TensorFlow: where Keras runs on another backend, in a process of its own.
    """
    if keras.backend.backend() != "tensorflow":
        with tempfile.TemporaryDirectory() as scratch:
            network.save(f"{scratch}/network.keras")
            command = [sys.executable, "-m", "netchu.training.onnx_export", f"{scratch}/network.keras", path]
            subprocess.run(command, check=True, env=os.environ | {"KERAS_BACKEND": "tensorflow"})
        return
    signature = [keras.InputSpec(shape=(None, network.input_shape[1], None, 1), dtype="float32", name="image")]
    network.export(path, format="onnx", input_signature=signature, verbose=False)
    write_canonical(onnx.load(path), path)


def write_canonical(model: onnx.ModelProto, path: Path) -> None:
    """Write `model`, from one input to one output, with nodes, tensors and constants named by their place in it.

    The exporter's own names and orders follow Python's hash seed, and so change from process to process.
    """
    model = _canonical(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _canonical(model: onnx.ModelProto) -> onnx.ModelProto:
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    producer = {output: node for node in graph.node for output in node.output if output}
    names = {"": "", graph.input[0].name: "image", graph.output[0].name: "logits"}  # "" stands for what is left out
    nodes, tensors = [], []

    def visit(tensor: str) -> None:
        if tensor in constants:
            if tensor not in names:
                names[tensor] = f"constant_{len(tensors)}"
                tensors.append(constants[tensor])
        elif tensor in producer and (node := producer[tensor]) not in nodes:
            for needed in node.input:
                visit(needed)
            nodes.append(node)
            for place, output in enumerate(node.output):
                names.setdefault(output, f"{node.op_type}_{len(nodes)}_{place}")

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
    value.name = name
    for dimension, axis in zip(value.type.tensor_type.shape.dim, axes, strict=True):
        if axis:
            dimension.dim_param = axis
    return value


if __name__ == "__main__":
    from netchu.training import lstm  # noqa: F401 - registers the layer with Keras

    export_onnx(keras.saving.load_model(sys.argv[1], compile=False), Path(sys.argv[2]))
