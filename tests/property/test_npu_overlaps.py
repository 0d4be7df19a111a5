"""Whether accesses meet, against enumeration: bounds and offsets with floors and remainders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import example, given
from hypothesis import strategies as st
from xdsl.dialects import scf

from akg_mlir.parsing import parse_module
from akg_mlir.passes.npu.memory.overlap import Overlaps, byte_range, stays
from akg_mlir.passes.npu.memory.structure import kernels, program_of


@dataclass(frozen=True)
class Form:
    """`a * i + b * j + c + d * ((e * i + f * j) floordiv m) + g * ((i + j) mod m)`."""

    a: int
    b: int
    c: int
    d: int = 0
    e: int = 0
    f: int = 0
    g: int = 0
    m: int = 1

    def at(self, i: int, j: int) -> int:
        linear = self.a * i + self.b * j + self.c
        floor = (self.e * i + self.f * j) // self.m
        return linear + self.d * floor + self.g * ((i + j) % self.m)

    def __str__(self) -> str:
        linear = f"d0 * {self.a} + d1 * {self.b} + {self.c}"
        floor = f"((d0 * {self.e} + d1 * {self.f}) floordiv {self.m}) * {self.d}"
        return f"affine_map<(d0, d1) -> ({linear} + {floor} + ((d0 + d1) mod {self.m}) * {self.g})>"


@dataclass(frozen=True)
class Nest:
    """`for j = low to min(high, low + most) step step`, and inside it 3 elements at `offset`.

    Without a `high` the loop iterates as often in each iteration around it.
    """

    low: Form
    high: int | None
    most: int
    step: int
    offset: Form

    def text(self, name: str) -> str:
        """In a loop over `%i`."""
        low_most = f"%low_{name}, %most_{name} : index"
        ends = [f"%sum_{name} = arith.addi {low_most}", f"%end_{name} = arith.addi {low_most}"]
        if self.high is not None:
            ends[1] = f"%end_{name} = arith.minsi %high_{name}, %sum_{name} : index"
        return f"""
        %low_{name} = affine.apply {self.low}(%i, %i)
        %most_{name} = arith.constant {self.most} : index
        %high_{name} = arith.constant {self.high or 0} : index
        {ends[0]}
        {ends[1]}
        %step_{name} = arith.constant {self.step} : index
        scf.for %{name} = %low_{name} to %end_{name} step %step_{name} {{
          %v_{name} = npu.view %b[{self.offset}](%i, %{name})
              : memref<4096xi8, #npu<space ub>> -> memref<3xi8, strided<[1], offset: ?>, #npu<space ub>>
          npu.scalar [3] ins( : ) outs(%v_{name} : memref<3xi8, strided<[1], offset: ?>, #npu<space ub>>) {{
          ^bb0(%n_{name}: index, %o_{name}: memref<3xi8, strided<[1], offset: ?>, #npu<space ub>>):
            memref.store %zero, %o_{name}[%n_{name}] : memref<3xi8, strided<[1], offset: ?>, #npu<space ub>>
          }}
        }}"""  # noqa: E501

    def starts(self, i: int) -> Iterator[int]:
        low = self.low.at(i, i)
        last = low + self.most
        for j in range(low, last if self.high is None else min(self.high, last), self.step):
            yield self.offset.at(i, j)


def _text(trips: int, nests: tuple[Nest, Nest]) -> str:
    bodies = "".join(nest.text(name) for nest, name in zip(nests, "jk"))
    return f"""
builtin.module attributes {{npu.target = "ascend910"}} {{
  func.func @k() attributes {{npu.kernel}} {{
    %b = npu.buffer at 0 : memref<4096xi8, #npu<space ub>>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %trips = arith.constant {trips} : index
    %zero = arith.constant 0 : i8
    scf.for %i = %c0 to %trips step %c1 {{{bodies}
    }}
    func.return
  }}
}}"""


small = st.integers(-4, 4)
bounds = st.builds(Form, small, st.just(0), small, small, small, st.just(0), st.just(0), st.just(3))
offsets = st.one_of(
    st.builds(Form, *[st.integers(-9, 9)] * 7, st.integers(1, 6)),
    st.builds(  # what flat index spaces have: multiples of a remainder
        lambda s, m, c: Form(0, s, c, -s * m, 0, 1, 0, m),
        st.integers(1, 9),
        st.integers(2, 6),
        small,
    ),
)
nests = st.builds(
    Nest,
    bounds,
    st.none() | st.integers(-5, 30),
    st.integers(0, 12),
    st.sampled_from([1, 1, 2, 3]),
    offsets,
)

_flat = Nest(Form(0, 0, 0), 12, 12, 1, Form(0, 8, 0, -48, 0, 1, 0, 6))
_moved = Nest(Form(8, 0, 0), None, 8, 1, Form(0, 1, 0))
_tail = Nest(Form(0, 0, 0), 12, 12, 1, Form(0, 0, 45))


@given(trips=st.integers(1, 5), first=nests, second=nests)
@example(trips=3, first=_flat, second=_tail)
@example(trips=3, first=_flat, second=_flat)
def test_accesses_meet_where_they_do(trips: int, first: Nest, second: Nest) -> None:
    program = program_of(next(kernels(parse_module(_text(trips, (first, second))))))
    x, y = program.instructions
    overlaps = Overlaps(program.iterations)
    places = overlaps.place(x.accesses[0]), overlaps.place(y.accesses[0])
    outer = x.loops_around[0].op
    starts = [[set(nest.starts(i)) for i in range(trips)] for nest in (first, second)]

    executed = all(all(of) for of in starts)  # that a loop iterates at all is not looked at
    every = [(i, k) for i in range(trips) for k in range(trips)]
    for shared, carrier, pairs in (
        (frozenset[scf.ForOp](), None, every),
        (frozenset((outer,)), None, [(i, k) for i, k in every if i == k]),
        (frozenset[scf.ForOp](), outer, [(i, k) for i, k in every if i < k]),
    ):
        meet = any(abs(a - b) < 3 for i, k in pairs for a in starts[0][i] for b in starts[1][k])
        question = (*places, shared, carrier)
        for answer in (overlaps.by_arithmetic(*question), overlaps.by_isl(*question)):
            assert answer in (None, meet, meet or not executed)


@given(trips=st.integers(1, 5), nest=nests)
@example(trips=3, nest=_moved)
def test_ranges_hold_all_bytes(trips: int, nest: Nest) -> None:
    program = program_of(next(kernels(parse_module(_text(trips, (nest, nest))))))
    instruction = program.instructions[0]
    (access,) = instruction.accesses
    low, high = byte_range(access, program.iterations)
    assert low is not None
    assert high is not None
    starts = {start for i in range(trips) for start in nest.starts(i)}
    assert all(low <= start and start + 3 <= high for start in starts)
    inside = all(0 <= start <= 37 for start in starts)
    assert stays(access, 40, instruction.op, program.iterations) == inside
