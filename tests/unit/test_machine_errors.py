"""What the machine refuses: bad fields, bad addresses, poison, missing arrays, undecodable IR."""

from __future__ import annotations

import numpy as np
import pytest
from npu_text import Kernel

from akg_mlir.diagnostics import CompileError
from akg_mlir.machine import BoundsError, FieldError, MachineError, PoisonError


def copy_in(element: str = "f16", size: int = 128) -> tuple[Kernel, str, str, str]:
    kernel = Kernel()
    x, y = kernel.gm(str(size), element), kernel.gm(str(size), element)
    a = kernel.buffer("ub", 0, str(size), element)
    return kernel, x, y, a


VALUES = np.ones(128, np.float16)


def test_gm_is_never_read_past_a_tensor() -> None:
    kernel, x, _, a = copy_in()
    kernel.copy(kernel.ptr(a), kernel.ptr(x, 16), 8)
    with pytest.raises(BoundsError, match=r"npu.copy .*reads bytes 0x10 to 0x110 of gm, outside"):
        kernel.run(VALUES)


def test_gm_is_never_written_past_a_tensor() -> None:
    kernel, x, y, a = copy_in()
    kernel.load(x, a, 8)
    kernel.copy(kernel.ptr(y, 32), kernel.ptr(a), 8)
    with pytest.raises(BoundsError, match="writes bytes 0x20 to 0x120 of gm, outside %arg1"):
        kernel.run(VALUES)


def test_buffers_are_not_left() -> None:
    kernel, x, y, a = copy_in()
    kernel.buffer("ub", 256, "128")
    kernel.load(x, a, 8)
    kernel.vec("vabs", kernel.ptr(a), [kernel.ptr(a, 32)], mask=128)
    kernel.store(a, y, 8)
    with pytest.raises(BoundsError, match="reads bytes 0x20 to 0x120 of ub"):
        kernel.run(VALUES)


def test_buffers_end_with_the_memory() -> None:
    kernel, x, y, _ = copy_in()
    end = kernel.buffer("ub", 262144 - 128, "128")
    kernel.load(x, end, 8)
    kernel.store(end, y, 8)
    with pytest.raises(BoundsError, match="of ub"):
        kernel.run(VALUES)


def test_unaligned_vector_operand() -> None:
    kernel, x, y, a = copy_in()
    kernel.load(x, a, 8)
    kernel.vec("vabs", kernel.ptr(a, 2), [kernel.ptr(a, 2)], mask=16)
    kernel.store(a, y, 8)
    with pytest.raises(FieldError, match="address 0x2 of operand 1 in ub is not a multiple of 32"):
        kernel.run(VALUES)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"repeat": 256}, "repeat is 256, allowed 0 to 255"),
        ({"mask": 129}, "mask is 129, allowed 1 to 128"),
        ({"mask": 0}, "mask is 0"),
        ({"strides": [(1, 256), (1, 8)]}, "repeat stride is 256"),
        ({"opcode": "vadd"}, "2 sources expected, got 1"),
        ({"scalar": "1.0 : f16"}, "takes no scalar"),
    ],
)
def test_fields(changes: dict[str, object], message: str) -> None:
    kernel, x, y, a = copy_in()
    kernel.load(x, a, 8)
    fields: dict[str, object] = {"opcode": "vabs", "repeat": 1, "mask": 128, "strides": None}
    fields |= changes
    opcode = str(fields.pop("opcode"))
    kernel.vec(opcode, kernel.ptr(a), [kernel.ptr(a)], **fields)  # type: ignore[arg-type]
    kernel.store(a, y, 8)
    with pytest.raises(FieldError, match=message):
        kernel.run(VALUES)


def test_types_of_the_target() -> None:
    kernel, x, y, a = copy_in("f32", 64)
    kernel.load(x, a, 8)
    strides = [(1, 1), (1, 8)]
    kernel.vec("vcadd", kernel.ptr(a), [kernel.ptr(a)], mask=64, strides=strides)
    kernel.store(a, y, 8)
    with pytest.raises(FieldError, match=r"ascend910 has no vcadd for f32 \(has: f16\)"):
        kernel.run(VALUES[:64].astype(np.float32))


def test_poison_reaches_gm() -> None:
    kernel, _, y, a = copy_in()
    kernel.store(a, y, 8)
    with pytest.raises(PoisonError, match="256 of 256 elements read from ub were never written"):
        kernel.run(VALUES)


def test_poison_flows_through_arithmetic_lane_by_lane() -> None:
    kernel, x, y, a = copy_in()
    kernel.copy(kernel.ptr(a), kernel.ptr(x), 4)
    kernel.barrier()
    kernel.vec("vadd", kernel.ptr(a), [kernel.ptr(a), kernel.ptr(a)], mask=128)
    kernel.store(a, y, 4)
    kernel.copy(kernel.ptr(y, 128), kernel.ptr(a), 4)
    assert np.array_equal(kernel_result(kernel), VALUES * np.float16(2))
    kernel.copy(kernel.ptr(y, 128), kernel.ptr(a, 128), 4)
    with pytest.raises(PoisonError):
        kernel.run(VALUES)


def kernel_result(kernel: Kernel) -> np.ndarray:
    return kernel.run(VALUES).outputs[0]


def test_poison_reaches_a_reduction() -> None:
    kernel, x, y, a = copy_in()
    kernel.copy(kernel.ptr(a), kernel.ptr(x), 7)
    kernel.barrier()
    strides = [(1, 1), (1, 8)]
    kernel.vec("vcmax", kernel.ptr(a, 32), [kernel.ptr(a)], mask=112, strides=strides)
    with pytest.raises(FieldError, match="overlap"):
        kernel.run(VALUES)
    kernel.lines.pop()
    out = kernel.buffer("ub", 512, "16")
    kernel.vec("vcmax", kernel.ptr(out), [kernel.ptr(a)], mask=113, strides=strides)
    kernel.store(out, y, 1)
    with pytest.raises(PoisonError, match=r"1 of 113 elements .* are reduced"):
        kernel.run(VALUES)


def test_poison_reaches_a_mask() -> None:
    kernel, _, _, a = copy_in()
    kernel.vec("vcmp_lt", None, [kernel.ptr(a), kernel.ptr(a)], mask=8)
    with pytest.raises(PoisonError, match="are compared"):
        kernel.run(VALUES, VALUES)


def test_poison_reaches_a_register() -> None:
    kernel, _, _, a = copy_in()
    kernel.line(f"%r = npu.scalar_load {kernel.ptr(a)} : !npu.ptr<ub, f16> -> f16")
    with pytest.raises(PoisonError, match="are loaded into a register"):
        kernel.run(VALUES, VALUES)


def test_memories_start_as_poison_on_every_core() -> None:
    kernel = Kernel(cores=2)
    x, y = kernel.gm("2x128"), kernel.gm("2x128")
    a = kernel.buffer("ub", 0, "128")
    kernel.line("%core = npu.core_id")
    kernel.line("%c0 = arith.constant 0 : index")
    kernel.line("%first = arith.cmpi eq, %core, %c0 : index")
    kernel.line("scf.if %first {")
    kernel.copy(kernel.ptr(a), kernel.ptr(x), 8)
    kernel.line("}")
    kernel.barrier()
    kernel.copy(kernel.ptr(y, "d0 * 256", ["%core"]), kernel.ptr(a), 8)
    with pytest.raises(PoisonError):
        kernel.run(np.ones((2, 128), np.float16))


def test_outputs_must_be_written_completely() -> None:
    kernel, x, y, a = copy_in()
    kernel.load(x, a, 8)
    kernel.store(a, y, 7)
    with pytest.raises(PoisonError, match=r"32 of 256 bytes of output %arg1 .*the first at 0xe0"):
        kernel.run(VALUES)
    assert kernel.run(VALUES, VALUES * 0).outputs[0][-16:].tolist() == [0.0] * 16


def test_arrays_must_fit() -> None:
    kernel, x, y, a = copy_in()
    kernel.load(x, a, 8)
    kernel.store(a, y, 8)
    with pytest.raises(MachineError, match=r"%arg0 is float16 \(128,\), got float32 \(128,\)"):
        kernel.run(VALUES.astype(np.float32))
    with pytest.raises(MachineError, match="input %arg0 is missing"):
        kernel.run()
    with pytest.raises(MachineError, match="takes 2 arrays, got 3"):
        kernel.run(VALUES, VALUES, VALUES)


def test_too_many_cores() -> None:
    kernel = Kernel("generic_tiny", cores=2)
    with pytest.raises(CompileError, match="runs on 2 cores, generic_tiny has 1"):
        kernel.program()


def test_buffers_need_addresses() -> None:
    kernel = Kernel()
    kernel.line("%a = npu.buffer : memref<16xf16, #npu<space ub>>")
    with pytest.raises(CompileError, match="has no address"):
        kernel.program()


def test_tile_ops_do_not_execute() -> None:
    kernel, _, _, a = copy_in()
    kernel.line(f"npu.vfill 0.0 : f16 -> {a} : {kernel.types[a]}")
    with pytest.raises(CompileError, match="the machine does not execute this op"):
        kernel.program()


def test_elements_numpy_lacks() -> None:
    kernel = Kernel()
    kernel.gm("16", "bf16")
    with pytest.raises(CompileError, match="no elements of type bf16"):
        kernel.program()
