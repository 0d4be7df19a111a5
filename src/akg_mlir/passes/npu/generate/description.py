"""What a kernel computes and how it is cut, in words: `npu.schedule` on the function.

Instructions say neither any more; the text that is emitted from them opens with these lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xdsl.dialects import affine, arith, memref
from xdsl.dialects.builtin import FloatAttr, IntegerAttr
from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import poly
from akg_mlir.dialects.lookup import LookupOp
from akg_mlir.passes.affine.statements import affine_text
from akg_mlir.passes.npu.generate.cores import Grid
from akg_mlir.polyhedral.tile_statements import TileProgram

LONGEST = 120
"""Characters of a formula; what is longer is cut."""

_SIGNS: Mapping[type[Operation], str] = {
    arith.AddfOp: "+",
    arith.AddiOp: "+",
    arith.SubfOp: "-",
    arith.SubiOp: "-",
    arith.MulfOp: "*",
    arith.MuliOp: "*",
    arith.DivfOp: "/",
}
_CONVERSIONS = (
    arith.ExtFOp,
    arith.TruncFOp,
    arith.SIToFPOp,
    arith.FPToSIOp,
    arith.FPToUIOp,
    arith.ExtSIOp,
    arith.ExtUIOp,
    arith.TruncIOp,
)
_WORDS = {"maximumf": "max", "minimumf": "min", "maxsi": "max", "minsi": "min", "select": "where"}


def describe(scop: poly.ScopOp, program: TileProgram, grids: Sequence[Grid]) -> Iterator[str]:
    """A line on tiles, one on cores per part of the kernel, and one per statement."""
    if scop.policy is not None and scop.policy.data:
        yield f"tiles {scop.policy.data}"
    for grid in grids:
        if grid.cores > 1:
            cores, load = (" x ".join(map(str, n)) for n in (grid.counts, grid.chunks))
            yield f"cores {cores}, tiles of each {load}"
    units = _units(scop, program)
    for statement in scop.statements:
        if statement.order is not None:
            name = statement.sym_name.data
            unit = f"on {units[name]}" if name in units else "by the instructions of another"
            yield f"{name} {unit}: {formula(statement)}"


def _units(scop: poly.ScopOp, program: TileProgram) -> dict[str, str]:
    """The unit, or units, that each original runs on."""
    found: dict[str, dict[str, None]] = {}
    for group in program.groups.values():
        for member in group.members:
            executed = member.statement
            unit = member.unit.removeprefix("npu.")
            found.setdefault(executed.clone_of or executed.name, {})[unit] = None
    return {name: " and ".join(units) for name, units in found.items()}


def formula(statement: poly.StmtOp) -> str:
    """The body as one assignment, with the statement's own index names."""
    names = [arg.name_hint or f"i{k}" for k, arg in enumerate(statement.body.block.args)]
    indices: dict[SSAValue, str] = dict(zip(statement.body.block.args, names))
    texts: dict[SSAValue, str] = {}
    stored = ""
    for op in statement.body.block.ops:
        if isinstance(op, affine.StoreOp):
            value = texts.get(op.value) or indices.get(op.value) or "?"
            stored = f"{_element(op, indices)} = {_bare(value)}"
        elif op.results:
            texts[op.results[0]] = _value(op, texts, indices)
    return stored if len(stored) <= LONGEST else f"{stored[: LONGEST - 3]}..."


def _bare(text: str) -> str:
    """Without the parentheses around all of it."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[1:-1] if position == len(text) - 1 and position else text
    return text


def _element(op: affine.LoadOp | affine.StoreOp, indices: Mapping[SSAValue, str]) -> str:
    assert op.map is not None
    operands = [indices[i] for i in op.indices]
    places = ", ".join(_bare(affine_text(e, operands)) for e in op.map.data.results)
    return f"{op.memref.name_hint or 'array'}[{places}]"


def _looked_up(op: LookupOp, texts: Mapping[SSAValue, str], indices: Mapping[SSAValue, str]) -> str:
    operands = [indices[i] for i in op.indices]
    places = [_bare(affine_text(e, operands)) for e in op.map.data.results]
    places[op.dim.value.data] = texts.get(op.place) or "?"
    return f"{op.memref.name_hint or 'array'}[{', '.join(places)}]"


def _value(op: Operation, texts: Mapping[SSAValue, str], indices: Mapping[SSAValue, str]) -> str:
    if isinstance(op, affine.LoadOp):
        return _element(op, indices)
    if isinstance(op, LookupOp):
        return _looked_up(op, texts, indices)
    if isinstance(op, arith.ConstantOp):
        assert isinstance(op.value, IntegerAttr | FloatAttr)
        return f"{op.value.value.data:g}"
    operands = [texts.get(o) or indices.get(o) or o.name_hint or "?" for o in op.operands]
    if type(op) in _SIGNS:
        return f"({operands[0]} {_SIGNS[type(op)]} {operands[1]})"
    word = op.name.split(".")[-1]
    if isinstance(op, _CONVERSIONS):
        word = str(op.results[0].type)
    if isinstance(op, affine.ApplyOp):
        return affine_text(op.map.data.results[0], operands)
    if isinstance(op, arith.CmpfOp):
        word = arith.CMPF_COMPARISON_OPERATIONS[op.predicate.value.data]
    if isinstance(op, arith.CmpiOp):
        word = arith.CMPI_COMPARISON_OPERATIONS[op.predicate.value.data]
    if isinstance(op, memref.LoadOp):
        return f"{op.memref.name_hint or 'array'}[{', '.join(operands[1:])}]"
    return f"{_WORDS.get(word, word)}({', '.join(map(_bare, operands))})"
