"""ONNX models of a few nodes on given arrays, and numbers for quantised ones."""

from __future__ import annotations

import numpy as np
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx_reference import ReferenceBackend

RNG = np.random.default_rng(0)


def model(nodes, inputs, given, result, rank=None):
    """A graph of nodes on arrays: `inputs` are inputs, `given` initialisers; a result `y`, of the
    rank of the first input or another one."""
    declared = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
        for name, x in inputs.items()
    ]
    rank = rank or next(iter(inputs.values())).ndim
    outputs = [helper.make_tensor_value_info("y", result, [None] * rank)]
    known = [numpy_helper.from_array(np.asarray(x), name) for name, x in given.items()]
    graph = helper.make_graph(nodes, "quantised", declared, outputs, known)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)])


def compared(one, inputs, backend=ReferenceBackend):
    """The result, which is ONNX's."""
    (found,) = backend(one).run(list(inputs.values()))
    (expected,) = ReferenceEvaluator(one).run(None, inputs)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    return found


def integers(*shape, of=np.int8):
    ends = np.iinfo(of)
    return RNG.integers(ends.min, ends.max + 1, shape).astype(of)
