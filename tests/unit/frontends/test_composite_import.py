"""What the composite JSON front end makes of kernels, judged by the numpy oracle."""

from __future__ import annotations

import json
from pathlib import Path

import composite_oracle as oracle
import numpy as np
import pytest
from composite_texts import constant, kernel, operation, single, tensor, written

import akg_mlir
from akg_mlir.cli import akg, akg_opt
from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.composite import import_composite, parse, read, supported_operators
from akg_mlir.reference import te as reference
from akg_mlir.verification import verify_module

X, Y = tensor("x", [4, 6]), tensor("y", [6])
INDICES = tensor("i", [5], "int32")
NZ = tensor("a", [2, 3, 16, 16], "float16", "FRACTAL_NZ")
"""A matrix of 48 x 32."""


def out(shape, kind="float32", layout="DefaultFormat"):
    return tensor("out", shape, kind, layout)


def arrays_of(document, seed=0):
    random = np.random.default_rng(seed)
    found = {}
    for entry in oracle.arguments(document):
        shape, kind = entry["shape"], np.dtype(entry["data_type"])
        if kind.kind == "f":
            found[entry["tensor_name"]] = random.uniform(0.5, 1.5, shape).astype(kind)
        else:
            found[entry["tensor_name"]] = random.integers(0, 2, shape).astype(kind)
    return found


def results_of(document, given):
    """The results by the definition of each te op, under the oracle's names."""
    imported = import_composite(read(document))
    verify_module(imported.module)
    results = reference.run(imported.module, "main", [given[name] for name in imported.inputs])
    found = dict(zip(imported.outputs, results))
    (main,) = imported.module.ops
    for name, attribute in zip(imported.inputs, main.arg_attrs):
        if "te.becomes" in attribute.data:
            found[f"{name}:updated"] = results[attribute.data["te.becomes"].value.data]
    return found


def assert_agrees(document, given=None):
    given = arrays_of(document) if given is None else given
    found, wanted = results_of(document, given), oracle.evaluate(document, given)
    assert found.keys() >= wanted.keys()
    for name, array in wanted.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        np.testing.assert_allclose(found[name], array, rtol=2e-3, atol=1e-6)


BINARY = "Add Div Maximum Minimum Mul Pow RealDiv Sub TensorAdd".split()
COMPARISONS = "Equal Greater GreaterEqual Less LessEqual NotEqual".split()
UNARY = (
    "ACos Abs Erf Exp IsFinite IsInf IsNan Log Neg Reciprocal Relu Rsqrt Sigmoid Sqrt Square Tanh"
).split()
BOOLS = [tensor("p", [4, 6], "bool"), tensor("q", [6], "bool")]
ELEMENTWISE = [
    *(single(name, [X, Y], out([4, 6])) for name in BINARY),
    *(single(name, [X, constant(0.75)], out([4, 6], "bool")) for name in COMPARISONS),
    *(
        single(name, [X], out([4, 6], "bool" if name.startswith("Is") else "float32"))
        for name in UNARY
    ),
    *(single(name, BOOLS, out([4, 6], "bool")) for name in ("LogicalAnd", "LogicalOr")),
    single("LogicalNot", BOOLS[:1], out([4, 6], "bool")),
    single("AddN", [X, Y, X], out([4, 6]), n=3),
    single("Cast", [X], out([4, 6], "float16"), dst_type="float16"),
    single("Cast", [X], out([4, 6], "bool"), dst_type="bool"),
    single("Select", [BOOLS[0], X, constant(2.0)], out([4, 6])),
    # what AKG writes for the NPU: comparisons that are numbers, which Select takes
    single("Greater", [X, constant(1.0)], out([4, 6])),
    single("Select", [X, X, constant(2.0, [])], out([4, 6])),
    single("Mul", [tensor("s", []), constant(0.5)], out([1])),
    single("Mul", [tensor("s", [1]), constant(0.5)], out([])),
    single("Add", [X, constant([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [6])], out([4, 6])),
]
REDUCTIONS = [
    single("ReduceSum", [X], out([4]), axis=[1], keep_dims=False, enable_atomic_add=True),
    single("ReduceSum", [X], out([4, 1]), axis=-1, keep_dims=True),
    single("ReduceMax", [X], out([1]), axis=[]),
    single("ReduceMin", [X], out([1, 6]), axis=[0], keep_dims=True),
    single("ReduceProd", [X], out([6]), axis=[0]),
    single("ReduceMean", [X], out([]), axis=[0, 1]),
    single("ReduceAll", BOOLS[:1], out([4], "bool"), axis=[1]),
    single("ReduceAny", BOOLS[:1], out([6], "bool"), axis=[0]),
    single("ElemAny", BOOLS[1:], out([1]), dst_type="float32"),
]
LAYOUT = [
    single("Reshape", [X], out([3, 8]), shape=[-1, 8]),
    single("ExpandDims", [X], out([4, 1, 6]), axis=1),
    single("Squeeze", [tensor("s", [4, 1, 6])], out([4, 6]), axis=[1]),
    single("Flatten", [tensor("s", [2, 2, 6])], out([2, 12])),
    single("BroadcastTo", [Y], out([4, 6]), shape=[4, 6]),
    single("BroadcastTo", [constant(1.5)], out([4, 6]), shape=[4, 6]),
    single("BroadcastTo", [tensor("s", [1, 1])], out([1]), shape=[1]),
    single("Transpose", [X], out([6, 4]), perm=[1, 0]),
    single("PadAkg", [X], out([7, 8]), head=[1, 0], tail=[2, 2], pad_val=3),
    single("UnPadAkg", [X], out([3, 4]), tail=[1, 2]),
    single("StridedSlice", [X], out([2, 2]), begin=[0, 1], end=[3, 6], strides=[2, 3]),
    single(
        "StridedSlice",
        [X, *(constant(v, [2], "int64") for v in ([0, -3], [4, 6], [1, 1]))],
        out([4, 3]),
    ),
    single("Concat", [X, tensor("z", [2, 6]), X], out([10, 6]), axis=0),
    kernel(
        [X],
        [operation("Split", [X], tensor("a", [4, 1]), tensor("b", [4, 5]), axis=1)],
        tensor("b", [4, 5]),
        tensor("a", [4, 1]),
    ),
    single("Gather", [X, INDICES], out([5, 6]), axis=0),
    single("Gather", [X, tensor("i", [2, 2], "int64")], out([4, 2, 2]), axis=1),
    single("UnsortedSegmentSum", [tensor("z", [5, 3]), INDICES], out([2, 3]), num_segments=2),
    single("OneHot", [INDICES, constant(2.0), constant(-1.0)], out([5, 3]), depth=3, axis=-1),
    single("OneHot", [INDICES, tensor("on", []), tensor("off", [1])], out([3, 5]), depth=3, axis=0),
]
HALF = "float16"
PRODUCTS = [
    single(
        "MatMul",
        [tensor("a", [6, 4], HALF), tensor("b", [5, 6], HALF)],
        out([4, 5], HALF),
        transpose_a=True,
        transpose_b=True,
        dst_type=HALF,
    ),
    single(
        "MatMul",
        [tensor("a", [4, 6], HALF), tensor("b", [6, 5], HALF), tensor("c", [5])],
        out([4, 5]),
        dst_type="float32",
    ),
    single("BatchMatMul", [tensor("a", [2, 4, 6]), tensor("b", [2, 6, 5])], out([2, 4, 5])),
    single(
        "MatMul",
        [NZ, tensor("b", [1, 2, 16, 16], HALF, "FRACTAL_NZ")],
        out([1, 3, 16, 16], HALF, "FRACTAL_NZ"),
        left_format="FRACTAL_NZ",
        right_format="FRACTAL_NZ",
    ),
    single(
        "Conv2D",
        [tensor("x", [1, 7, 8, 3], HALF, "NHWC"), tensor("w", [4, 3, 3, 3], HALF, "NHWC")],
        out([1, 4, 5, 4], HALF, "NHWC"),
        stride=[1, 1, 2, 2],
        pad_list=[1, 1, 1, 2],
        dilation=[1, 1, 1, 1],
        group=1,
        dst_type=HALF,
    ),
    # plain operands beside one in FRACTAL_NZ: a bias, a column, a whole matrix
    *(
        single("Add", [NZ, tensor("b", shape, HALF)], out(NZ["shape"], HALF, "FRACTAL_NZ"))
        for shape in ([32], [1, 32], [48, 1], [48, 32], [1])
    ),
]
DECAY = kernel(
    [tensor("v", [4, 6]), tensor("g", [4, 6])],
    [
        operation("Mul", [tensor("v", [4, 6]), constant(0.9)], tensor("d", [4, 6])),
        operation("Add", [tensor("d", [4, 6]), tensor("g", [4, 6])], tensor("n", [4, 6])),
        operation("Assign", [tensor("v", [4, 6]), tensor("n", [4, 6])], tensor("o", [4, 6])),
        # reads the new content of v
        operation("Mul", [tensor("v", [4, 6]), constant(2.0)], tensor("twice", [4, 6])),
        operation(
            "InplaceAssign",
            [tensor("g", [4, 6]), tensor("d", [4, 6]), tensor("twice", [4, 6])],
            tensor("r", [4, 6]),
            fake_output=False,
        ),
    ],
    tensor("o", [4, 6]),
    tensor("r", [4, 6]),
)


@pytest.mark.parametrize("document", [*ELEMENTWISE, *REDUCTIONS, *LAYOUT, *PRODUCTS, DECAY])
def test_agrees_with_the_oracle(document):
    assert_agrees(document)


def test_all_operators_are_tested():
    documents = [*ELEMENTWISE, *REDUCTIONS, *LAYOUT, *PRODUCTS, DECAY]
    assert {op["name"] for d in documents for op in d["op_desc"]} == supported_operators()
    assert supported_operators() == oracle.OPERATORS


def test_special_values():
    values = np.array([np.nan, np.inf, -np.inf, 0.0, -1.0, 2.0], np.float32)
    for name in ("IsNan", "IsInf", "IsFinite"):
        assert_agrees(single(name, [Y], out([6], "bool")), {"y": values})
    angles = np.array([-1.0, -0.5, 0.0, 0.5, 1.0, 1.5], np.float32)
    assert_agrees(single("ACos", [Y], out([6])), {"y": angles})
    picked = single("Gather", [Y, INDICES], out([5]), axis=0)
    assert_agrees(picked, {"y": values, "i": np.array([1, 3, 2, 5, 4], np.int32)})


def test_updated_arguments_are_results():
    imported = import_composite(read(DECAY))
    assert imported.outputs == ("o", "r", "g")
    (main,) = imported.module.ops
    becomes = [attribute.data["te.becomes"].value.data for attribute in main.arg_attrs]
    assert becomes == [0, 2]


def test_fake_output_is_the_updated_buffer():
    x, y = tensor("x", [4]), tensor("y", [4])
    document = single("InplaceAssign", [x, y, y], out([4]), fake_output=True)
    assert import_composite(read(document)).outputs == ("out",)
    assert_agrees(document)


def test_what_is_passed_on_is_copied():
    x, y = tensor("x", [4]), tensor("y", [4])
    document = kernel(
        [x, y],
        [
            operation("Reshape", [x], tensor("r", [2, 2])),
            operation("InplaceAssign", [x, y, y], tensor("o", [4]), fake_output=True),
        ],
        tensor("r", [2, 2]),
        tensor("o", [4]),
    )
    assert_agrees(document)
    given = arrays_of(document)
    compiled = akg_mlir.compile(document)
    assert compiled.ir("npu").count("npu.kernel") == 1
    found = compiled(*given.values())
    assert [a.tolist() for a in found] == [given["x"].reshape(2, 2).tolist(), given["y"].tolist()]


@pytest.mark.parametrize(
    "document",
    [
        DECAY,
        single("UnPadAkg", [tensor("x", [24, 40])], out([17, 32]), tail=[7, 8]),
        single("ReduceSum", [tensor("x", [8, 64])], out([8]), axis=[1], enable_atomic_add=True),
    ],
)
def test_compiles_and_runs(document):
    given = arrays_of(document)
    results = akg_mlir.compile(document)(*given.values())
    found = results if isinstance(results, tuple) else (results,)
    wanted = oracle.evaluate(document, given)
    for entry, array in zip(document["output_desc"], found):
        np.testing.assert_allclose(array, wanted[entry["tensor_name"]], rtol=1e-4)


def test_parts_of_what_is_computed_bound_the_traffic():
    x, y = tensor("x", [16, 64]), tensor("e", [16, 64])
    taken = tensor("out", [16, 8])
    cut = operation("UnPadAkg", [y], taken, tail=[0, 56])
    report = akg_mlir.compile(kernel([x], [operation("Exp", [x], y), cut], taken)).report()
    assert report.ok


def test_files_are_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = written(single("Add", [X, Y], out([4, 6])), tmp_path)
    assert akg_opt.main([str(path)]) == 0
    assert "te.add" in capsys.readouterr().out
    assert akg.main(["run", str(path)]) == 0
    assert "ok, 1 kernel" in capsys.readouterr().out


def changed(document, path, value):
    copy = json.loads(json.dumps(document))
    *steps, last = path
    place = copy
    for step in steps:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copy


ADD = single("Add", [X, Y], out([4, 6]))
INPUT = ("input_desc", 0, 0)
FIRST = ("op_desc", 0, *INPUT)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the document is a list, takes an object"),
        ({}, "there is no 'op_desc'"),
        (changed(ADD, ("op_desc",), []), "nothing to compute"),
        (changed(ADD, ("output_desc",), None), "has no 'output_desc'"),
        (changed(ADD, (*FIRST, "shape"), "4"), r"op_desc\[0\].input_desc\[0\]\[0\].shape is a str"),
        (changed(ADD, (*FIRST, "shape"), [4, 6.0]), r"shape\[1\] is float, takes an integer"),
        (changed(ADD, (*FIRST, "shape"), [-1, 6]), r"shape\[0\] is -1, a dynamic size"),
        (changed(ADD, (*FIRST, "value"), [1, 2]), r"has 2 values for shape \[4, 6\]"),
        (changed(ADD, (*FIRST, "tensor_name"), "z"), r"Add, op_desc\[0\].*'z' is used before"),
        (
            changed(ADD, ("op_desc", 0, "name"), "Custom"),
            r"Custom, op_desc\[0\] \('out'\).*not supp",
        ),
        (
            changed(ADD, (*INPUT, "data_type"), "complex64"),
            "'x' has element type complex64",
        ),
        (changed(ADD, (*INPUT, "data_type"), "what"), "'what', which nothing knows"),
        (changed(ADD, (*INPUT, "shape"), [4, 0]), "without elements"),
        (changed(ADD, (*INPUT, "shape"), [4, 7]), "Add.*do not broadcast"),
        (changed(ADD, ("op_desc", 0, "output_desc", 0, "shape"), [4, 7]), "declared .* computed"),
        (changed(ADD, ("output_desc", 0, "tensor_name"), "z"), "output 'z' is computed by no"),
        (kernel([X], [operation("Neg", [X], X, Y)], X), "Neg.*declares 2 results, gives 1"),
        (single("Add", [X], out([4, 6])), "Add.*it has 1 operands, takes 2"),
        (single("ReduceSum", [X], out([4]), axis=[2]), "ReduceSum.*axis 2 is outside rank 2"),
        (single("ReduceSum", [X], out([4]), axis=["a"]), "attribute 'axis' is .*takes integers"),
        (single("PadAkg", [X], out([4, 6]), head=[0, 0]), "PadAkg.*'tail' is missing"),
        (
            single("StridedSlice", [X], X, begin=[0], end=[4], strides=[1], end_mask=1),
            "StridedSlice.*'end_mask' is not supported",
        ),
        (single("Split", [X], out([5, 6]), axis=0), "Split.*element 4 of dimension 0"),
        (single("Gather", [X, Y], out([6, 6]), axis=0), "Gather.*indices are f32"),
        (
            kernel([X], [operation("Assign", [Y, X], out([4, 6]))], out([4, 6])),
            "Assign.*'y', which is no input",
        ),
        (
            single("Add", [NZ, tensor("b", [48, 8], HALF)], out(NZ["shape"], HALF)),
            "8 rows or columns next to one in FRACTAL_NZ",
        ),
    ],
)
def test_refused(document, message):
    with pytest.raises(CompileError, match=message):
        import_composite(read(document))


@pytest.mark.parametrize("text", ["", "{", '{"op_desc": [}', "[" * 100_000, '{"a": "\ud800'])
def test_not_json(text):
    with pytest.raises(CompileError, match="not JSON"):
        parse(text, "k.info")
