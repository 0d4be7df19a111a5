"""Kernels of whole programs: how many, what is in them, what they must at least do."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from te_text import apply, kernels, module_of, reference, relative_error
from xdsl.dialects.builtin import StringAttr

from akg_mlir.diagnostics import collect_remarks

TENSOR_FLOOR = (
    "te-apply-precision,te-record-workload,te-decompose,te-split-reductions,te-sink-reshapes,"
    "te-propagate-layout,te-partition,te-collapse-dims"
)
RNG = np.random.default_rng(9)


def feed_forward(rows: int, width: int, hidden: int):
    """BERT's feed-forward block in f16; weights are resources."""
    x, h = f"tensor<{rows}x{width}xf16>", f"tensor<{rows}x{hidden}xf16>"
    w, v = f"tensor<{width}x{hidden}xf16>", f"tensor<{hidden}x{width}xf16>"
    b, c = f"tensor<{hidden}xf16>", f"tensor<{width}xf16>"
    arguments = [x, *(f'{t} {{te.resource = "{i}"}}' for i, t in enumerate([w, b, v, c, c, c]))]
    body = f"""
%1 = te.matmul %a, %b : ({x}, {w}) -> {h}
%2 = te.add %1, %c : ({h}, {b}) -> {h}
%3 = te.gelu %2 approximate none : {h}
%4 = te.matmul %3, %d : ({h}, {v}) -> {x}
%5 = te.add %4, %e : ({x}, {c}) -> {x}
%6 = te.add %5, %a : ({x}, {x}) -> {x}
%r = te.layer_norm %6 scale %f bias %g axis -1 epsilon 1.0e-05 : {x}, {c}, {c}"""
    return module_of(arguments, body, [x])


def test_feed_forward_is_at_most_four_kernels():
    module = apply(feed_forward(128, 768, 3072), TENSOR_FLOOR)
    found = kernels(module)
    assert len(found) <= 4
    # the first contraction keeps its epilogue, the norm takes the other one's, and nothing is
    # repacked between them
    assert sum("fractal_matmul cast add" in ops for ops in found) == 1
    assert sum("cast add add unpack" in ops for ops in found) == 1
    assert sum("pack" in ops.split() for ops in found) == 1
    # every tile of 3072 columns would pack the input again
    assert not any("pack fractal_matmul" in ops for ops in found)


@pytest.mark.parametrize("columns", [1024, 1001])
def test_a_product_is_unpacked_in_its_kernel(columns: int):
    a, b, c = "tensor<2048x64xf16>", f"tensor<64x{columns}xf16>", f"tensor<2048x{columns}xf16>"
    module = module_of([a, b], f"%r = te.matmul %a, %b : ({a}, {b}) -> {c}", [c])
    (ops,) = kernels(apply(module, TENSOR_FLOOR))
    assert ops.endswith("fractal_matmul cast unpack")


def test_feed_forward_of_odd_sizes_is_right():
    module = feed_forward(33, 50, 77)
    shapes = [(33, 50), (50, 77), (77,), (77, 50), (50,), (50,), (50,)]
    inputs = [RNG.uniform(-0.5, 0.5, s).astype(np.float16) for s in shapes]
    wanted = reference(module, *inputs)[0]
    got = reference(apply(module, TENSOR_FLOOR), *inputs)[0]
    assert relative_error(got, wanted) <= 5e-3


def test_attention_is_one_kernel():
    q = "tensor<2x32x16xf16>"
    body = f"""
%s = te.batch_matmul %a, %b transpose_b : ({q}, {q}) -> tensor<2x32x32xf16>
%p = te.softmax %s axis -1 : tensor<2x32x32xf16>
%r = te.batch_matmul %p, %c : (tensor<2x32x32xf16>, {q}) -> {q}"""
    module = apply(module_of([q, q, q], body, [q]), TENSOR_FLOOR)
    (ops,) = kernels(module)
    assert ops.split().count("fractal_matmul") == 2
    assert ops.split().count("pack") == 4


def test_workload_counts_traffic_and_contractions_once():
    module = apply(feed_forward(32, 64, 48), TENSOR_FLOOR)
    workloads = [
        op.attributes["npu.workload"].data for op in module.ops if "npu.kernel" in op.attributes
    ]
    cube = [c.get_values() for w in workloads for c in w["cube"].data]
    assert cube == [(1, 32, 64, 48), (1, 32, 48, 64)]
    # all weights, and the input once, go in; the result goes out
    weights = 2 * (64 * 48 * 2) + 48 * 2 + 3 * 64 * 2
    assert sum(w["in_bytes"].value.data for w in workloads) >= weights + 32 * 64 * 2
    assert workloads[-1]["out_bytes"].value.data == 32 * 64 * 2


def test_padding_that_is_dropped_is_no_traffic():
    body = "%r = te.unpack %a nz : tensor<2x2x16x16xf16> -> tensor<17x18xf16>"
    module = module_of(["tensor<2x2x16x16xf16>"], body, ["tensor<17x18xf16>"])
    (kernel,) = (op for op in apply(module, "te-partition").ops if "npu.kernel" in op.attributes)
    workload = kernel.attributes["npu.workload"].data
    assert workload["in_bytes"].value.data == workload["out_bytes"].value.data == 17 * 18 * 2


def test_what_a_window_with_gaps_skips_need_not_be_made_from_inputs():
    x, one, skipped = "tensor<1x1x1x2xf32>", "tensor<1x1x1x1xf32>", "tensor<1x1x1x1xf32>"
    window = "dilations [1, 1] pads [0, 0, 0, 0] groups 1"
    body = f"""
%1 = te.conv2d %a, %b strides [1, 1] {window} : ({x}, {one}) -> {x}
%r = te.conv2d %1, %c strides [1, 2] {window} : ({x}, {one}) -> {skipped}"""
    module = apply(module_of([x, one, one], body, [skipped]), TENSOR_FLOOR)
    (kernel,) = (op for op in module.ops if "npu.kernel" in op.attributes)
    # the weights, and half of the image at most
    assert kernel.attributes["npu.workload"].data["in_bytes"].value.data <= 4 + 4 + 4


def test_rows_that_do_not_fit_pass_through_one_kernel_where_they_keep_the_cores_busy():
    def softmax(rows: int, target: str) -> int:
        type_ = f"tensor<{rows}x200000xf32>"
        module = module_of([type_], f"%r = te.softmax %a axis 1 : {type_}", [type_])
        module.attributes["npu.target"] = StringAttr(target)
        return len(kernels(apply(module, "te-decompose,te-partition")))

    assert softmax(64, "ascend910") == 1
    assert softmax(1, "ascend910") > 1
    assert softmax(4, "generic_tiny") == 1


def test_refusals_are_remarks():
    type_ = "tensor<1024x1024xf32>"
    body = f"""
%e = te.exp %a : {type_}
%t = te.transpose %e perm [1, 0] : {type_} -> {type_}
%r = te.add %e, %t : ({type_}, {type_}) -> {type_}"""
    with collect_remarks() as remarks:
        module = apply(module_of([type_], body, [type_]), "te-partition")
    assert kernels(module) == ["exp", "transpose add"]
    (missed,) = [r for r in remarks if r.kind == "missed"]
    assert missed.message == "a minimal tile holds 8388608 bytes of UB, it may hold 130560"
    (passed,) = [r for r in remarks if r.kind == "passed"]
    assert passed.numbers["saved_bytes"] == 2 * 4 * 1024 * 1024
    assert passed.numbers["recomputed"] == 0


def test_dead_ops_make_no_kernel():
    type_ = "tensor<8xf32>"
    body = f"%d = te.exp %a : {type_}\n%r = te.neg %a : {type_}"
    assert kernels(apply(module_of([type_], body, [type_]), "te-partition")) == ["neg"]


def test_functions_without_work_have_no_kernel():
    type_ = "tensor<8xf32>"
    body = "%r = te.reshape %a : tensor<8xf32> -> tensor<2x4xf32>"
    module = apply(module_of([type_], body, ["tensor<2x4xf32>"]), TENSOR_FLOOR)
    assert kernels(module) == []
    body = "%r = te.constant dense<1.0> : tensor<8xf32>"
    module = apply(module_of([type_], body, [type_]), TENSOR_FLOOR)
    assert kernels(module) == ["constant broadcast_to"]
    assert reference(module, np.zeros(8, np.float32))[0].tolist() == [1.0] * 8


def test_mixed_precision_uses_the_cube():
    a = "tensor<20x40xf32>"
    body = f"%r = te.matmul %a, %a transpose_b : ({a}, {a}) -> tensor<20x20xf32>"
    strict, mixed = (module_of([a], body, ["tensor<20x20xf32>"]) for _ in range(2))
    assert kernels(apply(strict, TENSOR_FLOOR)) == ["matmul"]
    apply(mixed, TENSOR_FLOOR.replace("precision", "precision{precision=mixed}", 1))
    assert any("fractal_matmul" in ops for ops in kernels(mixed))
    x = RNG.uniform(-1, 1, (20, 40)).astype(np.float32)
    assert relative_error(reference(mixed, x)[0], reference(strict, x)[0]) < 2e-3


def test_a_kernel_has_two_windows_at_most():
    """Tiles of windows of windows of windows took minutes to choose."""
    x, w = "tensor<1x4x6x6xf32>", "tensor<4x4x3x3xf32>"
    steps = "strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1"
    names = ["%a", "%1", "%2", "%3", "%4", "%r"]
    body = "\n".join(
        f"{result} = te.conv2d {image}, %b {steps} : ({x}, {w}) -> {x}"
        for image, result in pairwise(names)
    )
    cut = apply(module_of([x, w], body, [x]), TENSOR_FLOOR)
    counts = [sum(inner.name == "te.conv2d" for inner in op.walk()) for op in cut.ops]
    assert sorted(counts) == [0, 1, 2, 2]


def test_one_tile_does_not_take_in_a_product_that_all_cores_share():
    """What is estimated to be slow on one core is compared with the product on all of them."""
    x, w, v = "tensor<32x512xf32>", "tensor<512x128xf32>", "tensor<128x128xf32>"
    rows, row = "tensor<32x128xf32>", "tensor<1x128xf32>"
    body = f"""
%r = te.matmul %a, %b : ({x}, {w}) -> {rows}
%first = te.slice %r offsets [0, 0] strides [1, 1] : {rows} -> {row}
%s = te.matmul %first, %c : ({row}, {v}) -> {row}"""
    module = apply(module_of([x, w, v], body, [rows, row]), TENSOR_FLOOR)
    assert kernels(module) == ["matmul", "slice matmul"]


@pytest.mark.parametrize(("start", "found"), [(16, 1), (3, 2), (0, 1)])
def test_what_is_cut_inside_blocks_comes_from_gm(start: int, found: int):
    """Transfers begin anywhere; on chip the scalar unit would move every element."""
    x, y = "tensor<512x200xf16>", "tensor<512x180xf16>"
    body = f"""
%1 = te.exp %a : {x}
%2 = te.slice %1 offsets [0, {start}] strides [1, 1] : {x} -> {y}
%r = te.exp %2 : {y}"""
    assert len(kernels(apply(module_of([x], body, [y]), TENSOR_FLOOR))) == found


def test_few_elements_are_cut_on_chip():
    x, y = "tensor<2x200xf16>", "tensor<2x9xf16>"
    body = f"""
%1 = te.exp %a : {x}
%2 = te.slice %1 offsets [0, 3] strides [1, 1] : {x} -> {y}
%r = te.exp %2 : {y}"""
    assert len(kernels(apply(module_of([x], body, [y]), TENSOR_FLOOR))) == 1
