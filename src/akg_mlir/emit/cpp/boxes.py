"""What the scalar unit does with a box of elements: loops around the ops of one element.

An element that loops update in its place is a variable meanwhile: they become the inner ones,
which leaves the order of its updates as it is, and it is loaded in front of them and stored behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects import affine, memref, scf
from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import npu
from akg_mlir.emit.cpp.index import factor_text, map_text
from akg_mlir.emit.cpp.literals import BYTES, element_name
from akg_mlir.emit.cpp.names import Names
from akg_mlir.emit.cpp.scalar import scalar_text

INDENT = "  "
Access = memref.LoadOp | memref.StoreOp | affine.LoadOp | affine.StoreOp


@dataclass(frozen=True)
class Held:
    """An element that the `outer` of the loops choose: read by `load`, and set by `store`, and by
    nothing else."""

    load: memref.LoadOp
    store: memref.StoreOp
    outer: tuple[int, ...]


def held_element(op: npu.ScalarOp, buffer: Callable[[SSAValue], object]) -> Held | None:
    """The element that some loops of a box update, if there is just one that they store to.

    `buffer` says what a view is a part of: another view of the same may be of the same element.
    """
    rank, sizes = len(op.sizes), sizes_of(op)
    iterators, views = op.body.block.args[:rank], op.body.block.args[rank:]
    accesses = [o for o in op.body.block.ops if isinstance(o, Access)]
    match [o for o in accesses if isinstance(o, memref.StoreOp | affine.StoreOp)]:
        case [memref.StoreOp() as store] if store.memref in views:
            pass
        case _:
            return None
    match [o for o in accesses if o.memref == store.memref and o is not store]:
        case [memref.LoadOp() as load] if tuple(load.indices) == tuple(store.indices):
            pass
        case _:
            return None
    behind = [buffer(operand) for operand in (*op.inputs, *op.outputs)]
    if behind.count(behind[views.index(store.memref)]) > 1:
        return None
    strides = npu.strides_of(npu.memref_type(store.memref))
    moved = [(index, stride) for index, stride in zip(store.indices, strides) if stride]
    outer = tuple(k for k in range(rank) if iterators[k] in dict(moved))
    again = any(size > 1 for k, size in enumerate(sizes) if k not in outer)
    if not again or len(moved) > len(outer):
        return None
    apart = _are_apart([(dict(moved)[iterators[k]], sizes[k]) for k in outer])
    return Held(load, store, outer) if apart else None


def _are_apart(loops: Sequence[tuple[int, int]]) -> bool:
    """Whether loops of these strides and sizes reach each element once: updates of an element that
    several reach would change their order."""
    reach = 1
    for stride, size in sorted(loops):
        if stride < reach:
            return False
        reach += stride * (size - 1)
    return True


def sizes_of(op: npu.ScalarOp) -> Sequence[int]:
    """How often each loop of a box runs."""
    return [int(size) for size in op.sizes.get_values()]


class Box:
    """The text of an `npu.scalar`, in which a variable stands for what is `held`."""

    def __init__(self, op: npu.ScalarOp, names: Names, held: Held | None) -> None:
        self.op, self.body, self.sizes = op, op.body.block, sizes_of(op)
        self.names, self.held = names, held
        outer = () if held is None else held.outer
        self.order = [*outer, *(k for k in range(len(self.sizes)) if k not in outer)]
        self._lines: list[str] = []
        self._depth = 0

    def lines(self, pointers: Sequence[str]) -> list[str]:
        """All of them, from `{` to `}`, with views that begin at `pointers`. Raises CompileError
        for ops that the scalar unit does not have."""
        self._open("{")
        for argument, pointer in zip(self.body.args[len(self.sizes) :], pointers):
            self._line(f"const auto {self.names.define(argument, 'view')} = {pointer};")
        self._loops(0)
        self._close()
        return self._lines

    def _loops(self, depth: int) -> None:
        """The loops below the first `depth`, with what they hold in a variable around them."""
        held = self.held if self.held is not None and len(self.held.outer) == depth else None
        if held is not None:
            name = self.names.define(held.load.res, "kept")
            self._line(f"auto {name} = load({self._place(held.load)});")
        if depth == len(self.sizes):
            for op in self.body.ops:
                self._op(op)
        else:
            self._loop(depth)
        if held is not None:
            self._line(f"store({self._place(held.store)}, {self.names[held.load.res]});")

    def _loop(self, depth: int) -> None:
        number = self.order[depth]
        argument, size = self.body.args[number], self.sizes[number]
        if size == 1:
            self.names.inline(argument, "0")
            self._loops(depth + 1)
            return
        variable = self.names.define(argument, "i")
        self._open(f"for (int64_t {variable} = 0; {variable} < {size}; ++{variable}) {{")
        self._loops(depth + 1)
        self._close()

    def _line(self, text: str) -> None:
        self._lines.append(INDENT * self._depth + text)

    def _open(self, text: str) -> None:
        self._line(text)
        self._depth += 1

    def _close(self) -> None:
        self._depth -= 1
        self._line("}")

    # --------------------------------------------------------------------------------- one element

    def _op(self, op: Operation) -> None:
        held = self.held
        match op:
            case memref.LoadOp() if held is not None and op is held.load:
                pass
            case memref.StoreOp() if held is not None and op is held.store:
                self._line(f"{self.names[held.load.res]} = {self._stored(op)};")
            case memref.LoadOp() | affine.LoadOp():
                name = self.names.define(op.results[0], "x")
                self._line(f"const auto {name} = load({self._place(op)});")
            case memref.StoreOp() | affine.StoreOp():
                self._line(f"store({self._place(op)}, {self._stored(op)});")
            case affine.ApplyOp():
                text = map_text(op.map.data, self._factors(op.operands))[0]
                self._line(f"const int64_t {self.names.define(op.result, 'n')} = {text};")
            case affine.YieldOp() | scf.YieldOp():
                pass
            case _:
                text = scalar_text(op, self._factors(op.operands))
                element = element_name(op.results[0].type, op)
                name = self.names.define(op.results[0], "x")
                self._line(f"const {element} {name} = {text};")

    def _factors(self, values: Sequence[SSAValue]) -> list[str]:
        """Values as they can stand in any expression."""
        return [factor_text(self.names.known(value, self.op)) for value in values]

    def _stored(self, op: memref.StoreOp | affine.StoreOp) -> str:
        element = element_name(npu.memref_type(op.memref).element_type, op)
        return f"{element}({self.names.known(op.value, op)})"

    def _place(self, op: Access) -> str:
        """Where an element is. Checked runs look at subscripts that may leave their dimension."""
        type_ = npu.memref_type(op.memref)
        width = BYTES[element_name(type_.element_type, op)]
        terms: list[str] = []
        for position, (count, stride) in enumerate(
            zip(type_.get_shape(), npu.strides_of(type_), strict=True)
        ):
            index = self._subscript(op, position, count) if stride else "0"
            if index != "0":
                terms.append(index if stride * width == 1 else f"{index} * {stride * width}")
        view = self.names[op.memref]
        return f"{view}.at({' + '.join(terms)})" if terms else view

    def _subscript(self, op: Access, position: int, count: int) -> str:
        """A subscript of a dimension of `count` elements."""
        if isinstance(op, affine.LoadOp | affine.StoreOp):
            assert op.map is not None
            return f"within({map_text(op.map.data, self._factors(op.indices))[position]}, {count})"
        index = op.indices[position]
        (text,) = self._factors([index])
        iterators = self.body.args[: len(self.sizes)]
        counts_up = index in iterators and self.sizes[iterators.index(index)] <= count
        return text if counts_up else f"within({text}, {count})"
