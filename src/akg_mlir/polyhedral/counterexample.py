"""Counter-examples in words: which instance, which element, whose value it gets and should get."""

from __future__ import annotations

from collections.abc import Mapping

import islpy as isl

from akg_mlir.polyhedral.conflicts import Conflict
from akg_mlir.polyhedral.execution_order import DIM, Timed
from akg_mlir.polyhedral.judged_program import EXIT_PREFIX, Program, Touch

_LISTED = 2


def first_executed(timed: Timed, instances: isl.Set, length: int) -> isl.Set:
    """The instance of a non-empty set that executes first, as a set of one point."""
    time = timed.time(length).intersect_domain(instances)
    earliest = time.intersect_range(time.range().lexmin()).domain()
    return earliest.lexmin()


def out_of_bounds(touch: Touch, outside: isl.Map, shape: tuple[int, ...]) -> str:
    """`outside`: instance -> element that is not in the array."""
    point = outside.domain().lexmin()
    verb = "writes" if touch.is_write else "reads"
    size = "x".join(map(str, shape)) or "a scalar"
    element = _name(outside.intersect_domain(point).range().lexmin())
    return f"@{_name(point)} {verb} {element}, outside its shape {size}"


def unordered(program: Program, conflict: Conflict) -> str:
    """Two instances of one box, or of one leaf, that touch one element."""
    first, second, element = _pair(program, conflict)
    what = "also writes" if conflict.second.is_write else "reads"
    return (
        f"nothing orders @{first} and @{second} (instances below a unit mark execute as one box), "
        f"but the first writes {element}, which the second {what}"
    )


def broken_claim(program: Program, claim: str, conflict: Conflict) -> str:
    """A flag of the tree that is not true."""
    first, second, element = _pair(program, conflict)
    what = "also writes" if conflict.second.is_write else "reads"
    return (
        f"the tree says that {claim}, but @{first} writes {element}, which @{second} {what} "
        "in another iteration"
    )


def _pair(program: Program, conflict: Conflict) -> tuple[str, str, str]:
    chosen = first_executed(conflict.first.timed, conflict.pairs.domain(), program.length)
    pairs = conflict.pairs.intersect_domain(chosen)
    other = first_executed(conflict.second.timed, pairs.range(), program.length)
    elements = conflict.first.elements.intersect_domain(chosen).range()
    elements = elements.intersect(conflict.second.elements.intersect_domain(other).range())
    return _name(chosen), _name(other), _name(elements.lexmin())


def wrong_value(
    reader: str,
    expected: tuple[Mapping[str, isl.Map], Mapping[str, isl.Map]],
    got: tuple[Mapping[str, isl.Map], Mapping[str, isl.Map]],
    point: isl.Set,
) -> str:
    """`reader`: what reads what. Each pair: reading instance -> original instance by statement,
    and reading instance -> element by array; compared at one reading instance, `point`."""
    missing = _values(expected, got, point)
    extra = _values(got, expected, point)
    if not extra:
        return f"{reader}, but {missing} does not reach it"
    if not missing:
        return f"{reader}, but {extra} reaches it and should not"
    return f"{reader}: it should get {missing}, but gets {extra}"


def _values(
    of: tuple[Mapping[str, isl.Map], Mapping[str, isl.Map]],
    without: tuple[Mapping[str, isl.Map], Mapping[str, isl.Map]],
    point: isl.Set,
) -> str:
    """What reaches `point` on one side and not on the other."""
    parts: list[str] = []
    for table, others, text, sign in (
        (of[0], without[0], "the value of {}", "@"),
        (of[1], without[1], "the initial value of {}", ""),
    ):
        for name, relation in sorted(table.items()):
            values = relation.intersect_domain(point).range()
            if name in others:
                values = values.subtract(others[name].intersect_domain(point).range())
            if not values.is_empty():
                parts.append(text.format(_listed(values, sign)))
    return " and ".join(parts)


def _listed(points: isl.Set, sign: str) -> str:
    """Up to two points, and how many more there are."""
    names: list[str] = []
    left = points
    while len(names) < _LISTED and not left.is_empty():
        first = left.lexmin()
        names.append(sign + _name(first))
        left = left.subtract(first)
    more = "" if left.is_empty() else f" and {left.count_val()} more"
    return ", ".join(names) + more


def updated_twice(reads: isl.Map, update: isl.Set) -> str:
    """`reads`: reading instance -> instances that are one and the same `update`."""
    reader = reads.domain().lexmin()
    sources = _listed(reads.intersect_domain(reader).range(), "@")
    array = reader.get_tuple_name().removeprefix(EXIT_PREFIX)
    at_exit = array != reader.get_tuple_name()
    name = f"the final {_name(reader.set_tuple_name(array))}" if at_exit else f"@{_name(reader)}"
    return f"@{_name(update)} reaches {name} more than once, as {sources}"


def reading(touch: Touch, point: isl.Set, original: isl.Set) -> str:
    """`@S_t[1, 3] (computing @S[3]) reads x[4]`."""
    element = _name(touch.elements.intersect_domain(point).range().lexmin())
    role = f" (computing @{_name(original)})" if touch.statement.clone_of is not None else ""
    return f"@{_name(point)}{role} reads {element}"


def _name(points: isl.Set) -> str:
    """`S[1, 3]` for a set of one point."""
    point = points.sample_point()
    values = [
        str(point.get_coordinate_val(DIM.set, k).to_python()) for k in range(points.dim(DIM.set))
    ]
    return f"{points.get_tuple_name()}[{', '.join(values)}]"
