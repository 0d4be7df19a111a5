"""Whether what executes computes what the originals compute: bodies of clones and copies.

Accesses are compared by the judge, which knows when and where; here only the scalar code counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects import affine, arith
from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import poly
from akg_mlir.dialects.npu import memref_type


def wrong_bodies(scop: poly.ScopOp) -> Iterator[str]:
    """Statements whose body is not what its kind promises, in words."""
    originals = {s.sym_name.data: s for s in scop.statements if s.order is not None}
    for statement in scop.statements:
        name = statement.sym_name.data
        ops = list(statement.body.block.ops)
        if not ops or not isinstance(ops[-1], affine.StoreOp):
            yield f"@{name} does not end with its store"
        elif statement.copy is not None:
            if not _copies(ops):
                yield f"@{name} is a copy, but does more than move or fill one element"
        elif statement.clone_of is not None:
            original = originals.get(statement.clone_of.data)
            if original is None:
                yield f"@{name} is a clone of @{statement.clone_of.data}, which is no original"
            else:
                difference = _difference(original, statement)
                if difference is not None:
                    yield f"@{name} does not compute @{statement.clone_of.data}: {difference}"


def _copies(ops: list[Operation]) -> bool:
    """One load and one store of it, or what fills: a constant and one store of it. A value that a
    fill leaves is no value of the program; whatever reads it is wrong by its dataflow."""
    match ops:
        case [affine.LoadOp() | arith.ConstantOp() as source, affine.StoreOp() as store]:
            return store.value is source.results[0]
        case _:
            return False


def _difference(original: poly.StmtOp, clone: poly.StmtOp) -> str | None:
    old, new = original.body.block, clone.body.block
    added = len(new.args) - len(old.args)
    if added < 0:
        return "it has fewer dimensions"
    values: dict[SSAValue, SSAValue] = dict(zip(old.args, new.args[added:]))
    mine, theirs = list(new.ops), list(old.ops)
    if len(mine) != len(theirs):
        return f"{len(mine)} operations instead of {len(theirs)}"
    for expected, op in zip(theirs, mine):
        if not _same(expected, op, values):
            return f"{op.name} where the original has {expected.name}, or with other operands"
        values |= dict(zip(expected.results, op.results))
    return None


def _same(expected: Operation, op: Operation, values: dict[SSAValue, SSAValue]) -> bool:
    if type(expected) is not type(op) or expected.regions or op.regions:
        return False
    if isinstance(expected, affine.LoadOp) and isinstance(op, affine.LoadOp):
        return expected.result.type == op.result.type
    if isinstance(expected, affine.StoreOp) and isinstance(op, affine.StoreOp):
        kept = memref_type(op.memref).element_type == memref_type(expected.memref).element_type
        return kept and values.get(expected.value, expected.value) is op.value
    return (
        expected.properties == op.properties
        and expected.attributes == op.attributes
        and [r.type for r in expected.results] == [r.type for r in op.results]
        and [values.get(v, v) for v in expected.operands] == list(op.operands)
    )
