"""The sub-graphs of the AKG paper (table 1) as lists of ops, one per line.

A line is `result = op operands`, numbers are scalars; `cast` names its element type, `reduce` the
kind and the axis. `assign` is an update of a tensor in place: a result of the program here, and no
work in any variant of it.

Sub-graph 3 is Lamb's moments and sub-graph 4 its update, op by op as published. Of the others only
the function and the number of ops are published: 1 is a softmax, 5 a tanh whose argument is clamped
to where f16 can tell the result from 1, computed in f32, and 2 a gelu around that tanh.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.cases import Program, Shape

_TANH = (
    "{0}wide = cast {1} f32",
    "{0}low = max {0}wide -9.0",
    "{0}clamped = min {0}low 9.0",
    "{0}exponent = mul {0}clamped -2.0",
    "{0}decay = exp {0}exponent",
    "{0}difference = sub 1.0 {0}decay",
    "{0}sum = add {0}decay 1.0",
    "{0}ratio = div {0}difference {0}sum",
    "{0}tanh = cast {0}ratio f16",
)


@dataclass(frozen=True)
class SubGraph:
    """Arguments (name, shape or None for that of the main tensor, element type), ops, results."""

    arguments: tuple[tuple[str, Shape | None, str], ...]
    ops: tuple[str, ...]
    results: tuple[str, ...]
    published: Shape
    small: Shape


SUBGRAPHS = {
    1: SubGraph(
        (("x", None, "f16"),),
        (
            "largest = reduce max x -1",
            "centred = sub x largest",
            "power = exp centred",
            "total = reduce add power -1",
            "share = reciprocal total",
            "y = mul power share",
        ),
        ("y",),
        (16, 16, 512, 512),
        (2, 3, 16, 48),
    ),
    2: SubGraph(
        (("x", None, "f16"),),
        (
            "wide = cast x f32",
            "square = mul wide wide",
            "cube = mul square wide",
            "bent = mul cube 0.044715",
            "inner = add wide bent",
            "u = mul inner 0.7978845608028654",
            "narrow = cast u f16",
            *(line.format("t_", "narrow") for line in _TANH),
            "t = cast t_tanh f32",
            "above = add t 1.0",
            "half = mul above 0.5",
            "product = mul half wide",
            "y = cast product f16",
        ),
        ("y",),
        (256, 512, 16, 16),
        (3, 5, 16, 16),
    ),
    3: SubGraph(
        (
            *((name, None, "f32") for name in ("square", "v", "gradient", "m", "weight")),
            ("correct_v", (1,), "f32"),
            ("correct_m", (1,), "f32"),
        ),
        (
            "new_square = mul 0.0009999871253967285 square",
            "kept_v = mul 0.9990000128746033 v",
            "next_v = add kept_v new_square",
            "true_v = div next_v correct_v",
            "root = sqrt true_v",
            "deviation = add root 9.999999974752427e-07",
            "new_gradient = mul 0.10000002384185791 gradient",
            "kept_m = mul 0.8999999761581421 m",
            "next_m = add kept_m new_gradient",
            "true_m = div next_m correct_m",
            "direction = div true_m deviation",
            "decay = mul 0.009999999776482582 weight",
            "update = add direction decay",
            "assign m next_m",
            "assign v next_v",
        ),
        ("update", "direction", "next_m", "next_v"),
        (30522, 1024),
        (37, 64),
    ),
    4: SubGraph(
        (
            *((name, (1,), "f32") for name in ("guard", "weight_norm", "update_norm", "rate")),
            ("update", None, "f32"),
            ("weight", None, "f32"),
        ),
        (
            "ratio = div weight_norm update_norm",
            "moves = greater guard 0.0",
            "first = select moves ratio 1.0",
            "exists = greater weight_norm 0.0",
            "second = select exists first 1.0",
            "below = min second 10.0",
            "trust = max below 0.0",
            "scale = mul trust rate",
            "step = mul scale update",
            "next = sub weight step",
            "assign weight next",
        ),
        ("next",),
        (1024, 1024),
        (48, 40),
    ),
    5: SubGraph(
        (("x", None, "f16"),),
        tuple(line.format("", "x") for line in _TANH),
        ("tanh",),
        (64, 1, 16, 16),
        (4, 1, 16, 16),
    ),
}


def program(number: int, shape: Shape) -> str:
    """The te text of a sub-graph whose main tensors have `shape`."""
    graph, writer = SUBGRAPHS[number], Program()
    values: dict[str, _Value] = {}
    for name, own, element in graph.arguments:
        type_ = tuple(own or shape), element
        values[name] = _Value(writer.argument(f"%{name}", *type_), *type_)
    for line in graph.ops:
        if not line.startswith("assign"):
            result, text = line.split(" = ")
            values[result] = _append(writer, text.split(), values)
    return writer.finish(*(values[name].text for name in graph.results))


@dataclass(frozen=True)
class _Value:
    text: str
    shape: tuple[int, ...]
    element: str


def _append(writer: Program, words: list[str], values: dict[str, _Value]) -> _Value:
    """Write one op. Its result has the type of its operands, truth values and scalars aside."""
    op, *operands = words
    tensors = [values[word] for word in operands if word in values]
    shape = max((v.shape for v in tensors), key=len)
    element = next(v.element for v in tensors if v.element != "i1")
    names = [
        values[word].text if word in values else writer.constant(float(word), element)
        for word in operands
        if op not in ("cast", "reduce")
    ]
    match op:
        case "reduce":
            shape = (*shape[:-1], 1)
            text = f"reduce {operands[0]} {tensors[0].text} axes [{operands[2]}] keepdims"
        case "cast":
            text, element = f"cast {tensors[0].text}", operands[1]
        case "greater":
            text, element = f"compare gt {', '.join(names)}", "i1"
        case _ if len(names) == 1:
            return _Value(writer.op(f"{op} {names[0]}"), shape, element)
        case _:
            text = f"{op} {', '.join(names)}"
    return _Value(writer.op(text, shape, element), shape, element)
