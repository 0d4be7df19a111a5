"""Seeded illegal changes of final schedule trees: the mutators, each the likeness of a real bug.

A mutator changes a module in place and says whether it found anything to change. It does not try
to be illegal: whether the change matters is for execution to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import islpy as isl
from poly_kernels import scop_of
from xdsl.dialects import affine
from xdsl.dialects.builtin import AffineMapAttr, ModuleOp
from xdsl.ir.affine import AffineMap

from akg_mlir.dialects import poly
from akg_mlir.passes.affine.bridge import read_tree, replace_tree
from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import union_map

DIM = isl.dim_type
Mutator = Callable[[ModuleOp, Random], bool]


def _nodes(root: tree.Domain, kind: type[tree.Node]) -> list[tree.Node]:
    return [n for n in tree.walk(root) if isinstance(n, kind)]


def _write(scop: poly.ScopOp, root: tree.Domain, old: tree.Node, new: tree.Node) -> None:
    result = tree.replace_node(root, old, new)
    assert isinstance(result, tree.Domain)
    replace_tree(scop, result)


def swap_filters(module: ModuleOp, random: Random) -> bool:
    """Two neighbours of a sequence change places."""
    scop = scop_of(module)
    root = read_tree(scop.tree)
    sequences = [n for n in _nodes(root, tree.Sequence) if len(n.children) > 1]
    if not sequences:
        return False
    sequence = random.choice(sequences)
    assert isinstance(sequence, tree.Sequence)
    filters = list(sequence.filters)
    k = random.randrange(len(filters) - 1)
    filters[k], filters[k + 1] = filters[k + 1], filters[k]
    _write(scop, root, sequence, replace(sequence, filters=tuple(filters)))
    return True


def _introduced(scop: poly.ScopOp, *, copies: bool) -> list[tuple[tree.Extension, isl.Map]]:
    """Extensions of the tree with one of the statements that they introduce."""
    kinds = {s.sym_name.data: s.copy is not None for s in scop.statements}
    root = read_tree(scop.tree)
    found: list[tuple[tree.Extension, isl.Map]] = []
    for node in _nodes(root, tree.Extension):
        assert isinstance(node, tree.Extension)
        maps = node.extension.get_map_list()
        for k in range(maps.n_map()):
            if kinds[maps.get_at(k).get_tuple_name(DIM.out)] == copies:
                found.append((node, maps.get_at(k)))
    return sorted(found, key=lambda pair: pair[1].get_tuple_name(DIM.out))


def _less(scop: poly.ScopOp, extension: str, removed: isl.Map) -> None:
    """Take the pairs out of the extension that prints like this."""
    for op in scop.walk():
        if isinstance(op, poly.ExtensionOp) and op.extension.data == extension:
            rest = union_map(extension).subtract(isl.UnionMap.from_map(removed))
            op.properties["extension"] = type(op.extension)(str(rest))


def _drop(module: ModuleOp, random: Random, *, copies: bool) -> bool:
    scop = scop_of(module)
    introduced = _introduced(scop, copies=copies)
    if not introduced:
        return False
    node, relation = random.choice(introduced)
    _less(scop, str(node.extension), relation)
    return True


def drop_extension(module: ModuleOp, random: Random) -> bool:
    """A tile no longer computes one of its producers."""
    return _drop(module, random, copies=False)


def drop_copy(module: ModuleOp, random: Random) -> bool:
    """A tile no longer copies one of its buffers in or out."""
    return _drop(module, random, copies=True)


def _shrink(module: ModuleOp, random: Random, *, copies: bool) -> bool:
    """Without the first or the last slice of each tile along one dimension."""
    scop = scop_of(module)
    introduced = _introduced(scop, copies=copies)
    choices = [
        (node, relation, k)
        for node, relation in introduced
        for k in range(relation.dim(DIM.in_), relation.dim(DIM.out))
    ]
    if not choices:
        return False
    node, relation, k = random.choice(choices)
    name, rank = relation.get_tuple_name(DIM.out), relation.dim(DIM.out)
    along = relation.project_out(DIM.out, k + 1, rank - k - 1).project_out(DIM.out, 0, k)
    extreme = along.lexmax() if random.random() < 0.5 else along.lexmin()
    slices = isl.Set.universe(relation.range().get_space()).identity()
    slices = slices.project_out(DIM.in_, k + 1, rank - k - 1).project_out(DIM.in_, 0, k)
    assert name == slices.get_tuple_name(DIM.out)
    _less(scop, str(node.extension), extreme.apply_range(slices))
    return True


def shrink_extension(module: ModuleOp, random: Random) -> bool:
    """A tile computes a slice less of a producer than it needs."""
    return _shrink(module, random, copies=False)


def forget_halo_row(module: ModuleOp, random: Random) -> bool:
    """A tile copies a slice less than it touches."""
    return _shrink(module, random, copies=True)


def reverse_band_member(module: ModuleOp, random: Random) -> bool:
    """A loop runs backwards."""
    scop = scop_of(module)
    root = read_tree(scop.tree)
    bands = [n for n in _nodes(root, tree.Band) if isinstance(n, tree.Band) and n.members]
    boxed = {b for m in _nodes(root, tree.Mark) for b in tree.walk(m)}
    bands = [b for b in bands if b not in boxed] or bands
    if not bands:
        return False
    band = random.choice(bands)
    k = random.randrange(band.members)
    parts = band.schedule.get_list()
    changed = parts.set_at(k, parts.get_at(k).neg())
    schedule = isl.MultiUnionPwAff.from_union_pw_aff_list(band.schedule.get_space(), changed)
    _write(scop, root, band, replace(band, schedule=schedule))
    return True


def _executed_accesses(scop: poly.ScopOp) -> list[affine.LoadOp | affine.StoreOp]:
    return [
        op
        for statement in scop.statements
        if statement.order is None
        for op in statement.body.block.ops
        if isinstance(op, (affine.LoadOp, affine.StoreOp)) and op.map is not None
    ]


def shift_footprint(module: ModuleOp, random: Random) -> bool:
    """An access goes one element beside the right one."""
    accesses = [op for op in _executed_accesses(scop_of(module)) if op.map.data.results]
    if not accesses:
        return False
    op = random.choice(accesses)
    old = op.map.data
    k, step = random.randrange(len(old.results)), random.choice((-1, 1))
    results = tuple(e + step if i == k else e for i, e in enumerate(old.results))
    op.properties["map"] = AffineMapAttr(AffineMap(old.num_dims, old.num_symbols, results))
    return True


def read_another_buffer(module: ModuleOp, random: Random) -> bool:
    """A load from another buffer of the same type."""
    accesses = _executed_accesses(scop_of(module))
    choices = [
        (op, other.memref)
        for op in accesses
        for other in accesses
        if op.memref.type == other.memref.type and op.memref is not other.memref
    ]
    if not choices:
        return False
    op, memref = random.choice(choices)
    op.operands[op.operands.index(op.memref)] = memref
    return True


def reorder_reduction(module: ModuleOp, random: Random) -> bool:
    """The updates of a reduction move behind something that uses the result."""
    scop = scop_of(module)
    root = read_tree(scop.tree)
    statements = {s.sym_name.data: s for s in scop.statements}
    choices: list[tuple[tree.Sequence, int, int]] = []
    for sequence in _nodes(root, tree.Sequence):
        assert isinstance(sequence, tree.Sequence)
        bodies = [[statements[n] for n in _names_below(f)] for f in sequence.filters]
        for k, updates in enumerate(bodies):
            cells = {
                s.body.block.last_op.memref  # type: ignore[union-attr]
                for s in updates
                if (statements[s.clone_of.data] if s.clone_of else s).reduction is not None
            }
            for later in range(k + 1, len(bodies)):
                loads = {
                    op.memref
                    for s in bodies[later]
                    for op in s.body.block.ops
                    if isinstance(op, affine.LoadOp)
                }
                if cells & loads:
                    choices.append((sequence, k, later))
    if not choices:
        return False
    sequence, k, later = random.choice(choices)
    filters = list(sequence.filters)
    filters.insert(later, filters.pop(k))
    _write(scop, root, sequence, replace(sequence, filters=tuple(filters)))
    return True


def _names_below(node: tree.Filter) -> tuple[str, ...]:
    names = set(tree.statement_names(node.filter))
    for inner in tree.walk(node):
        if isinstance(inner, tree.Extension):
            names |= set(tree.statement_names(inner.extension.range()))
    return tuple(sorted(names))


MUTATORS: tuple[Mutator, ...] = (
    swap_filters,
    drop_extension,
    shrink_extension,
    reverse_band_member,
    shift_footprint,
    drop_copy,
    forget_halo_row,
    reorder_reduction,
    read_another_buffer,
)
