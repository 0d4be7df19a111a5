"""Random instruction programs as plain data, their IR, and what they compute, symbolically.

For the symbolic run memory consists of 32 B blocks and values are hashes of what they were computed
from, so a clobbered buffer changes the result, while garbage may flow as long as nobody looks. It
shares no code with the passes: offsets come from the spec, addresses from the IR.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st
from xdsl.dialects import scf
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation

from akg_mlir.dialects.npu import BufferOp, PipeOp

BUFFERS = {f"u{i}": "ub" for i in range(7)} | {"l0": "l1", "l1": "l1"}
TENSORS = ("x", "y", "w")
BLOCKS = 24
"""Blocks of every buffer and tensor: enough for any offset below."""
PATHS = (("gm", "ub"), ("gm", "l1"), ("l1", "ub"), ("ub", "gm"), ("ub", "l1"), ("ub", "ub"))


@dataclass(frozen=True)
class Place:
    """`count` blocks of a buffer or tensor at `start + sum of coefficient * loop index`."""

    name: str
    start: int
    coefficients: tuple[int, ...]

    def block(self, indices: Sequence[int]) -> int:
        return self.start + sum(c * i for c, i in zip(self.coefficients, indices))

    @property
    def space(self) -> str:
        return BUFFERS.get(self.name, "gm")


@dataclass(frozen=True)
class Op:
    """Copy or vector instruction (by `kind`) on `count` blocks; a `scalar` op has no result."""

    kind: str
    dst: Place | None
    srcs: tuple[Place, ...]
    count: int


@dataclass(frozen=True)
class Repeat:
    """A loop; when `opaque`, the compiler cannot see how often it runs."""

    trips: int
    opaque: bool
    body: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """One of two bodies, by the parity of the innermost loop index."""

    even: tuple[Node, ...]
    odd: tuple[Node, ...]


Node = Op | Repeat | Choice


def _places(space: str, depth: int, count: int) -> st.SearchStrategy[Place]:
    """Where `count` blocks may lie; whole buffers start at 0."""
    names = [n for n, s in BUFFERS.items() if s == space] or list(TENSORS)
    if count == BLOCKS:
        return st.builds(Place, st.sampled_from(names), st.just(0), st.just((0,) * depth))
    return st.builds(
        Place,
        st.sampled_from(names),
        st.integers(0, 4),
        st.tuples(*[st.sampled_from([0, 0, count, 1])] * depth),
    )


@st.composite
def ops(draw: st.DrawFn, depth: int) -> Op:
    """An instruction inside `depth` loops."""
    count = draw(st.sampled_from((1, 2, 3, 4, BLOCKS)))
    if draw(st.integers(0, 7)) == 0:
        return Op("scalar", None, (draw(_places("ub", depth, 1)),), 1)
    source, destination = draw(st.sampled_from([*PATHS, ("ub", "ub"), ("gm", "ub"), ("ub", "gm")]))
    dst = draw(_places(destination, depth, count))
    if source == destination:
        srcs = draw(st.lists(_places(source, depth, count), min_size=1, max_size=2))
        # In place is legal, a partial overlap is not.
        return Op("vec", dst, tuple(dst if s.name == dst.name else s for s in srcs), count)
    return Op("copy", dst, (draw(_places(source, depth, count)),), count)


def _bodies(depth: int) -> st.SearchStrategy[tuple[Node, ...]]:
    leaf = ops(depth)
    if depth == 3:
        return st.lists(leaf, min_size=1, max_size=3).map(tuple)
    inner = st.builds(
        Repeat, st.integers(0, 3), st.booleans(), st.deferred(lambda: _bodies(depth + 1))
    )
    choices = [leaf, leaf, leaf, inner]
    if depth:
        arm = st.lists(leaf, max_size=2).map(tuple)
        choices.append(st.builds(Choice, arm, arm))
    return st.lists(st.one_of(*choices), min_size=1, max_size=5).map(tuple)


def programs() -> st.SearchStrategy[tuple[Node, ...]]:
    """Straight-line and looped programs over a few buffers of two memories and three tensors."""
    return _bodies(0)


@st.composite
def staged_ops(draw: st.DrawFn, depth: int) -> Op:
    """Load, compute or store all of a buffer, half of it, or one sixth per iteration."""
    regions = [(0, 0, 24), (0, 0, 24), (0, 0, 24), (0, 0, 12), (12, 0, 12), (0, 4, 4)]
    start, step, count = draw(st.sampled_from(regions))
    coefficients = (0,) * (depth - 1) + (step,)
    names = draw(st.permutations([n for n, space in BUFFERS.items() if space == "ub"]))
    a, b = (Place(name, start, coefficients) for name in names[:2])
    kind = draw(st.sampled_from(("load", "vec", "vec", "store")))
    if kind == "vec":
        return Op("vec", a, (b,), count)
    tensor = Place(draw(st.sampled_from(TENSORS[1:])), start, coefficients)
    loaded = Place("x", start, coefficients)
    return Op("copy", a, (loaded,), count) if kind == "load" else Op("copy", tensor, (b,), count)


def staged_programs() -> st.SearchStrategy[tuple[Node, ...]]:
    """Loops in which buffers live briefly or are carried to the next iteration."""
    rows = st.lists(staged_ops(2), min_size=1, max_size=3).map(tuple)
    inner = st.builds(Repeat, st.just(6), st.booleans(), rows)
    stages = st.lists(st.one_of(staged_ops(1), staged_ops(1), inner), min_size=3, max_size=9)
    return stages.map(lambda body: (Repeat(3, False, tuple(body)),))


@st.composite
def rotating_programs(draw: st.DrawFn) -> tuple[Node, ...]:
    """Loops whose iterations load some buffers first, all or half of them, and keep the others.

    Two buffers are only loaded, and a third is computed from them at first: maybe always the same.
    """
    depth = draw(st.integers(1, 2))
    names = [n for n, space in BUFFERS.items() if space == "ub"]
    kept = [names[0], *draw(st.lists(st.sampled_from(names[1:4]), max_size=2, unique=True))]
    rows = st.lists(staged_ops(depth + 1), min_size=1, max_size=3).map(tuple)
    inner = st.builds(Repeat, st.integers(1, 5), st.booleans(), rows)
    stages = st.lists(
        st.one_of(staged_ops(depth), staged_ops(depth), inner), min_size=2, max_size=6
    )
    fixed = (0,) * (depth - 1)
    loads = [
        Op("copy", Place(n, 0, (*fixed, 0)), (Place("x", 0, (*fixed, step)),), count)
        for n in names
        if n not in kept
        for step, count in [draw(st.sampled_from([(0, BLOCKS), (0, BLOCKS // 2), (2, 12)]))]
    ]
    derived, given, given_too = (Place(n, 0, (*fixed, 0)) for n in names[-3:])
    loads.append(Op("vec", derived, (given, given_too), BLOCKS // 2))
    body: tuple[Node, ...] = (*loads, *_without_writes(draw(stages), names[-2:]))
    for level in range(depth):
        trips = st.integers(0, 6) if level == depth - 1 else st.integers(1, 4)
        body = (Repeat(draw(trips), level == depth - 1 and draw(st.booleans()), body),)
    before = [Op("copy", Place(n, 0, ()), (Place("x", 0, ()),), BLOCKS) for n in kept]
    before += [
        Op("copy", Place(t, 0, ()), (Place(names[0], 0, ()),), BLOCKS) for t in TENSORS if t != "x"
    ]
    after = [Op("copy", Place(f"out_{n}", 0, ()), (Place(n, 0, ()),), BLOCKS) for n in kept]
    return (*before, *body, *after)


def _without_writes(nodes: Sequence[Node], names: Sequence[str]) -> Iterator[Node]:
    """The nodes without instructions that write to these buffers."""
    for node in nodes:
        if isinstance(node, Repeat):
            yield Repeat(node.trips, node.opaque, tuple(_without_writes(node.body, names)))
        elif not (isinstance(node, Op) and node.dst is not None and node.dst.name in names):
            yield node


def with_filled_buffers(body: tuple[Node, ...]) -> tuple[Node, ...]:
    """The program behind loads of all buffers and in front of stores of the ub ones."""

    def whole(name: str) -> Place:
        return Place(name, 0, ())

    loads = [Op("copy", whole(b), (whole("x"),), BLOCKS) for b in BUFFERS]
    stores = [
        Op("copy", whole(f"out_{b}"), (whole(b),), BLOCKS) for b, s in BUFFERS.items() if s == "ub"
    ]
    return (*loads, *body, *stores)


# IR


@dataclass
class Writer:
    """Text of a kernel; every instruction carries its number in `ops` as attribute `id`."""

    ops: list[Op] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    names: int = 0

    def fresh(self) -> str:
        self.names += 1
        return f"%v{self.names}"

    def body(self, nodes: Sequence[Node], depth: int) -> None:
        for node in nodes:
            if isinstance(node, Op):
                self.op(node)
            elif isinstance(node, Repeat):
                self.loop(node, depth)
            else:
                self.choice(node, depth)

    def loop(self, node: Repeat, depth: int) -> None:
        bound = f"%c{node.trips}"
        if node.opaque:
            bound = self.fresh()
            self.lines.append(f"{bound} = arith.maxsi %core, %c{node.trips} : index")
        self.lines.append(f"scf.for %i{depth} = %c0 to {bound} step %c1 {{")
        self.body(node.body, depth + 1)
        self.lines.append("}")

    def choice(self, node: Choice, depth: int) -> None:
        rest, test = self.fresh(), self.fresh()
        self.lines.append(f"{rest} = arith.remsi %i{depth - 1}, %c2 : index")
        self.lines.append(f"{test} = arith.cmpi eq, {rest}, %c0 : index")
        self.lines.append(f"scf.if {test} {{")
        self.body(node.even, depth)
        self.lines.append("} else {")
        self.body(node.odd, depth)
        self.lines.append("}")

    def pointer(self, place: Place) -> tuple[str, str]:
        moving = [(i, c) for i, c in enumerate(place.coefficients) if c]
        dims = ", ".join(f"d{i}" for i, _ in moving)
        terms = [str(place.start * 32), *(f"d{i} * {c * 32}" for i, c in moving)]
        indices = ", ".join(f"%i{i}" for i, _ in moving)
        name, type_ = self.fresh(), f"!npu.ptr<{place.space}, f32>"
        memref = f"memref<{BLOCKS * 8}xf32, #npu<space {place.space}>>"
        self.lines.append(
            f"{name} = npu.ptr %{place.name}[affine_map<({dims}) -> ({' + '.join(terms)})>]"
            f"({indices}) : {memref} -> {type_}"
        )
        return name, type_

    def op(self, op: Op) -> None:
        tag = f'{{id = "{len(self.ops)}"}}'
        self.ops.append(op)
        srcs = [self.pointer(s) for s in op.srcs]
        if op.dst is None:
            name, type_ = srcs[0]
            self.lines.append(f"{self.fresh()} = npu.scalar_load {name} {tag} : {type_} -> f32")
            return
        dst, dst_type = self.pointer(op.dst)
        if op.kind == "copy":
            name, type_ = srcs[0]
            bursts = f"bursts 1 x {op.count} gaps 0, 0 {tag}"
            self.lines.append(f"npu.copy {dst}, {name} {bursts} : {dst_type}, {type_}")
            return
        names, types = ", ".join(n for n, _ in srcs), ", ".join(t for _, t in srcs)
        strides = ", ".join(["1, 1"] * len(srcs))
        self.lines.append(
            f"npu.vec {'vadd' if len(srcs) == 2 else 'vabs'} dst {dst} : {dst_type} src {names} : "
            f"{types} repeat {op.count} mask 8 strides [1, 1], [{strides}] {tag}"
        )


def to_text(body: tuple[Node, ...], target: str = "ascend910") -> tuple[str, list[Op]]:
    """IR of a kernel and its instructions in program order."""
    writer = Writer()
    writer.body(body, 0)
    outs = [f"out_{b}" for b, s in BUFFERS.items() if s == "ub"]
    tensor = f"memref<{BLOCKS * 8}xf32, #npu<space gm>>"
    arguments = ", ".join(f"%{n}: {tensor}" for n in (*TENSORS, *outs))
    constants = [f"%c{i} = arith.constant {i} : index" for i in range(7)]
    buffers = [
        f"%{n} = npu.buffer : memref<{BLOCKS * 8}xf32, #npu<space {s}>>" for n, s in BUFFERS.items()
    ]
    lines = [*constants, "%core = npu.core_id", *buffers, *writer.lines, "func.return"]
    inner = "\n".join(lines)
    text = (
        f'builtin.module attributes {{npu.target = "{target}"}} {{\n'
        f"func.func @k({arguments}) attributes {{npu.kernel}} {{\n{inner}\n}}\n}}"
    )
    return text, writer.ops


# The model


Cell = tuple[str, int]


@dataclass(frozen=True)
class Event:
    """One executed instruction: block k of `writes` is computed from block k of every source."""

    label: str
    writes: tuple[Cell, ...]
    sources: tuple[tuple[Cell, ...], ...]


def trace(module: ModuleOp, ops: Sequence[Op]) -> list[Event]:
    """Everything core 0 executes, in program order."""
    kernel = next(op for op in module.walk() if isinstance(op, FuncOp))
    bases = {
        str(op.result.name_hint): op.address.value.data // 32
        for op in kernel.walk()
        if isinstance(op, BufferOp) and op.address is not None
    }
    return list(_trace(kernel.body.block, ops, bases, ()))


def _trace(
    block: Block, ops: Sequence[Op], bases: dict[str, int], indices: tuple[int, ...]
) -> Iterator[Event]:
    for op in block.ops:
        if isinstance(op, scf.ForOp):
            for i in range(_trips(op)):
                yield from _trace(op.body.block, ops, bases, (*indices, i))
        elif isinstance(op, scf.IfOp):
            region = op.true_region if indices[-1] % 2 == 0 else op.false_region
            if region.blocks:
                yield from _trace(region.block, ops, bases, indices)
        elif isinstance(op, PipeOp):
            tag = op.attributes["id"]
            assert isinstance(tag, StringAttr)
            yield _event(ops[int(tag.data)], tag.data, bases, indices)


def _trips(op: scf.ForOp) -> int:
    bound = op.ub.owner
    assert isinstance(bound, Operation)
    if bound.name == "arith.maxsi":
        bound = bound.operands[1].owner
        assert isinstance(bound, Operation)
    return bound.properties["value"].value.data  # type: ignore[attr-defined]


def _event(op: Op, label: str, bases: dict[str, int], indices: tuple[int, ...]) -> Event:
    def blocks(place: Place) -> tuple[Cell, ...]:
        start = place.block(indices) + bases.get(place.name, 0)
        memory = BUFFERS.get(place.name, place.name)
        return tuple((memory, start + k) for k in range(op.count))

    sources = tuple(blocks(s) for s in op.srcs)
    writes = () if op.dst is None else blocks(op.dst)
    return Event(label, writes, sources)


Memory = dict[Cell, int | None]


def run(events: Sequence[Event]) -> Memory:
    """The memory after all events in order; None where garbage was stored.

    Tensors hold distinct values at first, buffers garbage.
    """
    memory: Memory = {}

    def value(block: Cell) -> int | None:
        return memory.get(block, None if block[0] in BUFFERS.values() else hash(block))

    for event in events:
        values = [[value(b) for b in s] for s in event.sources]
        for k, block in enumerate(event.writes):
            inputs = tuple(v[k] for v in values)
            memory[block] = None if None in inputs else hash((event.label, inputs))
    return memory


def results(memory: Memory) -> Memory:
    """The blocks of tensors that hold something defined."""
    return {k: v for k, v in memory.items() if k[0] not in BUFFERS.values() and v is not None}
