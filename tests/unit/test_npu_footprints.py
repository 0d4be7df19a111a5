"""The bytes the passes think an instruction touches are those it touches on the machine."""

from __future__ import annotations

import pytest

from akg_mlir.emit.program import decode
from akg_mlir.machine.isa import plan
from akg_mlir.machine.unroll import instructions
from akg_mlir.parsing import parse_module
from akg_mlir.passes.npu.memory.footprint import Access, Box
from akg_mlir.passes.npu.memory.structure import kernels, program_of
from akg_mlir.targets import load

TARGET = load("ascend910")
UB, F32 = "!npu.ptr<ub, f16>", "!npu.ptr<ub, f32>"
CASES = [
    f"npu.vec vadd dst %u : {UB} src %v, %w : {UB}, {UB} repeat 3 mask 100 strides [1, 8], [1, 8, 2, 20]",  # noqa: E501
    f"npu.vec vadd dst %u : {UB} src %v, %w : {UB}, {UB} repeat 2 mask 5 strides [3, 9], [0, 8, 1, 0]",  # noqa: E501
    f"npu.vec vconv dst %f : {F32} src %v : {UB} repeat 4 mask 50 strides [1, 8], [1, 4]",
    f"npu.vec vconv dst %f : {F32} src %v : {UB} repeat 4 mask 50 strides [2, 16], [2, 8]",
    f"npu.vec vcadd dst %u : {UB} src %v : {UB} repeat 4 mask 128 strides [1, 3], [1, 8]",
    f"npu.vec vcgadd dst %u : {UB} src %v : {UB} repeat 4 mask 100 strides [1, 8], [1, 8]",
    f"npu.vec vmla dst %u : {UB} src %v, %w : {UB}, {UB} repeat 2 mask 128 strides [1, 8], [1, 8, 1, 8]",  # noqa: E501
    f"npu.vec vcmp_lt src %v, %w : {UB}, {UB} repeat 1 mask 70 strides [1, 8], [1, 8, 1, 8]",
    f"npu.vnchwconv %u, %v repeat 2 strides 1, 3 steps 16, 48 : {UB}, {UB}",
    f"npu.copy %u, %v bursts 3 x 2 gaps 1, 4 : {UB}, {UB}",
    "npu.copy %f, %c bursts 2 x 2 gaps 1, 4 : !npu.ptr<ub, f32>, !npu.ptr<l0c, f32>",
    "npu.copy %u, %c bursts 2 x 2 gaps 1, 4 : !npu.ptr<ub, f16>, !npu.ptr<l0c, f32>",
    "npu.copy %c, %f bursts 2 x 2 gaps 1, 4 : !npu.ptr<l0c, f32>, !npu.ptr<ub, f32>",
    "npu.load2d %a, %l repeat 3 stride 2 gap 1 : !npu.ptr<l0a, f16>, !npu.ptr<l1, f16>",
    "npu.mad %c, %a, %b init %t m 20 k 40 n 33 : !npu.ptr<l0c, f32>, !npu.ptr<l0a, f16>, !npu.ptr<l0b, f16>",  # noqa: E501
    "%r = npu.scalar_load %v : !npu.ptr<ub, f16> -> f16",
]
BUFFERS = {
    "u": ("ub", "f16", 0),
    "v": ("ub", "f16", 32768),
    "w": ("ub", "f16", 65536),
    "f": ("ub", "f32", 131072),
    "l": ("l1", "f16", 0),
    "a": ("l0a", "f16", 0),
    "b": ("l0b", "f16", 0),
    "c": ("l0c", "f32", 0),
}


def kernel(instruction: str) -> str:
    lines = ["%t = arith.constant true"]
    for name, (space, element, address) in BUFFERS.items():
        memref = f"memref<16384x{element}, #npu<space {space}>>"
        lines += [
            f"%{name}_ = npu.buffer at {address} : {memref}",
            f"%{name} = npu.ptr %{name}_[affine_map<() -> (0)>]() : {memref} "
            f"-> !npu.ptr<{space}, {element}>",
        ]
    body = "\n".join([*lines, instruction, "func.return"])
    return f"func.func @k() attributes {{npu.kernel}} {{\n{body}\n}}"


def bytes_of(access: Access) -> set[int]:
    """All bytes of an access relative to its buffer."""

    def starts(box: Box) -> list[int]:
        found = [access.base.const + box.offset]
        for count, stride in box.dims:
            found = [s + i * stride for s in found for i in range(count)]
        return found

    return {s + i for box in access.boxes for s in starts(box) for i in range(box.length)}


@pytest.mark.parametrize("instruction", CASES)
def test_same_bytes_as_the_machine(instruction: str) -> None:
    module = parse_module(kernel(instruction))
    function = next(kernels(module))
    (ours,) = program_of(function).instructions
    decoded = decode(function, TARGET)
    (theirs,) = instructions(decoded.body)
    expected: dict[tuple[str, bool], set[int]] = {}
    for access in plan(theirs, TARGET).accesses:
        name = decoded.buffers[theirs.operands[access.operand].buffer].name
        touched = expected.setdefault((name, access.write), set())
        touched |= {int(b) for box in access.boxes for b in box.bytes().ravel()}
    found: dict[tuple[str, bool], set[int]] = {}
    for access in ours.accesses:
        if not isinstance(access.root, str):
            key = (f"%{access.root.name_hint}", access.writes)
            found[key] = found.get(key, set()) | bytes_of(access)
    assert found == expected
