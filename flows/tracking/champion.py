"""The recommended network as files that any program can read: safetensors, JSON and ONNX. None of them can run code."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper

from flows.errors import DatasetError
from relu_core import ArgumentError, ReluNetwork
from relu_core.comparison.metrics import predictions_of

FORMAT = "depthcase-champion-2"
NETWORK, SPEC, ONNX = "network.safetensors", "spec.json", "network.onnx"
OPSET = 17


@dataclass(frozen=True, eq=False)
class Champion:
    """A network with all that is needed to use it.

    columns: JSON of the feature pipeline, which turns a table into X. feature_names: n names, in the order of X.
    task: "binary", "multiclass" or "regression". class_names: by class number, empty for a number.
    """

    network: ReluNetwork
    columns: str
    feature_names: tuple[str, ...]
    task: str
    target: str
    class_names: tuple[str, ...] = ()

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """At rows X (D, n): probabilities of class 1 (D,), of each class (D, m), or values (D,)."""
        return predictions_of(self.network(X), self.task)


def write_champion(champion: Champion, folder: Path) -> None:
    """Write the network, its description and an ONNX copy into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    data = champion.network.to_bytes()
    (folder / NETWORK).write_bytes(data)
    (folder / ONNX).write_bytes(to_onnx(champion.network))
    spec = {
        "format": FORMAT,
        "network_sha256": hashlib.sha256(data).hexdigest(),
        "hidden_widths": list(champion.network.hidden_widths),
        "parameters": champion.network.parameters,
        "feature_names": list(champion.feature_names),
        "task": champion.task,
        "target": champion.target,
        "class_names": list(champion.class_names),
        "columns": json.loads(champion.columns),
    }
    (folder / SPEC).write_text(json.dumps(spec, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_champion(folder: Path) -> Champion:
    """The champion that `write_champion` wrote, bit for bit.

    Reads tensors and JSON only. Raises DatasetError where a file is missing, of another kind, or was changed.
    """
    try:
        spec, data = json.loads((folder / SPEC).read_text(encoding="utf-8")), (folder / NETWORK).read_bytes()
    except (OSError, ValueError) as error:
        raise DatasetError(f"the champion at {folder} cannot be read ({error}); register it again") from None
    if not isinstance(spec, dict) or spec.get("format") != FORMAT:
        raise DatasetError(f"the champion at {folder} has no description this program knows; register it again")
    if hashlib.sha256(data).hexdigest() != spec["network_sha256"]:
        raise DatasetError(f"the network of the champion at {folder} was changed; register it again")
    try:
        network = ReluNetwork.from_bytes(data)
    except ArgumentError as error:
        raise DatasetError(f"the network of the champion at {folder} is none ({error}); register it again") from None
    names = tuple(spec["feature_names"])
    columns = json.dumps(spec["columns"], ensure_ascii=False)
    return Champion(network, columns, names, spec["task"], spec["target"], tuple(spec["class_names"]))


def to_onnx(network: ReluNetwork) -> bytes:
    """The network as an ONNX model: input "x" (rows, n), output "y" (rows, m), both float64, any number of rows."""
    nodes, tensors, last = [], [], len(network.weights) - 1
    for i, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        tensors += [numpy_helper.from_array(weight, f"w{i}"), numpy_helper.from_array(bias, f"b{i}")]
        before, after = ("x" if i == 0 else f"h{i - 1}"), ("y" if i == last else f"z{i}")
        nodes.append(helper.make_node("Gemm", [before, f"w{i}", f"b{i}"], [after], transB=1))
        if i < last:
            nodes.append(helper.make_node("Relu", [after], [f"h{i}"]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["rows", size])
        for name, size in (("x", network.input_dim), ("y", network.output_dim))
    ]
    graph = helper.make_graph(nodes, "relu_network", ends[:1], ends[1:], tensors)
    # An older format version than the newest that onnx writes: runtimes at a plant are not the newest.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
