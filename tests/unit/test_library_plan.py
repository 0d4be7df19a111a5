"""Plans of graphs: who keeps which bytes when; and the manifest, which a driver can rely on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from example_files import EXAMPLES

import akg_mlir
from akg_mlir.compiler import Kernel
from akg_mlir.diagnostics import CompileError
from akg_mlir.execution.host import HostKernel
from akg_mlir.execution.library import build_library
from akg_mlir.execution.library.plan import Call, Copy, Plan
from akg_mlir.execution.library.planning import plan_of
from akg_mlir.inputs import prepare
from akg_mlir.judging import same_bits
from akg_mlir.machine.program import DTYPES
from akg_mlir.passes.npu.memory.structure import kernels

GM = "memref<64xf32, #npu<space gm>>"
PTR = "!npu.ptr<gm, f32>"


def kernel_text(name: str, source: str = "x", result: str = "y") -> str:
    """A kernel of %x and %y that doubles `source` into `result`."""
    at = "affine_map<() -> (0)>"
    return f"""
  func.func private @{name}(%x: {GM}, %y: {GM}) attributes {{npu.kernel}} {{
    %in = npu.buffer at 0 : memref<64xf32, #npu<space ub>>
    %p = npu.ptr %in[{at}]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %a = npu.ptr %{source}[{at}]() : {GM} -> {PTR}
    %b = npu.ptr %{result}[{at}]() : {GM} -> {PTR}
    npu.copy %p, %a bursts 1 x 8 gaps 0, 0 : !npu.ptr<ub, f32>, {PTR}
    npu.set_flag[mte2, v, 0]
    npu.wait_flag[mte2, v, 0]
    npu.vec vadd dst %p : !npu.ptr<ub, f32> src %p, %p : !npu.ptr<ub, f32>, !npu.ptr<ub, f32>
        repeat 1 mask 64 strides [1, 8], [1, 8, 1, 8]
    npu.set_flag[v, mte3, 0]
    npu.wait_flag[v, mte3, 0]
    npu.copy %b, %p bursts 1 x 8 gaps 0, 0 : {PTR}, !npu.ptr<ub, f32>
    func.return
  }}"""


def program(body: str, results: str, *kernel_texts: str) -> Kernel:
    """A graph of %x and %w, on the instruction floor."""
    types = ", ".join([GM] * len(results.split(",")))
    texts = "".join(kernel_texts or [kernel_text("doubled")])
    return akg_mlir.compile(
        f"""
builtin.module attributes {{npu.target = "ascend910"}} {{{texts}
  func.func @main(%x: {GM}, %w: {GM} {{te.resource = "w"}}) -> ({types}) {{
    {body}
    func.return {results} : {types}
  }}
}}""",
        pipeline=[],
    )


def plan(kernel: Kernel, **weights: np.ndarray) -> Plan:
    source = replace(kernel.compilation.source, weights=weights)
    return plan_of(replace(kernel.compilation, source=source), "p")


def call(one: str, other: str, name: str = "doubled") -> str:
    return f"func.call @{name}({one}, {other}) : ({GM}, {GM}) -> ()"


def alloc(*names: str) -> str:
    return "\n".join(f"{name} = memref.alloc() : {GM}" for name in names)


def places(planned: Plan) -> list[list[tuple[str, int]]]:
    """Of each step the places that it reads and writes."""
    return [
        [
            (place.space, place.at)
            for place in (step.places if isinstance(step, Call) else (step.source, step.target))
        ]
        for step in planned.steps
    ]


CHAIN = program(
    f"{alloc('%a', '%b', '%c', '%d')}\n{call('%x', '%a')}\n{call('%a', '%b')}\n"
    f"{call('%b', '%c')}\n{call('%c', '%d')}",
    "%d",
)


def test_a_chain_takes_turns_at_two_buffers() -> None:
    planned = plan(CHAIN)
    assert places(planned) == [
        [("input", 0), ("arena", 0)],
        [("arena", 0), ("arena", 512)],
        [("arena", 512), ("arena", 0)],
        [("arena", 0), ("output", 0)],
    ]
    assert planned.arena_bytes == 1024
    assert all(isinstance(s, Call) and s.fresh == {1} for s in planned.steps)


def test_results_that_nothing_writes_for_themselves_are_copied() -> None:
    kernel = program(f"{alloc('%a')}\n{call('%x', '%a')}", "%a, %a, %x")
    planned = plan(kernel)
    assert places(planned) == [
        [("input", 0), ("output", 0)],
        [("output", 0), ("output", 1)],
        [("input", 0), ("output", 2)],
    ]
    assert [tensor.name for tensor in planned.outputs] == ["a", "a_output1", "x_output2"]


def test_inputs_and_weights_that_a_kernel_writes_stay_as_they_are() -> None:
    texts = [kernel_text("doubled"), kernel_text("back", "y", "x")]
    kernel = program(f"{alloc('%a')}\n{call('%x', '%a')}\n{call('%w', '%x', 'back')}", "%w", *texts)
    planned = plan(kernel, w=np.ones(64, np.float32))
    assert places(planned) == [
        [("input", 0), ("arena", 0)],
        [("weights", 512), ("output", 0)],
        [("output", 0), ("input", 0)],
    ]
    assert isinstance(planned.steps[1], Copy)
    assert not planned.steps[2].fresh if isinstance(planned.steps[2], Call) else False


def test_what_a_call_reads_and_writes_under_two_arguments_is_two_buffers() -> None:
    kernel = program(f"{alloc('%a')}\n{call('%x', '%a')}\n{call('%a', '%a')}", "%a")
    assert places(plan(kernel)) == [
        [("input", 0), ("arena", 0)],
        [("arena", 0), ("output", 0)],
        [("arena", 0), ("output", 0)],
    ]


def test_kernels_that_differ_in_their_name_only_are_one() -> None:
    texts = [kernel_text("doubled"), kernel_text("twice"), kernel_text("back", "y", "x")]
    body = f"{alloc('%a', '%b')}\n{call('%x', '%a')}\n{call('%a', '%b', 'twice')}"
    planned = plan(program(body, "%b", *texts))
    assert [kernel.name for kernel in planned.kernels] == ["doubled"]
    assert len(planned.steps) == 2


@pytest.mark.parametrize(
    ("body", "results", "message"),
    [
        (f"{alloc('%a', '%b')}\n{call('%a', '%b')}", "%b", "reads a buffer that nothing has"),
        (alloc("%a"), "%a", "returns a buffer that nothing has written"),
        (f"{alloc('%a')}\nmemref.dealloc %a : {GM}", "%x", "a graph calls kernels and cannot"),
    ],
)
def test_graphs_that_cannot_run_are_refused(body: str, results: str, message: str) -> None:
    with pytest.raises(CompileError, match=message):
        plan(program(body, results))


PACKED = """
func.func @main(%x: tensor<64x64xf16>, %w: tensor<64x64xf16> {te.resource = "w"})
    -> tensor<64x64xf16> {
  %y = te.matmul %x, %w : (tensor<64x64xf16>, tensor<64x64xf16>) -> tensor<64x64xf16>
  func.return %y : tensor<64x64xf16>
}
"""


def test_weights_are_packed_when_the_library_is_built() -> None:
    kernel = akg_mlir.compile(PACKED)
    w = np.arange(64 * 64, dtype=np.float16).reshape(64, 64)
    (weight,) = plan(kernel, w=w).weights
    assert (weight.origin, weight.tensor.shape) == ("w packed as zn", (4, 4, 16, 16))
    assert np.array_equal(weight.load()[0, 1], w[:16, 16:32].T)
    with pytest.raises(CompileError, match="the values of 'w' must be known"):
        plan(kernel)
    with pytest.raises(CompileError, match=r"input 'w' is float16\[4096\]"):
        plan(kernel, w=w.ravel())


MOVED = """
func.func @main(%x: tensor<4x6xf32>, %w: tensor<3x2x8xf32> {te.resource = "w"}) -> tensor<4x8xf32> {
  %t = te.transpose %w perm [1, 0, 2] : tensor<3x2x8xf32> -> tensor<2x3x8xf32>
  %r = te.reshape %t : tensor<2x3x8xf32> -> tensor<6x8xf32>
  %f = te.reshape %w : tensor<3x2x8xf32> -> tensor<6x8xf32>
  %s = te.slice %f offsets [0, 7] strides [1, -1] : tensor<6x8xf32> -> tensor<1x8xf32>
  %b = te.pad %s value 1.0 : f32 low [0, 0] high [3, 0] : tensor<1x8xf32> -> tensor<4x8xf32>
  %m = te.matmul %x, %r : (tensor<4x6xf32>, tensor<6x8xf32>) -> tensor<4x8xf32>
  %y = te.add %m, %b : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  func.return %y : tensor<4x8xf32>
}
"""


def test_moved_weights_are_part_of_the_library() -> None:
    kernel = akg_mlir.compile(MOVED)
    assert len(list(kernels(kernel.compilation.module))) == 1
    x = np.arange(24, dtype=np.float32).reshape(4, 6)
    w = np.arange(48, dtype=np.float32).reshape(3, 2, 8)
    moved, bias = plan(kernel, w=w).weights
    assert (moved.origin, moved.tensor.shape) == ("w transposed 1 0 2", (2, 3, 8))
    assert bias.origin == "w by te.slice by te.pad"
    expected = x @ w.transpose(1, 0, 2).reshape(6, 8)
    expected[0] += w[0, 0, ::-1]
    expected[1:] += 1
    assert np.array_equal(moved.load(), w.transpose(1, 0, 2))
    assert np.array_equal(kernel(x, w), expected)


def test_rounded_weights_are_part_of_the_library_and_count_as_they_are_read() -> None:
    """Of mixed precision: f32 weights, which the host rounds to f16 and packs."""
    text = """
func.func @main(%x: tensor<16x32xf32>, %w: tensor<32x16xf32> {te.resource = "w"})
    -> tensor<16x16xf32> {
  %y = te.matmul %x, %w : (tensor<16x32xf32>, tensor<32x16xf32>) -> tensor<16x16xf32>
  func.return %y : tensor<16x16xf32>
}
"""
    kernel = akg_mlir.compile(text, precision="mixed")
    w = np.random.default_rng(0).standard_normal((32, 16)).astype(np.float32)
    weight = plan(kernel, w=w).weights[-1]
    assert weight.origin == "w rounded to f16 packed as zn"
    assert np.array_equal(weight.load().transpose(0, 3, 1, 2).reshape(32, 16), w.astype(np.float16))
    report = kernel.report()
    assert report.ok
    assert report.least_bytes == 16 * 32 * 4 + 32 * 16 * 2 + 16 * 16 * 4


def drive(folder: Path, kernel: Kernel, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Run a build by its manifest alone, kernel by kernel."""
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    target = kernel.runner.target
    texts = {f.sym_name.data: HostKernel(f, target) for f in kernels(kernel.compilation.module)}
    outputs = [
        np.empty(tensor["shape"], DTYPES[tensor["element"]]) for tensor in manifest["outputs"]
    ]
    memories = {
        "weights": np.fromfile(folder / manifest["weights"]["file"], np.uint8),
        "arena": np.zeros(manifest["arena"]["bytes"], np.uint8),
    }

    def memory(place: dict[str, int]) -> np.ndarray:
        ((space, at),) = ((k, v) for k, v in place.items() if k != "bytes")
        if space in memories:
            return memories[space][at : at + place["bytes"]]
        arrays = inputs if space == "input" else outputs
        return arrays[at].reshape(-1).view(np.uint8)

    described = {entry["name"]: entry for entry in manifest["kernels"]}
    for step in manifest["steps"]:
        if "copy" in step:
            memory(step["copy"]["to"])[:] = memory(step["copy"]["from"])
            continue
        arguments = described[step["call"]]["arguments"]
        given = [
            memory(place).view(DTYPES[a["element"]]).reshape(a["shape"])
            for a, place in zip(arguments, step["arguments"], strict=True)
            if a["direction"] != "workspace"
        ]
        for k, array in texts[step["call"]].run(given).items():
            assert arguments[k]["direction"] in ("out", "inout")
            given[k][...] = array
    return outputs


@pytest.mark.parametrize("name", ["momentum.info", "matmul_bias_relu.onnx"])
def test_a_driver_needs_the_manifest_only(name: str, tmp_path: Path) -> None:
    kernel = akg_mlir.compile(EXAMPLES / name)
    source = kernel.compilation.source
    build_library(kernel.compilation, tmp_path, host=False)
    arrays = prepare(source, {})
    free = [a for a in arrays if not any(a is w for w in source.weights.values())]
    expected = kernel.runner.run(arrays).outputs
    assert same_bits(expected, drive(tmp_path, kernel, free))


def test_a_driver_may_use_one_arena(tmp_path: Path) -> None:
    build_library(CHAIN.compilation, tmp_path, host=False)
    x = np.arange(64, dtype=np.float32)
    assert same_bits(drive(tmp_path, CHAIN, [x, x]), [16 * x])
