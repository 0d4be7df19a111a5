"""Random tile ops: legalised and run, they mean what numpy says and touch nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from npu_boxes import Case, Place, box, execute, execute_on_machine

EPSILON = {"f16": 2.0**-11, "f32": 2.0**-24, "i32": 0.0}


def tolerance_of_sum(case: Case, element: str) -> float:
    """Bound of the relative error of a sum in any order, one after the other included."""
    result = case.places[-1]
    terms = prod(n for n, s in zip(case.sizes, result.strides) if s == 0)
    return 2 * (terms + 2) * EPSILON[element]


VECTOR = ("f16", "f32", "i32")
ALIGNED_PITCH = {"f16": 16, "f32": 8, "i32": 8, "i8": 32, "i64": 4, "i1": 32}


@st.composite
def sizes(draw: st.DrawFn, rank: int = 3) -> tuple[int, ...]:
    """Boxes whose lanes are short, about a repeat, or long; few enough elements to be quick."""
    lanes = draw(st.one_of(st.integers(1, 40), st.sampled_from((64, 96, 128, 130, 300))))
    outer = draw(st.lists(st.sampled_from((1, 2, 3, 8, 9, 17, 33)), max_size=rank - 1))
    if draw(st.integers(0, 9)) == 0:
        outer, lanes = [draw(st.integers(256, 600))], draw(st.sampled_from((1, 8, 16, 20)))
    while int(np.prod(outer)) * lanes > 12000:
        outer.pop()
    return (*outer, lanes)


@st.composite
def place(
    draw: st.DrawFn, shape: tuple[int, ...], element: str, kept: tuple[bool, ...], space: str
) -> Place:
    """A layout in which `kept` axes have a stride and the others stride 0."""
    block = ALIGNED_PITCH[element]
    strides = [0] * len(shape)
    step = draw(st.sampled_from((1, 1, 1, 1, 1, 2, block)))
    order = list(range(len(shape)))[::-1]
    if draw(st.integers(0, 9)) == 0:
        order = draw(st.permutations(order))
    first = True
    for axis in order:
        if not kept[axis]:
            continue
        strides[axis] = step
        step *= shape[axis]
        pitch = draw(st.sampled_from(("dense", "block", "block", "block", "odd")))
        if pitch == "block" and first:
            step = -(-step // block) * block + draw(st.sampled_from((0, 0, 1, 3))) * block
        elif pitch == "odd":
            step += draw(st.integers(0, 5))
        first = False
    offset = draw(st.sampled_from((0, 0, 0, block, 3)))
    extent = 1 + sum((n - 1) * s for n, s in zip(shape, strides))
    spare = draw(st.sampled_from((0, 1, block)))
    return Place(offset + extent + spare, offset, tuple(strides), element, space)


@st.composite
def operands(
    draw: st.DrawFn,
    elements: tuple[str, ...],
    *,
    reduced: bool = False,
    spaces: tuple[str, ...] = (),
    broadcast: bool = True,
) -> tuple[tuple[int, ...], tuple[Place, ...]]:
    """A box and one place per element type, the result last."""
    shape = draw(sizes())
    places: list[Place] = []
    for i, element in enumerate(elements):
        last = i == len(elements) - 1
        zero = reduced if last else broadcast and draw(st.integers(0, 2)) == 0
        flags = st.booleans() if zero else st.just(True)
        kept = tuple(draw(flags) for _ in shape)
        space = spaces[i] if spaces else "ub"
        places.append(draw(place(shape, element, kept, space)))
    return shape, tuple(places)


def check(
    case: Case,
    meaning: Callable[..., None],
    *,
    tolerance: float = 0.0,
    on_machine: bool = False,
    slack: Callable[[np.ndarray, np.ndarray], None] | None = None,
) -> None:
    """`meaning(result, *sources)` changes boxes in place; every other byte must be unchanged."""
    if on_machine:
        assume(sum(p.length for p in case.places) < 30000)
    run = execute_on_machine if on_machine else execute
    before, after, _ = run(case)
    expected = [array.copy() for array in before]
    boxes = [box(a, p, case.sizes) for a, p in zip(expected, case.places)]
    with np.errstate(all="ignore"):
        meaning(boxes[-1], *boxes[:-1])
    for i, (have, want) in enumerate(zip(after, expected)):
        if slack is not None and i == len(expected) - 1:
            slack(have, want)
        np.testing.assert_allclose(
            have.astype(np.float64), want.astype(np.float64), rtol=tolerance, atol=tolerance
        )


def pointwise(function: Callable[..., np.ndarray]) -> Callable[..., None]:
    def meaning(result: np.ndarray, *sources: np.ndarray) -> None:
        result[...] = function(*sources)

    return meaning


def wide(function: Callable[..., np.ndarray]) -> Callable[..., None]:
    def meaning(result: np.ndarray, source: np.ndarray) -> None:
        result[...] = function(source.astype(np.float64)).astype(result.dtype)

    return meaning


UNARY = {
    "copy": lambda x: x,
    "neg": np.negative,
    "abs": np.abs,
    "exp": np.exp,
    "ln": np.log,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "rec": lambda x: 1 / x,
    "relu": lambda x: np.maximum(x, 0),
}
BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "div": np.divide,
}
PREDICATES = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}


@given(st.data(), st.sampled_from(sorted(UNARY)), st.sampled_from(("f16", "f32")))
def test_unary(data: st.DataObject, kind: str, element: str) -> None:
    shape, places = data.draw(operands((element, element)))
    check(Case(f"npu.vunary {kind} {{ins}} -> {{out}}", shape, places), wide(UNARY[kind]))


@given(
    st.data(),
    st.sampled_from(("copy", "neg", "abs", "relu")),
    st.sampled_from(("i8", "i32", "i64")),
)
def test_unary_on_integers(data: st.DataObject, kind: str, element: str) -> None:
    shape, places = data.draw(operands((element, element)))
    check(Case(f"npu.vunary {kind} {{ins}} -> {{out}}", shape, places), pointwise(UNARY[kind]))


@given(st.data(), st.sampled_from(sorted(BINARY)), st.sampled_from(VECTOR))
def test_binary(data: st.DataObject, kind: str, element: str) -> None:
    if (kind, element) == ("div", "i32"):
        kind = "max"
    shape, places = data.draw(operands((element,) * 3))
    check(Case(f"npu.vbinary {kind} {{ins}} -> {{out}}", shape, places), pointwise(BINARY[kind]))


@given(st.data(), st.sampled_from(("add", "mul", "max", "min")), st.sampled_from(VECTOR))
def test_with_scalar(data: st.DataObject, kind: str, element: str) -> None:
    shape, places = data.draw(operands((element,) * 2))
    value = "3" if element == "i32" else "1.5"
    form = f"npu.vscalar {kind} {{ins}}, {value} : {element} -> {{out}}"
    scalar = np.float32(value) if element != "i32" else 3
    meaning = pointwise(lambda x: BINARY[kind](x, x.dtype.type(scalar)))
    check(Case(form, shape, places), meaning)


@given(st.data(), st.sampled_from((*VECTOR, "i8", "i64")))
def test_fill(data: st.DataObject, element: str) -> None:
    shape, places = data.draw(operands((element,)))
    value = "7.0" if element.startswith("f") else "7"

    def meaning(result: np.ndarray) -> None:
        result[...] = 7

    check(Case(f"npu.vfill {value} : {element} -> {{out}}", shape, places), meaning)


@given(st.data(), *(st.sampled_from(("f16", "f32", "i32", "i8", "i64")) for _ in range(2)))
def test_cast(data: st.DataObject, source: str, result: str) -> None:
    shape, places = data.draw(operands((source, result)))
    check(Case("npu.vcast {ins} -> {out}", shape, places), pointwise(lambda x: x))


@given(
    st.data(),
    st.sampled_from(sorted(PREDICATES)),
    st.sampled_from(VECTOR),
    st.sampled_from((*VECTOR, "i8")),
)
def test_select(data: st.DataObject, predicate: str, compared: str, element: str) -> None:
    elements = (compared, compared, element, element, element)
    shape, places = data.draw(operands(elements))
    function = PREDICATES[predicate]
    meaning = pointwise(lambda a, b, x, y: np.where(function(a, b), x, y))
    check(Case(f"npu.vselect {predicate} {{ins}} -> {{out}}", shape, places), meaning)


def reduction(function: Callable[..., np.ndarray]) -> Callable[..., None]:
    """Exact for max, min and the small sixteenths that the tests add."""

    def meaning(result: np.ndarray, *sources: np.ndarray) -> None:
        axes = tuple(a for a, s in enumerate(result.strides) if s == 0)
        cells = tuple(slice(0, 1) if a in axes else slice(None) for a in range(result.ndim))
        values = [s.astype(np.float64) for s in sources]
        product = values[0] if len(values) == 1 else values[0] * values[1]
        folded = function.reduce(product, axis=axes, keepdims=True)
        result[cells] = function(result[cells].astype(np.float64), folded)

    return meaning


@given(st.data(), st.sampled_from(("add", "max", "min")), st.sampled_from(VECTOR))
def test_reduce(data: st.DataObject, kind: str, element: str) -> None:
    shape, places = data.draw(operands((element,) * 2, reduced=True))
    case = Case(f"npu.vreduce {kind} {{ins}} -> {{out}}", shape, places)
    tolerance = tolerance_of_sum(case, element) if kind == "add" else 0
    check(case, reduction(BINARY[kind]), tolerance=tolerance)


@given(st.data(), st.booleans(), st.sampled_from(("f16", "f32", "i32")))
def test_multiply_add(data: st.DataObject, reduced: bool, element: str) -> None:
    shape, places = data.draw(operands((element,) * 3, reduced=reduced))
    case = Case("npu.vmuladd {ins} -> {out}", shape, places)
    check(case, reduction(np.add), tolerance=tolerance_of_sum(case, element))


@pytest.mark.parametrize("element", ["f16", "f32", "i32"])
def test_multiply_add_of_single_elements(element: str) -> None:
    places = tuple(Place(1, 0, (stride,), element) for stride in (0, 0, 1))
    check(Case("npu.vmuladd {ins} -> {out}", (1,), places), reduction(np.add))


@given(st.data(), st.sampled_from(("f16", "f32")))
def test_windows_of_a_factor(data: st.DataObject, element: str) -> None:
    """`out[h, w, o] += x[h, w * step + i, c] * k[i, c, o]`: windows overlap."""
    drawn = [
        (1, 2, 3),
        (1, 2, 5, 9, 30),
        (1, 2, 3, 7),
        (1, 2, 3, 4, 8, 10, 16, 40),
        (3, 16, 40, 64),
    ]
    rows, points, taps, channels, lanes = (data.draw(st.sampled_from(sizes)) for sizes in drawn)
    shape = (rows, points, taps, channels, lanes)
    assume(prod(shape) <= 120_000)
    step, block = data.draw(st.integers(1, 3)), ALIGNED_PITCH[element]
    pitch = channels + data.draw(st.sampled_from((0, 0, -channels % block)))
    row = ((points - 1) * step + taps) * pitch
    row += data.draw(st.sampled_from((0, -row % block)))
    wide = lanes + -lanes % block
    offset = data.draw(st.sampled_from((0, 0, 3)))
    image = Place(offset + rows * row, offset, (row, step * pitch, pitch, 1, 0), element)
    kernel = Place(taps * channels * wide, 0, (0, 0, channels * wide, wide, 1), element)
    out = Place(rows * points * wide, 0, (points * wide, wide, 0, 0, 1), element)
    case = Case("npu.vmuladd {ins} -> {out}", shape, (image, kernel, out))
    check(case, reduction(np.add), tolerance=tolerance_of_sum(case, element))


@pytest.mark.parametrize("rows", [16, 17, 40])
def test_a_reduction_with_every_result_in_a_block_of_its_own(rows: int) -> None:
    """What splats results leaves room between groups of 16 rows."""
    places = Place(32 * rows, 0, (32, 1), "f32"), Place(8 * rows, 0, (8, 0), "f32")
    case = Case("npu.vreduce add {ins} -> {out}", (rows, 32), places)
    check(case, reduction(np.add), tolerance=tolerance_of_sum(case, "f32"))


@pytest.mark.parametrize("rows", [16, 17, 40])
def test_a_factor_with_every_element_in_a_block_of_its_own(rows: int) -> None:
    column = Place(8 * rows, 0, (8, 0), "f32")
    whole = Place(32 * rows, 0, (32, 1), "f32")
    case = Case("npu.vbinary mul {ins} -> {out}", (rows, 32), (column, whole, whole))
    check(case, pointwise(np.multiply))


@given(st.data(), st.sampled_from(("f16", "f32")), st.integers(0, 3))
def test_on_the_machine(data: st.DataObject, element: str, choice: int) -> None:
    """Planned, synchronised, in an adversarial order, next to buffers that share the memory."""
    if choice == 0:
        shape, places = data.draw(operands((element,) * 2))
        case = Case("npu.vunary exp {ins} -> {out}", shape, places)
        check(case, wide(np.exp), on_machine=True)
    elif choice == 1:
        shape, places = data.draw(operands((element,) * 3))
        case = Case("npu.vbinary sub {ins} -> {out}", shape, places)
        check(case, pointwise(np.subtract), on_machine=True)
    elif choice == 2:
        shape, places = data.draw(operands((element,) * 2, reduced=True))
        case = Case("npu.vreduce max {ins} -> {out}", shape, places)
        check(case, reduction(np.maximum), on_machine=True)
    else:
        shape, places = data.draw(operands((element,) * 3, reduced=True))
        case = Case("npu.vmuladd {ins} -> {out}", shape, places)
        check(case, reduction(np.add), tolerance=tolerance_of_sum(case, element), on_machine=True)


@given(
    st.data(),
    st.sampled_from(("f16", "f32", "i8", "i64")),
    st.sampled_from((("gm", "ub"), ("ub", "gm"), ("ub", "ub"))),
)
def test_dma(data: st.DataObject, element: str, spaces: tuple[str, str]) -> None:
    shape, places = data.draw(operands((element,) * 2, spaces=spaces))

    def forgive_padding(have: np.ndarray, want: np.ndarray) -> None:
        """Loads may leave garbage between the end of a row and the end of its block."""
        if spaces[1] == "gm":
            return
        touched = np.zeros(want.shape, bool)
        box(touched, replace(places[1], element="i1"), shape)[...] = True
        block = ALIGNED_PITCH[element]
        blocks = np.zeros(-(-touched.size // block) * block, bool)
        blocks[: touched.size] = touched
        near = np.repeat(blocks.reshape(-1, block).any(axis=1), block)[: touched.size]
        padding = near & ~touched
        want[padding] = have[padding]

    check(
        Case("npu.dma {ins} -> {out}", shape, places),
        pointwise(lambda x: x),
        slack=forgive_padding,
    )


@given(st.data(), st.sampled_from(VECTOR))
def test_stores_of_short_rows_without_gaps(data: st.DataObject, element: str) -> None:
    """Put together on chip; lanes behind the rows on chip may be anything."""
    block = ALIGNED_PITCH[element]
    length = data.draw(st.integers(1, 3 * block))
    rows = data.draw(st.sampled_from((31, 32, 64, 65, 100, 160, 230)))
    planes = data.draw(st.sampled_from((1, 1, 2)))
    pitch = (-(-length // block) + data.draw(st.integers(0, 1))) * block
    assume(planes * rows * pitch < 12000)
    gap = data.draw(st.sampled_from((0, 5)))
    offset = data.draw(st.sampled_from((0, 3)))
    strides = (rows * length + gap, length, 1)
    places = (
        Place(planes * rows * pitch, 0, (rows * pitch, pitch, 1), element, "ub"),
        Place(offset + planes * (rows * length + gap), offset, strides, element, "gm"),
    )
    case = Case("npu.dma {ins} -> {out}", (planes, rows, length), places)
    check(case, pointwise(lambda x: x))
