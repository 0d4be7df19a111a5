"""Instructions as calls: operands first, then all fields by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects.builtin import I64, IntegerAttr
from xdsl.ir import Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Opcode
from akg_mlir.emit.cpp.literals import constant

Text = Callable[[SSAValue], str]

_WHOLE_OR_GROUP = (
    Opcode.VCADD,
    Opcode.VCMAX,
    Opcode.VCMIN,
    Opcode.VCGADD,
    Opcode.VCGMAX,
    Opcode.VCGMIN,
)


def instruction_text(op: Operation, pointer: Text, name: Text) -> str:
    """The call of one instruction; `pointer` and `name` give the text of operands.

    Raises `CompileError` for ops that are no instructions.
    """
    match op:
        case npu.VecOp():
            return _vector(op, pointer, name)
        case npu.CopyOp():
            fields = _fields(
                count=op.n_burst, length=op.len_burst, src_gap=op.src_gap, dst_gap=op.dst_gap
            )
            return _call("copy", [pointer(op.dst), pointer(op.src), f"Bursts{fields}"])
        case npu.FetchOp():
            return _fetch(op, pointer, name)
        case npu.VnchwconvOp():
            dst, src = (
                _stride(block.value.data, repeat.value.data)
                for block, repeat in (
                    (op.dst_stride, op.dst_repeat),
                    (op.src_stride, op.src_repeat),
                )
            )
            fields = f"Transpose{{.repeat = {op.repeat.value.data}, .dst = {dst}, .src = {src}}}"
            return _call("vnchwconv", [pointer(op.dst), pointer(op.src), fields])
        case npu.Load2dOp():
            fields = _fields(repeat=op.repeat, src_stride=op.src_stride, dst_gap=op.dst_gap)
            return _call("load2d", [pointer(op.dst), pointer(op.src), f"Fractals{fields}"])
        case npu.Load3dOp():
            return _call("load3d", [pointer(op.dst), pointer(op.src), _windows(op)])
        case npu.MadOp():
            fields = (
                f"Product{{.m = {op.m.value.data}, .k = {op.k.value.data}, "
                f".n = {op.n.value.data}, .init = {name(op.init)}}}"
            )
            return _call("mad", [pointer(op.c), pointer(op.a), pointer(op.b), fields])
        case npu.SetFlagOp() | npu.WaitFlagOp():
            which = "set_flag" if isinstance(op, npu.SetFlagOp) else "wait_flag"
            source, waiter = (f"Pipe::{pipe.data.value}" for pipe in (op.src, op.dst))
            return f"{which}<{source}, {waiter}>({op.event.value.data});"
        case npu.PipeBarrierOp():
            return f"pipe_barrier<Pipe::{op.on.data.value}>();"
        case _:
            raise CompileError(
                "is no instruction of the machine",
                op,
                hint="run npu-legalise, npu-plan-memory and npu-insert-sync first",
            )


def _call(name: str, arguments: Sequence[str]) -> str:
    return f"{name}({', '.join(arguments)});"


def _fields(**values: IntegerAttr[I64]) -> str:
    return f"{{{', '.join(f'.{key} = {value.value.data}' for key, value in values.items())}}}"


def _stride(block: int, repeat: int) -> str:
    return f"{{{block}, {repeat}}}"


def _fetch(op: npu.FetchOp, pointer: Text, name: Text) -> str:
    from_end = "true" if op.from_end is not None else "false"
    places = (
        f"Places{{.count = {op.places.value.data}, .step = {op.step.value.data}, "
        f".from_end = {from_end}}}"
    )
    bursts = _fields(count=op.n_burst, length=op.len_burst, src_gap=op.src_gap, dst_gap=op.dst_gap)
    operands = [pointer(op.dst), pointer(op.src), name(op.place)]
    return _call("fetch", [*operands, places, f"Bursts{bursts}"])


def _windows(op: npu.Load3dOp) -> str:
    def numbers(values: Sequence[int]) -> str:
        return f"{{{', '.join(map(str, values))}}}"

    return (
        f"Windows{{.image = {numbers(op.image.get_values())}, "
        f".pads = {numbers(op.pads.get_values())}, "
        f".kernel = {numbers(op.kernel.get_values())}, "
        f".strides = {numbers(op.strides.get_values())}, "
        f".dilations = {numbers(op.dilations.get_values())}, "
        f".tap = {numbers(op.tap.get_values())}, "
        f".repeat = {op.repeat.value.data}, .jump = {op.jump.value.data}}}"
    )


def _vector(op: npu.VecOp, pointer: Text, name: Text) -> str:
    opcode = op.opcode.data
    operands = [] if op.dst is None else [pointer(op.dst)]
    operands += [pointer(source) for source in op.srcs]
    if op.register is not None:
        operands.append(name(op.register))
    elif op.scalar is not None:
        assert op.dst is not None
        assert isinstance(op.dst.type, npu.PtrType)
        operands.append(constant(op.scalar, str(op.dst.type.element)))
    return _call(opcode.value, [*operands, _lanes(op)])


def _lanes(op: npu.VecOp) -> str:
    opcode = op.opcode.data
    sources = list(op.src_stride.get_values())
    strides = [_stride(b, r) for b, r in zip(sources[::2], sources[1::2])]
    block, repeat = op.dst_stride.get_values()
    parts = [f".repeat = {op.repeat.value.data}", f".mask = {op.mask.value.data}"]
    if opcode in _WHOLE_OR_GROUP:
        parts += [f".dst_step = {repeat}", f".src = {strides[0]}"]
        return f"Reduce{{{', '.join(parts)}}}"
    if op.dst is not None:
        parts.append(f".dst = {_stride(block, repeat)}")
    names = ["src"] if len(strides) == 1 else ["src0", "src1"]
    parts += [f".{key} = {stride}" for key, stride in zip(names, strides)]
    kind = "Compare" if op.dst is None else ("Fill", "Unary", "Binary")[len(strides)]
    return f"{kind}{{{', '.join(parts)}}}"
