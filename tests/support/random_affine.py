"""Random affine programs as plain data, printed as affine MLIR.

Imperfect nests, several statements at several depths, triangular and strided loops, `affine.if`,
floordiv and mod in subscripts, stencils, updates in place, loops that only repeat (time), scalars
of rank 0, declared reductions, temporaries and arrays that are dead at the end. Arrays get the
sizes that their accesses need. Values never grow: what a statement computes is at most as large
as the largest of what it reads, so that a comparison means something.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hypothesis import strategies as st

GM = "#npu<space gm>"
OPERATIONS = ("mean", "difference", "max", "min", "negative", "copy", "fraction")
REDUCTIONS = {"add": "addf", "max": "maximumf", "min": "minimumf"}


@dataclass(frozen=True)
class Index:
    """`(sum of coefficient * iterator + constant) floordiv|mod divisor`; `low` and `high` bound
    it."""

    terms: tuple[tuple[str, int], ...]
    constant: int
    low: int
    high: int
    division: str = ""
    divisor: int = 1

    def text(self, shift: int = 0) -> str:
        """In affine syntax, plus `shift`."""
        parts = [f"%{name} * {factor}" for name, factor in self.terms]
        if not self.division:
            return " + ".join([*parts, str(self.constant + shift)])
        inner = " + ".join([*parts, str(self.constant)])
        return f"({inner}) {self.division} {self.divisor} + {shift}"


@dataclass(frozen=True)
class Access:
    """An element of an array."""

    array: str
    subscripts: tuple[Index, ...]


@dataclass(frozen=True)
class Store:
    """`target = operation(operands)`, or `target = target <reduction> operand / 4`."""

    target: Access
    operation: str
    operands: tuple[Access, ...]


@dataclass(frozen=True)
class Loop:
    """A loop from the greatest of `lower` to below the least of `upper`."""

    iterator: str
    lower: tuple[Index, ...]
    upper: tuple[Index, ...]
    body: tuple[Item, ...]
    step: int = 1
    reduction: str = ""


@dataclass(frozen=True)
class Guard:
    """`body` where `condition` is at least 0 (or, with `equal`, just 0)."""

    condition: Index
    equal: bool
    body: tuple[Item, ...]


Item = Loop | Guard | Store


@dataclass(frozen=True)
class Program:
    """`ranks` of all arrays; those in `temporaries` are allocated, the others are arguments, of
    which `dead` need not hold their values at the end."""

    ranks: tuple[tuple[str, int], ...]
    temporaries: frozenset[str]
    dead: frozenset[str]
    body: tuple[Item, ...]


# ------------------------------------------------------------------------------------------ drawing


@dataclass(frozen=True)
class _Scope:
    """Iterators around a place, with the least and the greatest value of each."""

    ranges: tuple[tuple[str, int, int], ...] = ()

    def with_loop(self, iterator: str, low: int, high: int) -> _Scope:
        return replace(self, ranges=(*self.ranges, (iterator, low, high)))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Programs of one to four nests over two to five arrays."""
    ranks = tuple(
        (f"a{k}", draw(st.sampled_from((0, 1, 1, 2, 2, 2, 3)), label="rank"))
        for k in range(draw(st.integers(2, 5)))
    )
    names = [name for name, _ in ranks]
    body: list[Item] = []
    for number in range(draw(st.integers(1, 4))):
        body += draw(_nests(ranks, f"n{number}"))
    temporaries = frozenset(draw(st.sets(st.sampled_from(names[1:]), max_size=2)))
    dead = frozenset(draw(st.sets(st.sampled_from(names[1:]), max_size=1))) - temporaries
    return Program(ranks, temporaries, dead, tuple(body))


@st.composite
def _nests(draw: st.DrawFn, ranks: tuple[tuple[str, int], ...], prefix: str) -> list[Item]:
    if draw(st.integers(0, 3)) == 0 and any(rank < 3 for _, rank in ranks):
        return draw(_reductions(ranks, prefix))
    return [draw(_loops(ranks, prefix, _Scope(), 3))]


@st.composite
def _loops(
    draw: st.DrawFn, ranks: tuple[tuple[str, int], ...], prefix: str, scope: _Scope, depth: int
) -> Item:
    """A loop with statements, loops and conditions in it; at depth 0 a statement."""
    kind = draw(st.integers(0, 9))
    if depth == 0 or (scope.ranges and kind == 0):
        return draw(_stores(ranks, scope))
    if scope.ranges and kind == 1:
        condition = draw(_indices(scope))
        body = (draw(_loops(ranks, prefix, scope, depth - 1)),)
        return Guard(condition, draw(st.booleans()), body)
    iterator = f"{prefix}i{len(scope.ranges)}"
    loop, inner = draw(_headers(iterator, scope))
    items = [
        draw(_loops(ranks, f"{prefix}x{k}", inner, depth - 1))
        for k in range(draw(st.sampled_from((1, 1, 1, 2, 3))))
    ]
    return replace(loop, body=tuple(items))


@st.composite
def _headers(draw: st.DrawFn, iterator: str, scope: _Scope) -> tuple[Loop, _Scope]:
    low, size = draw(st.integers(0, 2)), draw(st.integers(1, 6))
    lower: tuple[Index, ...] = (Index((), low, low, low),)
    upper: tuple[Index, ...] = (Index((), low + size, low + size, low + size),)
    high, step = low + size - 1, draw(st.sampled_from((1, 1, 1, 2, 3)))
    shape = draw(st.sampled_from(("box", "box", "box", "from", "to", "band")))
    if scope.ranges and shape != "box":
        name, least, most = draw(st.sampled_from(scope.ranges))
        if shape in ("from", "band"):
            lower = (Index(((name, 1),), 0, least, most), *(lower if step == 1 else ()))
            low = least if step > 1 else max(low, least)
        if shape in ("to", "band"):
            end = Index(((name, 1),), 2, least + 2, most + 2)
            upper = (end, *upper)
            high = min(high, most + 1)
    high = max(low, high)
    return Loop(iterator, lower, upper, (), step), scope.with_loop(iterator, low, high)


@st.composite
def _stores(draw: st.DrawFn, ranks: tuple[tuple[str, int], ...], scope: _Scope) -> Store:
    target = draw(_accesses(ranks, scope))
    operation = draw(st.sampled_from(OPERATIONS))
    count = 2 if operation in ("mean", "difference", "max", "min") else 1
    operands = [draw(_accesses(ranks, scope)) for _ in range(count)]
    near = draw(st.integers(0, 3))
    if near == 0:
        operands[0] = draw(_neighbours(target))
    return Store(target, operation, tuple(operands))


@st.composite
def _neighbours(draw: st.DrawFn, access: Access) -> Access:
    """The element itself or one next to it: updates in place and stencils."""
    moved = tuple(
        replace(i, constant=i.constant + d, low=i.low + d, high=i.high + d) if not i.division else i
        for i in access.subscripts
        for d in (draw(st.integers(-1, 1)),)
    )
    return replace(access, subscripts=moved)


@st.composite
def _accesses(draw: st.DrawFn, ranks: tuple[tuple[str, int], ...], scope: _Scope) -> Access:
    name, rank = draw(st.sampled_from(ranks))
    in_order = draw(st.integers(0, 4)) != 0 and len(scope.ranges) >= rank
    subscripts: list[Index] = []
    for k in range(rank):
        if in_order:
            iterator, low, high = scope.ranges[k]
            shift = draw(st.sampled_from((0, 0, 0, 1, -1)))
            subscripts.append(Index(((iterator, 1),), shift, low + shift, high + shift))
        else:
            subscripts.append(draw(_indices(scope)))
    return Access(name, tuple(subscripts))


@st.composite
def _indices(draw: st.DrawFn, scope: _Scope) -> Index:
    terms: list[tuple[str, int]] = []
    constant = draw(st.integers(-1, 2))
    low = high = constant
    for name, least, most in draw(
        st.lists(st.sampled_from(scope.ranges), max_size=2, unique=True)
        if scope.ranges
        else st.just([])
    ):
        factor = draw(st.sampled_from((1, 1, 1, -1, 2)))
        terms.append((name, factor))
        low += min(factor * least, factor * most)
        high += max(factor * least, factor * most)
    division = draw(st.sampled_from(("", "", "", "floordiv", "mod")))
    if not division or not terms:
        return Index(tuple(terms), constant, low, high)
    divisor = draw(st.integers(2, 4))
    bounds = (low // divisor, high // divisor) if division == "floordiv" else (0, divisor - 1)
    return Index(tuple(terms), constant, *bounds, division, divisor)


@st.composite
def _reductions(draw: st.DrawFn, ranks: tuple[tuple[str, int], ...], prefix: str) -> list[Item]:
    """A declared reduction, mostly behind the nest that initialises its cells."""
    name, rank = draw(st.sampled_from([r for r in ranks if r[1] < 3]))
    others = [r for r in ranks if r[0] != name]
    scope = _Scope()
    loops: list[Loop] = []
    for k in range(rank + draw(st.integers(1, 2))):
        low, size = draw(st.integers(0, 1)), draw(st.integers(2, 6))
        begin, end = Index((), low, low, low), Index((), low + size, low + size, low + size)
        loops.append(Loop(f"{prefix}r{k}", (begin,), (end,), ()))
        scope = scope.with_loop(f"{prefix}r{k}", low, low + size - 1)
    order = draw(st.permutations(range(len(loops))))
    cells = [scope.ranges[k] for k in order[:rank]]
    target = Access(name, tuple(Index(((n, 1),), 0, a, b) for n, a, b in cells))
    kind = draw(st.sampled_from(sorted(REDUCTIONS)))
    update: Item = Store(target, kind, (draw(_accesses(tuple(others), scope)),))
    for loop in reversed(loops):
        update = replace(loop, body=(update,))
    assert isinstance(update, Loop)
    items: list[Item] = [replace(update, reduction=kind)]
    if draw(st.integers(0, 3)) != 0:
        of_cells = [replace(loops[k], iterator=f"{prefix}z{k}") for k in order[:rank]]
        ranges = tuple((loop.iterator, *cell[1:]) for loop, cell in zip(of_cells, cells))
        subscripts = tuple(Index(((n, 1),), 0, a, b) for n, a, b in ranges)
        source = draw(_accesses(tuple(others), _Scope(ranges)))
        first: Item = Store(Access(name, subscripts), "copy", (source,))
        for loop in reversed(of_cells):
            first = replace(loop, body=(first,))
        items.insert(0, first)
    return items


# ----------------------------------------------------------------------------------------- printing


def text_of(program: Program) -> str:
    """The program as a module with the kernel `@k`."""
    return _Printer(program).run()


def accesses_of(items: tuple[Item, ...]) -> Iterator[Access]:
    """All accesses, in textual order."""
    for item in items:
        if isinstance(item, Store):
            yield item.target
            yield from item.operands
        else:
            yield from accesses_of(item.body)


class _Printer:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.lines: list[str] = []
        self.count = 0
        self.shifts: dict[str, list[int]] = {}
        self.types: dict[str, str] = {}
        for name, rank in program.ranks:
            used = [a.subscripts for a in accesses_of(program.body) if a.array == name]
            lows = [min((s[k].low for s in used), default=0) for k in range(rank)]
            highs = [max((s[k].high for s in used), default=0) for k in range(rank)]
            self.shifts[name] = [-low for low in lows]
            shape = "".join(f"{high - low + 1}x" for low, high in zip(lows, highs))
            self.types[name] = f"memref<{shape}f32, {GM}>"

    def run(self) -> str:
        arguments: list[str] = []
        for name, _ in self.program.ranks:
            if name not in self.program.temporaries:
                dead = " {poly.dead_out}" if name in self.program.dead else ""
                arguments.append(f"%{name}: {self.types[name]}{dead}")
        self.line(0, f"func.func @k({', '.join(arguments)}) attributes {{npu.kernel}} {{")
        for name in sorted(self.program.temporaries):
            self.line(1, f"%{name} = memref.alloc() : {self.types[name]}")
        self.line(1, "%half = arith.constant 0.5 : f32")
        self.line(1, "%quarter = arith.constant 0.25 : f32")
        for item in self.program.body:
            self.item(item, 1, "")
        self.line(1, "func.return")
        self.line(0, "}")
        return "\n".join(self.lines) + "\n"

    def line(self, depth: int, text: str) -> None:
        self.lines.append("  " * depth + text)

    def fresh(self) -> str:
        self.count += 1
        return f"%v{self.count}"

    def item(self, item: Item, depth: int, reduction: str) -> None:
        match item:
            case Store():
                self.store(item, depth, reduction)
            case Guard():
                names = [name for name, _ in item.condition.terms]
                condition = item.condition.text()
                for k, name in enumerate(names):
                    condition = condition.replace(f"%{name} ", f"d{k} ")
                sign = "==" if item.equal else ">="
                dims = ", ".join(f"d{k}" for k in range(len(names)))
                operands = ", ".join(f"%{name}" for name in names)
                types = ", ".join("index" for _ in names)
                self.line(depth, f'"affine.if"({operands}) ({{')
                for inner in item.body:
                    self.item(inner, depth + 1, reduction)
                self.line(depth + 1, '"affine.yield"() : () -> ()')
                set_ = f"affine_set<({dims}) : ({condition} {sign} 0)>"
                self.line(depth, f"}}, {{}}) {{condition = {set_}}} : ({types}) -> ()")
            case Loop():
                lower = self.bound(item.lower, "max")
                upper = self.bound(item.upper, "min")
                step = f" step {item.step}" if item.step > 1 else ""
                self.line(depth, f"affine.for %{item.iterator} = {lower} to {upper}{step} {{")
                for inner in item.body:
                    self.item(inner, depth + 1, reduction or item.reduction)
                declared = f' {{poly.reduction = "{item.reduction}"}}' if item.reduction else ""
                self.line(depth, "}" + declared)

    def bound(self, parts: tuple[Index, ...], combine: str) -> str:
        if len(parts) == 1 and not parts[0].terms:
            return str(parts[0].constant)
        names = list(dict.fromkeys(name for part in parts for name, _ in part.terms))
        texts: list[str] = []
        for part in parts:
            text = part.text()
            for k, name in enumerate(names):
                text = text.replace(f"%{name} ", f"d{k} ")
            texts.append(text)
        dims = ", ".join(f"d{k}" for k in range(len(names)))
        operands = ", ".join(f"%{name}" for name in names)
        prefix = f"{combine} " if len(parts) > 1 else ""
        return f"{prefix}affine_map<({dims}) -> ({', '.join(texts)})>({operands})"

    def element(self, access: Access) -> str:
        shifts = self.shifts[access.array]
        return f"%{access.array}[{', '.join(s.text(d) for s, d in zip(access.subscripts, shifts))}]"

    def load(self, access: Access, depth: int) -> str:
        value = self.fresh()
        type_ = self.types[access.array]
        self.line(depth, f"{value} = affine.load {self.element(access)} : {type_}")
        return value

    def op(self, text: str, depth: int) -> str:
        value = self.fresh()
        self.line(depth, f"{value} = {text} : f32")
        return value

    def store(self, store: Store, depth: int, reduction: str) -> None:
        values = [self.load(operand, depth) for operand in store.operands]
        if reduction:
            cell = self.load(store.target, depth)
            part = self.op(f"arith.mulf {values[0]}, %quarter", depth)
            result = self.op(f"arith.{REDUCTIONS[reduction]} {cell}, {part}", depth)
        else:
            result = self.combined(store.operation, values, depth)
        target = self.element(store.target)
        self.line(depth, f"affine.store {result}, {target} : {self.types[store.target.array]}")

    def combined(self, operation: str, values: list[str], depth: int) -> str:
        match operation:
            case "mean" | "difference":
                name = "addf" if operation == "mean" else "subf"
                both = self.op(f"arith.{name} {values[0]}, {values[1]}", depth)
                return self.op(f"arith.mulf {both}, %half", depth)
            case "max" | "min":
                return self.op(f"arith.{REDUCTIONS[operation]} {values[0]}, {values[1]}", depth)
            case "negative":
                return self.op(f"arith.negf {values[0]}", depth)
            case "fraction":
                return self.op(f"arith.mulf {values[0]}, %half", depth)
            case _:
                return values[0]
