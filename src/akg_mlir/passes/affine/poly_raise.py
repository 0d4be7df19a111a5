"""Raise affine loop nests to polyhedral statements and the schedule tree of their order."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import islpy as isl
from xdsl.context import Context
from xdsl.dialects import affine, func, memref
from xdsl.dialects.builtin import AffineMapAttr, IndexType, ModuleOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
)
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.dialects import poly
from akg_mlir.dialects.lookup import LookupOp
from akg_mlir.passes.affine.bridge import write_tree
from akg_mlir.passes.affine.loop_nests import Item, Leaf, Loop, Scope, is_pure, read_block
from akg_mlir.passes.affine.plain_loops import make_plain
from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context

_REDUCING_OPS = {
    "add": ("arith.addf", "arith.addi", "arith.ori"),
    "mul": ("arith.mulf", "arith.muli", "arith.andi"),
    "max": ("arith.maximumf", "arith.maxnumf", "arith.maxsi", "arith.maxui", "arith.ori"),
    "min": ("arith.minimumf", "arith.minnumf", "arith.minsi", "arith.minui", "arith.andi"),
}


@dataclass(frozen=True)
class PolyRaise(ModulePass):
    """Turn every function of affine loop nests into a poly.scop with its textual schedule."""

    name = "poly-raise"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.walk():
            if isinstance(function, func.FuncOp) and _has_affine_code(function):
                _raise_function(function)


def _has_affine_code(function: func.FuncOp) -> bool:
    return any(
        isinstance(op, (affine.ForOp, affine.ParallelOp, affine.StoreOp))
        for block in function.body.blocks
        for op in block.ops
    )


def _raise_function(function: func.FuncOp) -> None:
    if len(function.body.blocks) != 1:
        raise CompileError("control flow between blocks is not affine", function)
    make_plain(function)
    block = function.body.block
    frame = [
        op
        for op in block.ops
        if isinstance(op, (memref.AllocOp, memref.DeallocOp, func.ReturnOp, poly.ScopOp))
    ]
    if any(isinstance(op, poly.ScopOp) for op in frame):
        raise CompileError("affine code next to a poly.scop", function)
    loose = Block()
    raised = [op for op in block.ops if op not in frame]
    for op in raised:
        op.detach()
        loose.add_op(op)
    items = _executing(read_block(loose, Scope()))
    scop = _build_scop(items, loose)
    if items:
        allocs = [op for op in frame if isinstance(op, memref.AllocOp)]
        if allocs:
            block.insert_op_after(scop, allocs[-1])
        else:
            block.insert_op_before(scop, frame[0])
    for op in reversed(raised):
        op.detach()
        op.erase()
    remark(
        "poly-raise",
        "passed",
        function.sym_name.data,
        "raised affine loops to statements",
        statements=len(scop.statements),
    )


def _executing(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items without stores that execute nowhere, and without loops around nothing."""
    kept: list[Item] = []
    for item in items:
        if isinstance(item, Leaf):
            if not _domain("S", item).is_empty():
                kept.append(item)
        elif inside := _executing(item.items):
            kept.append(replace(item, items=inside))
    return tuple(kept)


def _build_scop(items: Sequence[Item], root: Block) -> poly.ScopOp:
    builder = _ScopBuilder(root)
    below = builder.add_items(items, ())
    length = max((len(positions) for _, _, positions in builder.placed), default=0)
    statements: list[Operation] = []
    domain = isl.UnionSet("{ }", context())
    for name, leaf, positions in builder.placed:
        instances = _domain(name, leaf)
        domain = domain.union(isl.UnionSet.from_set(instances))
        order = [str(positions[0])]
        for dim, position in zip(leaf.scope.dims, positions[1:]):
            order += [dim, str(position)]
        order += ["0"] * (2 * length - 1 - len(order))
        text = f"{{ {_tuple(name, leaf)} -> [{', '.join(order)}] }}"
        statements.append(
            poly.StmtOp(
                name,
                str(instances),
                builder.body(leaf),
                order=text,
                reduction=leaf.scope.reduction,
            )
        )
    statements.append(write_tree(tree.Domain(below, domain=domain)))
    return poly.ScopOp(Region(Block(statements)))


def _tuple(name: str, leaf: Leaf) -> str:
    return f"{name}[{', '.join(leaf.scope.dims)}]"


def _domain(name: str, leaf: Leaf) -> isl.Set:
    constraints = " and ".join(leaf.scope.constraints)
    condition = f" : {constraints}" if constraints else ""
    return isl.Set(f"{{ {_tuple(name, leaf)}{condition} }}", context())


class _ScopBuilder:
    """Names the statements, builds their bodies, and the tree that keeps their order.

    `placed` lists name, leaf, and the leaf's place in each block around it, from the outside in.
    """

    def __init__(self, root: Block) -> None:
        self.placed: list[tuple[str, Leaf, tuple[int, ...]]] = []
        self.position: dict[Operation, int] = {}
        for op in root.walk():
            self.position[op] = len(self.position)
        self.stores: defaultdict[SSAValue, list[int]] = defaultdict(list)  # positions by memref
        for op, position in self.position.items():
            if isinstance(op, affine.StoreOp):
                self.stores[op.memref].append(position)

    # ------------------------------------------------------------------------------------- tree

    def add_items(self, items: Sequence[Item], before: tuple[int, ...]) -> tree.Node | None:
        filters: list[tree.Filter] = []
        for place, item in enumerate(items):
            first = len(self.placed)
            child = self._add(item, (*before, place))
            names = self.placed[first:]
            text = "; ".join(_tuple(name, leaf) for name, leaf, _ in names)
            if names:
                filters.append(tree.Filter(child, filter=isl.UnionSet(f"{{ {text} }}", context())))
        return filters[0].child if len(filters) == 1 else tree.Sequence(filters=tuple(filters))

    def _add(self, item: Item, before: tuple[int, ...]) -> tree.Node | None:
        if isinstance(item, Leaf):
            self.placed.append((f"S{len(self.placed)}", item, before))
            return None
        first, loops = len(self.placed), [item]
        while len(loops[-1].items) == 1 and isinstance(inner := loops[-1].items[0], Loop):
            loops.append(inner)
        child = self.add_items(loops[-1].items, (*before, *[0] * (len(loops) - 1)))
        if len(self.placed) == first:
            return None
        members = [self._member(loop.depth, first) for loop in loops]
        schedule = isl.MultiUnionPwAff(f"[{', '.join(members)}]", context())
        return tree.Band(child, schedule=schedule, coincident=(False,) * len(loops))

    def _member(self, depth: int, first: int) -> str:
        parts = [
            f"{_tuple(name, leaf)} -> [({leaf.scope.dims[depth]})]"
            for name, leaf, _ in self.placed[first:]
        ]
        return f"{{ {'; '.join(parts)} }}"

    # ------------------------------------------------------------------------------------- bodies

    def body(self, leaf: Leaf) -> Region:
        """The backward slice of a store, over one index argument per dimension."""
        block = Block(arg_types=[IndexType()] * len(leaf.scope.dims))
        for argument, name in zip(block.args, leaf.scope.dims):
            argument.name_hint = name
        writer = _BodyWriter(block, leaf.scope)
        store = leaf.store
        for op in self._slice(leaf):
            writer.copy(op)
        stored = writer.value(store.value)
        indices, map_ = writer.index(store.map.data, store.indices, store)
        block.add_op(affine.StoreOp(stored, store.memref, indices, map_))
        if leaf.scope.reduction is not None:
            _check_reduction(block, leaf.scope.reduction, store)
        return Region(block)

    def _slice(self, leaf: Leaf) -> list[Operation]:
        found: set[Operation] = set()
        pending: list[SSAValue] = [leaf.store.value]
        while pending:
            value = pending.pop()
            owner = value.owner
            if value in leaf.scope.counters or owner not in self.position or owner in found:
                continue
            assert isinstance(owner, Operation)
            found.add(owner)
            if isinstance(owner, affine.LoadOp):
                self._check_not_overwritten(owner, leaf.store)
            elif isinstance(owner, LookupOp):
                self._check_only_read(owner)
                pending.append(owner.place)
            elif is_pure(owner):
                pending.extend(owner.operands)
            elif not isinstance(owner, affine.ApplyOp):
                raise CompileError(f"its result reaches {leaf.store.name} but is not pure", owner)
        return sorted(found, key=lambda op: self.position[op])

    def _check_only_read(self, lookup: LookupOp) -> None:
        if self.stores[lookup.memref]:
            raise CompileError(
                "looks up elements of what is stored to",
                lookup,
                hint="look up in an argument that is only read",
            )

    def _check_not_overwritten(self, load: affine.LoadOp, store: affine.StoreOp) -> None:
        """The load moves down to its use: nothing may store to its memref on the way."""
        end = self.position[store]
        parent: Operation | None = store.parent_op()
        while parent is not None and not parent.is_ancestor(load):
            if isinstance(parent, affine.ForOp):
                end = max(self.position[op] for op in parent.walk()) + 1
            parent = parent.parent_op()
        stores = self.stores[load.memref]
        following = bisect_right(stores, self.position[load])
        if following < len(stores) and stores[following] < end:
            raise CompileError(
                "the loaded element may be overwritten before its last use",
                load,
                hint="load it again next to the use, or store to another memref",
            )


class _BodyWriter:
    """Copies ops into a statement body, rebasing counters and index maps on its arguments."""

    def __init__(self, block: Block, scope: Scope) -> None:
        self.block = block
        self.scope = scope
        self.values: dict[SSAValue, SSAValue] = {}

    def copy(self, op: Operation) -> None:
        if isinstance(op, affine.ApplyOp):
            return
        if isinstance(op, affine.LoadOp):
            indices, map_ = self.index(op.map.data, op.indices, op)
            new: Operation = affine.LoadOp(op.memref, indices, map_, op.result.type)
        elif isinstance(op, LookupOp):
            indices, map_ = self.index(op.map.data, op.indices, op)
            dim, from_end = op.dim.value.data, op.from_end is not None
            place = self.value(op.place)
            new = LookupOp(op.memref, place, indices, map_, dim, from_end=from_end)
        else:
            new = op.clone({v: self.value(v) for v in op.operands})
        for old, result in zip(op.results, new.results):
            self.values[old] = result
            result.name_hint = old.name_hint
        new.location = op.location
        self.block.add_op(new)

    def value(self, old: SSAValue) -> SSAValue:
        """What stands for `old` in the body; an index computation becomes one affine.apply."""
        if old in self.values:
            return self.values[old]
        is_index = old in self.scope.counters or isinstance(old.owner, affine.ApplyOp)
        expr = self.scope.expression(old) if is_index else None
        if expr is None:
            return old
        if isinstance(expr, AffineDimExpr):
            return self.block.args[expr.position]
        operands, map_ = self._compressed((expr,))
        apply = affine.ApplyOp(operands, map_)
        self.block.add_op(apply)
        self.values[old] = apply.result
        return apply.result

    def index(
        self, map_: AffineMap, operands: Sequence[SSAValue], op: Operation
    ) -> tuple[list[SSAValue], AffineMapAttr]:
        """Arguments and map of an access."""
        return self._compressed(self.scope.results(map_, operands, op))

    def _compressed(self, exprs: tuple[AffineExpr, ...]) -> tuple[list[SSAValue], AffineMapAttr]:
        exprs = tuple(_folded(e) for e in exprs)
        # In order of appearance, as the parser numbers them: what is printed parses back equal.
        found = (e.position for x in exprs for e in x.dfs() if isinstance(e, AffineDimExpr))
        used = list(dict.fromkeys(found))
        dims = [
            AffineExpr.dimension(used.index(d)) if d in used else AffineExpr.constant(0)
            for d in range(len(self.scope.dims))
        ]
        results = tuple(e.replace_dims_and_symbols(dims, ()) for e in exprs)
        return [self.block.args[d] for d in used], AffineMapAttr(AffineMap(len(used), 0, results))


def _folded(expr: AffineExpr) -> AffineExpr:
    """The expression with its sums from left to right and their constants added up at the end.

    The printer leaves the brackets of sums out: others would parse back as another expression.
    """
    if not isinstance(expr, AffineBinaryOpExpr):
        return expr
    if expr.kind is not AffineBinaryOpKind.Add:
        return AffineExpr.binary(expr.kind, _folded(expr.lhs), _folded(expr.rhs))
    terms = [term for part in _terms(expr) for term in _terms(_folded(part))]
    constants = [t.value for t in terms if isinstance(t, AffineConstantExpr)]
    result = AffineExpr.constant(0)
    for term in terms:
        if not isinstance(term, AffineConstantExpr):
            result = result + term
    return result + sum(constants)


def _terms(expr: AffineExpr) -> Iterator[AffineExpr]:
    """What a sum adds up, from left to right."""
    if isinstance(expr, AffineBinaryOpExpr) and expr.kind is AffineBinaryOpKind.Add:
        yield from _terms(expr.lhs)
        yield from _terms(expr.rhs)
    else:
        yield expr


def _check_reduction(block: Block, kind: str, store: affine.StoreOp) -> None:
    """A declared reduction is `cell = cell <kind> value`, with `value` not reading the memref."""
    accepted = _REDUCING_OPS.get(kind)
    if accepted is None:
        raise CompileError(f"unknown reduction {kind}", store, hint=f"one of {poly.REDUCTIONS}")
    new = block.last_op
    assert isinstance(new, affine.StoreOp)
    cells = [
        op
        for op in block.ops
        if isinstance(op, affine.LoadOp)
        and op.memref is new.memref
        and op.map == new.map
        and list(op.indices) == list(new.indices)
    ]
    root = new.value.owner
    others = [
        op
        for op in block.ops
        if isinstance(op, affine.LoadOp) and op.memref is new.memref and op not in cells
    ]
    if (
        isinstance(root, Operation)
        and root.name in accepted
        and len(cells) == 1
        and cells[0].result in root.operands
        and cells[0].result.has_one_use()
        and not others
    ):
        return
    raise CompileError(
        f"declared as reduction {kind!r}, but it is not of the form cell = cell {kind} value",
        store,
        hint=f"the stored value must come from one of {', '.join(accepted)}",
    )
