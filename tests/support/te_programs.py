"""Random tensor programs as plain data, and the te module of one.

Hypothesis draws a `Program` (never IR: its repr of IR is megabytes); `build` makes the module.
Values stay moderate by construction, so that a comparison against numpy means something.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from xdsl.builder import Builder
from xdsl.dialects.builtin import ModuleOp, TensorType, f16, f32
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Region, SSAValue
from xdsl.rewriter import InsertPoint

from akg_mlir.dialects import te

SIZES = (1, 2, 3, 5, 7, 8, 15, 16, 17, 33)
UNARY: dict[str, Callable[[SSAValue], te.TeOp]] = {
    "neg": te.NegOp,
    "abs": te.AbsOp,
    "relu": te.ReluOp,
    "tanh": te.TanhOp,
    "sigmoid": te.SigmoidOp,
    "gelu": te.GeluOp,
}
BINARY: dict[str, Callable[[SSAValue, SSAValue], te.TeOp]] = {
    "add": te.AddOp,
    "sub": te.SubOp,
    "max": te.MaxOp,
    "min": te.MinOp,
}


@dataclass(frozen=True)
class Step:
    """One op: `kind` of UNARY, BINARY or the names in `_OTHERS`; `pick` chooses operands."""

    kind: str
    pick: int
    axis: int


@dataclass(frozen=True)
class Program:
    """`steps` over one input of `shape`; every step appends a value."""

    shape: tuple[int, ...]
    element: str
    steps: tuple[Step, ...]


_OTHERS = ("exp_decay", "scale", "softmax", "reduce_add", "reduce_max", "transpose", "reshape")


@st.composite
def programs(draw: st.DrawFn, max_steps: int = 8) -> Program:
    """Programs of 1 to `max_steps` steps, ranks 1 to 4, odd sizes, f16 or f32."""
    rank = draw(st.integers(1, 4))
    limit = (33, 33, 17, 8)[rank - 1]
    sizes = st.sampled_from([s for s in SIZES if s <= limit])
    shape = tuple(draw(sizes) for _ in range(rank))
    kinds = st.sampled_from([*UNARY, *BINARY, *_OTHERS])
    step = st.builds(Step, kinds, st.integers(0, 7), st.integers(0, 3))
    steps = draw(st.lists(step, min_size=1, max_size=max_steps))
    return Program(shape, draw(st.sampled_from(["f16", "f32"])), tuple(steps))


def inputs(program: Program, seed: int = 0) -> list[np.ndarray]:
    """The arguments of `build(program)`."""
    element = np.float16 if program.element == "f16" else np.float32
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, program.shape).astype(element)]


def build(program: Program) -> ModuleOp:
    """The program as `@main` in a module."""
    type_ = TensorType(f16 if program.element == "f16" else f32, program.shape)
    block = Block(arg_types=[type_])
    builder = Builder(InsertPoint.at_end(block))
    values: list[SSAValue] = [block.args[0]]
    for step in program.steps:
        values.append(_append(builder, values, step))
    builder.insert(ReturnOp(values[-1]))
    function = FuncOp("main", ([type_], [values[-1].type]), Region(block))
    return ModuleOp([function])


def _shape(value: SSAValue) -> tuple[int, ...]:
    assert isinstance(value.type, TensorType)
    return value.type.get_shape()


def _append(builder: Builder, values: list[SSAValue], step: Step) -> SSAValue:
    last = values[-1]

    def emit(op: te.TeOp) -> SSAValue:
        return builder.insert(op).results[0]

    def constant(value: float) -> SSAValue:
        assert isinstance(last.type, TensorType)
        scalar = TensorType(last.type.element_type, [1] * len(_shape(last)))
        return builder.insert(te.ConstantOp.splat(scalar, value)).results[0]

    axis = step.axis % max(1, len(_shape(last)))
    match step.kind:
        case kind if kind in UNARY:
            return emit(UNARY[kind](last))
        case kind if kind in BINARY:
            same = [v for v in values if _broadcasts(_shape(v), _shape(last))]
            return emit(BINARY[kind](last, same[step.pick % len(same)]))
        case "exp_decay":
            return emit(te.ExpOp(emit(te.NegOp(emit(te.AbsOp(last))))))
        case "scale":
            return emit(te.MulOp(last, constant(0.5 + 0.25 * step.pick)))
        case "softmax":
            return emit(te.SoftmaxOp(last, axis)) if _shape(last) else last
        case "reduce_add":
            return _reduce(emit, last, "add", axis, constant)
        case "reduce_max":
            return _reduce(emit, last, "max", axis, constant)
        case "transpose":
            order = list(range(len(_shape(last))))
            rotated = order[axis:] + order[:axis]
            return emit(te.TransposeOp(last, rotated)) if order else last
        case _:
            total = int(np.prod(_shape(last)))
            return emit(te.ReshapeOp(last, [total] if step.pick % 2 else [1, total]))


def _reduce(
    emit: Callable[[te.TeOp], SSAValue],
    value: SSAValue,
    kind: str,
    axis: int,
    constant: Callable[[float], SSAValue],
) -> SSAValue:
    if not _shape(value):
        return value
    if kind == "add":  # a mean, so that values stay moderate
        value = emit(te.MulOp(value, constant(1.0 / _shape(value)[axis])))
    return emit(te.ReduceOp(kind, value, [axis], keepdims=True))


def _broadcasts(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return len(a) <= len(b) and all(
        x in (1, y) for x, y in zip(reversed(a), reversed(b), strict=False)
    )
