"""Small random networks as ONNX models: weights, branches that meet again, several outputs."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_ROWS = 16
_UNARY = ("Relu", "Sigmoid", "Tanh", "Neg", "Softmax")


def random_network(seed: int) -> onnx.ModelProto:
    """A model over f32 or f16 `[16, C]`: products with weights, biases, activations, residuals
    and transposes, of which one to three values are outputs."""
    random = np.random.default_rng(seed)
    element = random.choice([TensorProto.FLOAT, TensorProto.FLOAT16])
    dtype = helper.tensor_dtype_to_np_dtype(element)
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []
    widths = {"x": int(random.choice([8, 16, 33]))}

    def weight(*shape: int) -> str:
        name = f"w{len(weights)}"
        array = (random.standard_normal(shape) / np.sqrt(shape[0])).astype(dtype)
        weights.append(numpy_helper.from_array(array, name))
        return name

    for number in range(int(random.integers(3, 7))):
        source = str(random.choice(list(widths)))
        result, width = f"v{number}", widths[source]
        kind = random.choice(["MatMul", "bias", "unary", "residual"])
        if kind == "MatMul":
            wider = int(random.choice([8, 16, 33]))
            nodes.append(helper.make_node("MatMul", [source, weight(width, wider)], [result]))
            width = wider
        elif kind == "bias":
            nodes.append(helper.make_node("Add", [source, weight(width)], [result]))
        elif kind == "unary":
            nodes.append(helper.make_node(str(random.choice(_UNARY)), [source], [result]))
        else:
            other = str(random.choice([name for name, w in widths.items() if w == width]))
            nodes.append(helper.make_node("Mul", [source, other], [result]))
        widths[result] = width
    ends = [f"v{len(nodes) - 1}", *random.permutation([f"v{k}" for k in range(len(nodes) - 1)])]
    outputs = [str(name) for name in ends[: int(random.integers(1, 4))]]
    graph = helper.make_graph(
        nodes,
        f"random{seed}",
        [helper.make_tensor_value_info("x", element, [_ROWS, widths["x"]])],
        [helper.make_tensor_value_info(name, element, [_ROWS, widths[name]]) for name in outputs],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
