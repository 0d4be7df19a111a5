"""Random chains of stages with random tile policies: every tree is proved and computes the same."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import assume, given
from hypothesis import strategies as st
from poly_kernels import apply, assert_same_results, scop_of, violations

from akg_mlir.diagnostics import CompileError

KINDS = ("map", "right", "down", "flip", "rows", "columns", "again")


@dataclass(frozen=True)
class Program:
    """Stages on `rows` x `columns` tensors, each on the result of the one before; `results` says
    which are results of the kernel besides the last."""

    rows: int
    columns: int
    stages: tuple[str, ...]
    results: tuple[bool, ...]
    sizes: tuple[int | None, int | None]


programs = st.integers(1, 4).flatmap(
    lambda n: st.builds(
        Program,
        st.integers(3, 11),
        st.integers(3, 20),
        st.tuples(*[st.sampled_from(KINDS)] * n),
        st.tuples(*[st.booleans()] * n),
        st.tuples(*[st.none() | st.integers(1, 9)] * 2),
    )
)


class _Writer:
    """The text of a program; sizes shrink where a stage looks at neighbours."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.arguments: list[str] = []
        self.allocs: list[str] = []
        self.nests: list[str] = []

    def text(self) -> str:
        rows, columns = self.program.rows, self.program.columns
        source, shape = "x", (rows, columns)
        self.arguments.append(f"%x: {memref(shape)}")
        last = len(self.program.stages) - 1
        for number, kind in enumerate(self.program.stages):
            is_result = number == last or self.program.results[number]
            source, shape = self.stage(kind, source, shape, f"v{number}", is_result)
        return (
            f"func.func @k({', '.join(self.arguments)}) {{\n"
            + "\n".join(self.allocs + self.nests)
            + "\nfunc.return\n}"
        )

    def declare(self, name: str, shape: tuple[int, ...], is_result: bool) -> None:
        if is_result:
            self.arguments.append(f"%{name}: {memref(shape)}")
        else:
            self.allocs.append(f"%{name} = memref.alloc() : {memref(shape)}")

    def stage(
        self, kind: str, source: str, shape: tuple[int, int], name: str, is_result: bool
    ) -> tuple[str, tuple[int, int]]:
        rows, columns = shape
        second = "%i, %j"
        if kind == "right" and columns > 2:
            columns, second = columns - 2, "%i, %j + 2"
        elif kind == "down" and rows > 1:
            rows, second = rows - 1, "%i + 1, %j"
        elif kind == "flip":
            second = f"%i, -%j + {columns - 1}"
        result = (rows, columns)
        self.declare(name, result, is_result)
        reading, second_type = source, memref(shape)
        if kind in ("rows", "columns"):
            index, extent = ("%i", rows) if kind == "rows" else ("%j", columns)
            self.reduction(source, shape, f"{name}s", index, extent)
            reading, second, second_type = f"{name}s", index, memref((extent,))
        if kind == "again":
            reading, second, second_type = "x", "%i, %j", memref(self.input_shape)
        self.nests.append(
            f"affine.for %i = 0 to {rows} {{ affine.for %j = 0 to {columns} {{\n"
            f"%a = affine.load %{source}[%i, %j] : {memref(shape)}\n"
            f"%b = affine.load %{reading}[{second}] : {second_type}\n"
            f"%c = arith.addf %a, %b : f32\n"
            f"affine.store %c, %{name}[%i, %j] : {memref(result)}\n}} }}"
        )
        return name, result

    @property
    def input_shape(self) -> tuple[int, int]:
        return self.program.rows, self.program.columns

    def reduction(
        self, source: str, shape: tuple[int, int], name: str, index: str, extent: int
    ) -> None:
        self.declare(name, (extent,), False)
        cell = f"%{name}[{index}] : {memref((extent,))}"
        self.nests.append(
            f"affine.for {index} = 0 to {extent} {{\n%z = arith.constant 0.0 : f32\n"
            f"affine.store %z, {cell}\n}}\n"
            f"affine.for %i = 0 to {shape[0]} {{ affine.for %j = 0 to {shape[1]} {{\n"
            f"%a = affine.load {cell}\n%b = affine.load %{source}[%i, %j] : {memref(shape)}\n"
            f"%c = arith.addf %a, %b : f32\naffine.store %c, {cell}\n"
            '} } {poly.reduction = "add"}'
        )


def memref(shape: tuple[int, ...]) -> str:
    return f"memref<{'x'.join(map(str, shape))}xf32>"


@given(programs)
def test_automatic_tiles(program: Program) -> None:
    module, _ = apply(_Writer(program).text(), "poly-raise,poly-schedule,poly-tile,poly-fuse")
    assert violations(module) == []
    assert_same_results(module)


@given(programs)
def test_given_tiles(program: Program) -> None:
    text = _Writer(program).text()
    chosen, _ = apply(text, "poly-raise,poly-schedule,poly-tile")
    policy = scop_of(chosen).policy
    assert policy is not None
    last = policy.data.rpartition(";")[2].partition(":")
    specs = ", ".join("_" if s is None else f"{s}@UB" for s in program.sizes)
    assume(last[2].count(",") == 1)
    steps = f'poly-raise,poly-schedule,poly-tile{{policy="{last[0].strip()}: {specs}"}},poly-fuse'
    try:
        module, _ = apply(text, steps, "ascend910")
    except CompileError as error:
        if "is not a tile loop" not in str(error):
            raise
        return
    assert violations(module) == []
    assert_same_results(module)
