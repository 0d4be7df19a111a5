"""Make the ONNX examples. The same files every time: weights come from a seeded generator.

    python examples/make_models.py [NAME ...]

Models that are there already are left alone unless they are named.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

FOLDER = Path(__file__).parent
OPSET = 20  # the first with Gelu


def layer_norm() -> ModelProto:
    """Layer normalisation of 64 rows of 768 f32."""
    random = np.random.default_rng(1)
    weights = {
        "scale": random.uniform(0.5, 1.5, 768).astype(np.float32),
        "bias": random.normal(0, 0.1, 768).astype(np.float32),
    }
    nodes = [helper.make_node("LayerNormalization", ["x", "scale", "bias"], ["y"], name="norm")]
    return model("layer_norm", nodes, weights, TensorProto.FLOAT, (64, 768), (64, 768))


def matmul_bias_relu() -> ModelProto:
    """`relu(x @ w + bias)` in f16."""
    random = np.random.default_rng(2)
    weights = {"w": dense(random, 256, 128), "bias": random.normal(0, 0.1, 128).astype(np.float16)}
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["product"], name="matmul"),
        helper.make_node("Add", ["product", "bias"], ["biased"], name="bias_add"),
        helper.make_node("Relu", ["biased"], ["y"], name="relu"),
    ]
    return model("matmul_bias_relu", nodes, weights, TensorProto.FLOAT16, (128, 256), (128, 128))


def ffn() -> ModelProto:
    """The feed-forward block of BERT base at sequence length 128, in f16."""
    random = np.random.default_rng(3)
    weights = {
        "w_in": dense(random, 768, 3072),
        "b_in": random.normal(0, 0.02, 3072).astype(np.float16),
        "w_out": dense(random, 3072, 768),
        "b_out": random.normal(0, 0.02, 768).astype(np.float16),
        "scale": random.uniform(0.8, 1.2, 768).astype(np.float16),
        "bias": random.normal(0, 0.02, 768).astype(np.float16),
    }
    nodes = [
        helper.make_node("MatMul", ["x", "w_in"], ["h0"], name="dense_in"),
        helper.make_node("Add", ["h0", "b_in"], ["h1"], name="bias_in"),
        helper.make_node("Gelu", ["h1"], ["h2"], name="gelu"),
        helper.make_node("MatMul", ["h2", "w_out"], ["h3"], name="dense_out"),
        helper.make_node("Add", ["h3", "b_out"], ["h4"], name="bias_out"),
        helper.make_node("Add", ["h4", "x"], ["h5"], name="residual"),
        helper.make_node("LayerNormalization", ["h5", "scale", "bias"], ["y"], name="norm"),
    ]
    return model("ffn", nodes, weights, TensorProto.FLOAT16, (128, 768), (128, 768))


def dense(random: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """The weights of a dense layer, scaled so that activations keep their variance."""
    return (random.standard_normal((rows, columns)) / np.sqrt(rows)).astype(np.float16)


def model(
    name: str,
    nodes: list[NodeProto],
    weights: dict[str, np.ndarray],
    element: int,
    x: tuple[int, ...],
    y: tuple[int, ...],
) -> ModelProto:
    """A model from `x` to `y` with those weights as initialisers."""
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", element, x)],
        [helper.make_tensor_value_info("y", element, y)],
        [numpy_helper.from_array(value, key) for key, value in weights.items()],
    )
    made = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=9,
        producer_name="akg-mlir examples",
    )
    checker.check_model(made)
    return made


MODELS: dict[str, Callable[[], ModelProto]] = {
    "layer_norm": layer_norm,
    "matmul_bias_relu": matmul_bias_relu,
    "ffn": ffn,
}


def main(names: list[str]) -> None:
    """Write the named models, or those that are missing."""
    for name, make in MODELS.items():
        path = FOLDER / f"{name}.onnx"
        if name in names or not (names or path.exists()):
            partial = path.with_suffix(".partial")
            partial.write_bytes(make().SerializeToString(deterministic=True))
            partial.replace(path)
            print(f"wrote {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
