"""A trained model as a folder: weights for Keras, an ONNX network for reading, a JSON that rebuilds both.

All three files are byte-identical for equal weights.
"""

import json
from pathlib import Path

import keras
import onnx

from netchu.core.charset import CHARSET
from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.pictures.line_image import FRAME_WIDTH
from netchu.training.network import NetworkParams, build_network


def save_model(folder: Path, network: keras.Model, params: NetworkParams, preprocess: dict) -> None:
    """Write `model.weights.h5`, `model.json` and `model.onnx` into `folder`.

    Args:
        preprocess: the parameters that turned images into the line images that `network` was trained on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network.save_weights(folder / "model.weights.h5")
    description = {
        "charset": CHARSET,
        "frame_width": FRAME_WIDTH,
        "network": params.model_dump(),
        "preprocess": preprocess,
    }
    write_json(folder / "model.json", description)
    _export_onnx(network, folder / "model.onnx")


def load_network(folder: Path, preprocess: dict, seed: int) -> tuple[keras.Model, NetworkParams]:
    """The network that `save_model` wrote into `folder`, to train it further.

    Raises:
        NetchuError: there is none, or it was made for another charset or for line images made in another way than with
            the parameters `preprocess`.
    """
    try:
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        params = NetworkParams(**description["network"])
        made_for = {key: description[key] for key in ("charset", "frame_width", "preprocess")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NetchuError(f"train.init_from: {folder}/model.json: no model ({' '.join(str(error).split())})") from None
    for key, value in {"charset": CHARSET, "frame_width": FRAME_WIDTH, "preprocess": preprocess}.items():
        if made_for[key] != value:
            raise NetchuError(f"train.init_from: {folder}: made for {key} {made_for[key]}, here it is {value}")
    network = build_network(params, preprocess["height"], seed)
    try:
        network.load_weights(folder / "model.weights.h5")
    except (OSError, ValueError, KeyError) as error:
        raise NetchuError(f"train.init_from: {folder}/model.weights.h5: {' '.join(str(error).split())}") from None
    return network, params


def _export_onnx(network: keras.Model, path: Path) -> None:
    signature = [keras.InputSpec(shape=(None, network.input_shape[1], None, 1), dtype="float32", name="image")]
    network.export(path, format="onnx", input_signature=signature, verbose=False)
    model = _canonical(onnx.load(path))
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _canonical(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with nodes, tensors and constants named and ordered by their place in it.

    The exporter's own names and orders follow Python's hash seed, and so change from process to process.
    """
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
