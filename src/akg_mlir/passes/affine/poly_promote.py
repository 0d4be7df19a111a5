"""Give tiles private buffers, and move data between them and the tensors."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import islpy as isl
from xdsl.context import Context
from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import AffineMapAttr, IndexType, IntegerAttr, ModuleOp, i64
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.dialects import npu, poly
from akg_mlir.dialects.te.structured import scalar_attribute
from akg_mlir.passes.affine.bridge import read_tree, replace_tree
from akg_mlir.passes.affine.isl_affine import to_affine_map
from akg_mlir.passes.affine.poly_schedule import function_name
from akg_mlir.passes.affine.statements import TILE_DIMS, ArrayNames, read_scop
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.polyhedral.buffers import Promotion, Reference, short_name
from akg_mlir.polyhedral.footprint import FootprintError
from akg_mlir.polyhedral.promoted_tree import promoted_tree
from akg_mlir.polyhedral.promotion import promote
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.scopes import Executed
from akg_mlir.polyhedral.tree import TreeError
from akg_mlir.targets import Target

NAME = "poly-promote"
DIM = isl.dim_type


@dataclass(frozen=True)
class PolyPromote(ModulePass):
    """Keep what a tile touches in tile-private buffers, with copies as statements.

    Every executed statement becomes a clone that carries tile coordinates. Vector and scalar
    operands live in UB; a contraction's in L1 and its result in L0C, from where it goes to UB, or
    to GM where the cube has a core of its own. The image of a convolution that is not packed is
    blocked by channels in L1 and a matrix in L0A (img2col). Buffers are boxes, their rows padded to
    32 bytes; references share one where that takes no more room than boxes of their own. A remark
    per buffer gives its path, its bytes per tile and why it is as it is. A move that the target has
    no path for, or windows that never fit L0A, are errors.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for scop in [s for s in op.walk() if isinstance(s, poly.ScopOp)]:
            _promote(scop, target_of(op))


@dataclass(frozen=True)
class End:
    """Where a copy reads or writes: a tensor or buffer, in a memory."""

    name: str
    space: str


@dataclass(frozen=True)
class Hop:
    """What one copy statement moves from where to where."""

    copy: str
    source: End
    target: End


def _promote(op: poly.ScopOp, target: Target) -> None:
    names = ArrayNames()
    scop, root = read_scop(op, names), read_tree(op.tree)
    try:
        promotion = promote(scop, root, target.memories, target.drain[1])
        new_root = promoted_tree(promotion)
    except (TreeError, FootprintError) as error:
        raise CompileError(str(error), op) from error
    hops = _hops(scop, promotion)
    _check(hops, target, op)
    _Writer(op, names, promotion).run()
    replace_tree(op, new_root)
    _report(function_name(op), scop, promotion, hops)


class _Writer:
    """Buffers in front of the scop; clones and copies in it instead of the old clones."""

    def __init__(self, op: poly.ScopOp, names: ArrayNames, promotion: Promotion) -> None:
        self.op, self.promotion = op, promotion
        self.bodies = {s.sym_name.data: s for s in op.statements}
        self.memories: dict[str, SSAValue] = dict(names.values)

    def run(self) -> None:
        for buffer in self.promotion.buffers:
            element = npu.memref_type(self.memories[buffer.array]).element_type
            type_ = npu.memref_in(buffer.shape, element, npu.Space(buffer.space))
            new = npu.BufferOp(type_)
            new.result.name_hint = buffer.name
            new.attributes[TILE_DIMS] = IntegerAttr(buffer.tile_dims, i64)
            self._insert_before_scop(new)
            self.memories[buffer.name] = new.result
        clones = [self.clone(e) for e in self.promotion.clones]
        copies = [self.copy(e) for e in self.promotion.copies]
        block = self.op.body.block
        for old in self.op.statements:
            if old.order is None:
                old.detach()
                old.erase()
        tree = self.op.tree
        for new in (*clones, *copies):
            block.insert_op_before(new, tree)

    def _insert_before_scop(self, new: Operation) -> None:
        block = self.op.parent
        assert block is not None
        block.insert_op_before(new, self.op)

    def clone(self, executed: Executed) -> poly.StmtOp:
        """The source's body over the clone's dimensions, accesses redirected."""
        source = self.bodies[executed.source.name]
        block = self.block(executed)
        shift = len(block.args) - executed.source.rank
        kept = executed.source.rank - executed.original.rank
        values: dict[SSAValue, SSAValue] = {}
        for k, old in enumerate(source.body.block.args):
            new = block.args[k if k < kept else k + shift]
            new.name_hint = old.name_hint
            values[old] = new
        references = iter(self.promotion.references[executed])
        for op in source.body.block.ops:
            if isinstance(op, affine.LoadOp | affine.StoreOp):
                block.add_op(self.access(op, next(references), block, values))
            else:
                block.add_op(op.clone(values))
        return poly.StmtOp(
            executed.name,
            str(executed.domain),
            Region(block),
            clone_of=executed.original.name,
        )

    def copy(self, executed: Executed) -> poly.StmtOp:
        """A load and a store; for what fills a buffer, zero instead of a load."""
        block = self.block(executed)
        *reads, write = self.promotion.references[executed]
        value: Operation
        if reads:
            value = self.load(reads[0], block)
        else:
            element = npu.memref_type(self.memories[write.target]).element_type
            value = arith.ConstantOp(scalar_attribute(0, element))
        block.add_op(value)
        block.add_op(self.store(value.results[0], write, block))
        return poly.StmtOp(executed.name, str(executed.domain), Region(block), copy=True)

    def block(self, executed: Executed) -> Block:
        rank = executed.domain.dim(DIM.set)
        block = Block(arg_types=[IndexType()] * rank)
        for k, arg in enumerate(block.args):
            dims = executed.scope.dims
            arg.name_hint = f"t{k}" if k < dims else f"e{k - dims}"
        return block

    def access(
        self,
        op: affine.LoadOp | affine.StoreOp,
        reference: Reference,
        block: Block,
        values: dict[SSAValue, SSAValue],
    ) -> Operation:
        if isinstance(op, affine.StoreOp):
            return self.store(values.get(op.value, op.value), reference, block)
        load = self.load(reference, block)
        load.result.name_hint = op.result.name_hint
        values[op.result] = load.result
        return load

    def load(self, reference: Reference, block: Block) -> affine.LoadOp:
        map_ = AffineMapAttr(to_affine_map(reference.index, len(block.args)))
        return affine.LoadOp(self.memories[reference.target], block.args, map_)

    def store(self, value: SSAValue, reference: Reference, block: Block) -> affine.StoreOp:
        map_ = AffineMapAttr(to_affine_map(reference.index, len(block.args)))
        return affine.StoreOp(value, self.memories[reference.target], block.args, map_)


def _report(where: str, scop: Scop, promotion: Promotion, hops: list[Hop]) -> None:
    for buffer in promotion.buffers:
        into = list(dict.fromkeys(h.source.space for h in hops if h.target.name == buffer.name))
        out = list(dict.fromkeys(h.target.space for h in hops if h.source.name == buffer.name))
        steps = [" and ".join(into), buffer.space, " and ".join(out)]
        path = " -> ".join(step for step in steps if step)
        why = f": {buffer.why}" if buffer.why else ""
        elements = prod(buffer.shape)
        remark(
            NAME,
            "passed",
            where,
            f"{short_name(buffer.array)} {path} as {buffer.name} {list(buffer.shape)}{why}",
            elements=elements,
            bytes=elements * scop.arrays[buffer.array].element_bytes,
        )
    for executed, reason in promotion.demoted.items():
        remark(NAME, "missed", where, f"@{executed.name} on the scalar unit: {reason}")


def _hops(scop: Scop, promotion: Promotion) -> list[Hop]:
    """All copies that move (and do not fill)."""
    spaces = {name: array.space for name, array in scop.arrays.items()}
    spaces |= {buffer.name: buffer.space for buffer in promotion.buffers}
    hops: list[Hop] = []
    for copy in promotion.copies:
        ends = [End(r.target, spaces[r.target]) for r in promotion.references[copy]]
        if len(ends) == 2:
            hops.append(Hop(copy.name, *ends))
    return hops


def _check(hops: list[Hop], target: Target, op: poly.ScopOp) -> None:
    for hop in hops:
        if (hop.source.space, hop.target.space) not in target.paths:
            raise CompileError(
                f"@{hop.copy} moves from {hop.source.space} to {hop.target.space}, "
                f"and {target.name} has no such path",
                op,
            )
