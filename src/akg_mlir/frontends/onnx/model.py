"""Load an ONNX model and bring it to the one form the importer reads.

After `load_model` a model is checked, its shapes are inferred, and calls of functions that have
no translation of their own are replaced by the functions' bodies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.elements import Array

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

OLDEST_OPSET = 7
# Positions of elements are computed in i32.
MOST_ELEMENTS = (1 << 31) - 1
MAIN_DOMAINS = ("", "ai.onnx")
TRAINING_DOMAIN = "ai.onnx.preview.training"


def require_onnx() -> None:
    """Raise CompileError when the optional dependency `onnx` is not installed."""
    if find_spec("onnx") is None:
        raise CompileError(
            "reading ONNX models needs the Python package 'onnx', which is not installed",
            hint="pip install 'akg-mlir[onnx]'",
        )


def load_model(
    source: str | Path | bytes | ModelProto,
    constants: Mapping[str, Array],
    translated: Collection[str],
) -> ModelProto:
    """Read, specialise, inline, check and shape-infer a model.

    `constants` maps graph inputs to values: they become initialisers. `translated` names the
    operators with a translation of their own; others are inlined when ONNX defines them as
    functions. Raises CompileError for anything that is not a valid model of a known opset.
    """
    require_onnx()
    from onnx import checker, defs, shape_inference

    model = _read(source)
    complaints = checker.ValidationError, shape_inference.InferenceError
    # names that are not UTF-8, numbers that are no enumerators, and what the inliner cannot do
    complaints += defs.SchemaError, ValueError, TypeError, RuntimeError
    try:
        return _prepared(model, constants, translated)
    except complaints as error:
        raise CompileError(f"the ONNX model is not valid: {_first_lines(error)}") from error


def _prepared(
    model: ModelProto, constants: Mapping[str, Array], translated: Collection[str]
) -> ModelProto:
    from onnx import checker, inliner, shape_inference

    _check_opset(model)
    _check_sizes(model)
    model = _specialise(model, constants)
    if model.functions:
        model = inliner.inline_local_functions(model)
    model = _inline_operators(model, translated)
    _check_operators(model, translated)
    checker.check_model(model)  # pyright: ignore[reportUnknownMemberType]
    return shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)


def _read(source: str | Path | bytes | ModelProto) -> ModelProto:
    import onnx
    from google.protobuf.message import DecodeError

    if isinstance(source, onnx.ModelProto):
        return source
    name = "the ONNX model" if isinstance(source, bytes) else str(source)
    try:
        if isinstance(source, bytes):
            model = onnx.ModelProto.FromString(source)
        else:
            model = onnx.load(str(source))  # pyright: ignore[reportUnknownMemberType]
    except FileNotFoundError as error:
        raise CompileError(f"{name}: no such file") from error
    except (OSError, onnx.checker.ValidationError) as error:
        raise CompileError(f"{name}: cannot be read: {error}") from error
    except DecodeError as error:
        raise CompileError(
            f"{name}: not an ONNX model, or a truncated one ({error})",
            hint="check the file with `python -m onnx.bin.checker FILE` and fetch it again",
        ) from error
    if not model.HasField("graph"):
        raise CompileError(
            f"{name}: not an ONNX model, or a truncated one (it holds no graph)",
            hint="check the file with `python -m onnx.bin.checker FILE` and fetch it again",
        )
    return model


def opset_of(model: ModelProto) -> int:
    """The version of ONNX's own operators that a model is written in; the newest one where it has
    operators of other domains only. Raises CompileError."""
    from onnx import defs

    for entry in model.opset_import:
        if entry.domain in MAIN_DOMAINS:
            return entry.version
    if all(node.domain not in MAIN_DOMAINS for node in model.graph.node):
        return defs.onnx_opset_version()
    raise CompileError(
        "the model does not say which opset of ai.onnx it uses",
        hint=f"import opset {OLDEST_OPSET} or later",
    )


def _check_opset(model: ModelProto) -> None:
    """Operators of a very old opset are translated where they mean what they meant in opset 7."""
    from onnx import defs

    version = opset_of(model)
    newest = defs.onnx_opset_version()
    if not 1 <= version <= newest:
        raise CompileError(
            f"the model uses opset {version}, which the installed onnx does not know",
            hint=f"opsets {OLDEST_OPSET} to {newest} are supported; install a newer onnx",
        )
    for node in model.graph.node if version < OLDEST_OPSET else ():
        if not _is_as_later(node.op_type, version):
            raise CompileError(
                f"{node.op_type} of {describe(node)} is that of opset {version}; "
                f"{OLDEST_OPSET} or later is needed",
                hint="convert it with onnx.version_converter.convert_version(model, 18)",
            )


def _check_sizes(model: ModelProto) -> None:
    """Before onnx infers shapes: it counts to sizes."""
    for entry in (*model.graph.input, *model.graph.value_info, *model.graph.output):
        sizes = [d.dim_value for d in entry.type.tensor_type.shape.dim if d.HasField("dim_value")]
        if min(sizes, default=0) < 0 or prod(max(size, 1) for size in sizes) > MOST_ELEMENTS:
            raise CompileError(
                f"'{entry.name}' has sizes {sizes}",
                hint=f"at most {MOST_ELEMENTS} elements are supported",
            )


def _is_as_later(operator: str, version: int) -> bool:
    """Whether an operator was not defined anew between an opset and the oldest supported one."""
    from onnx import defs

    if not defs.has(operator, OLDEST_OPSET, ""):
        return True  # refused as unknown later on
    later: Any = defs.get_schema(operator, OLDEST_OPSET, "")
    return later.since_version <= version


def _specialise(model: ModelProto, constants: Mapping[str, Array]) -> ModelProto:
    if not constants:
        return model
    from onnx import ModelProto, numpy_helper

    special = ModelProto()
    special.CopyFrom(model)
    graph = special.graph
    inputs = [entry for entry in graph.input if entry.name not in constants]
    unknown = set(constants) - {entry.name for entry in graph.input}
    if unknown:
        raise CompileError(
            f"constants are given for {_listed(unknown)}, not inputs of the model",
            hint=f"the inputs are {_listed(entry.name for entry in graph.input)}",
        )
    kept = [entry for entry in graph.initializer if entry.name not in constants]
    del graph.input[:]
    graph.input.extend(inputs)
    del graph.initializer[:]
    graph.initializer.extend(kept)
    graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in constants.items()
    )
    return special


def _inline_operators(model: ModelProto, translated: Collection[str]) -> ModelProto:
    """Replace operators that ONNX itself defines by other operators (LogSoftmax, CastLike, …)."""
    from onnx import defs, inliner

    version = opset_of(model)
    while True:
        inlined = set[tuple[str, str]]()
        for node in model.graph.node:
            if node.domain not in MAIN_DOMAINS or node.op_type in translated:
                continue
            if defs.has(node.op_type, ""):
                # The stubs of onnx lack these two properties.
                schema: Any = defs.get_schema(node.op_type, version, "")
                if schema.has_function or schema.has_context_dependent_function:
                    inlined.add((node.domain, node.op_type))
        if not inlined:
            return model
        before = len(model.graph.node)
        try:
            model = inliner.inline_selected_functions(
                _with_defaults(model, inlined, version),
                list(inlined),
                exclude=False,
                inline_schema_functions=True,
            )
        except RuntimeError as error:  # of operands that are left out, it knows no type
            names = _listed(name for _, name in inlined)
            raise CompileError(
                f"onnx cannot replace {names} by simpler operators: {_first_lines(error)}",
                hint=f"operators with a translation of their own are {_listed(translated)}",
            ) from error
        if len(model.graph.node) == before:
            return model


def _with_defaults(
    model: ModelProto, names: Collection[tuple[str, str]], version: int
) -> ModelProto:
    """Nodes of those operators with all their attributes written out: the inliner takes an
    attribute that is left out for absent in the definition, not for its default."""
    from onnx import AttributeProto, ModelProto, defs

    complete = ModelProto()
    complete.CopyFrom(model)
    for node in complete.graph.node:
        if (node.domain, node.op_type) not in names:
            continue
        given = {attribute.name for attribute in node.attribute}
        for name, attribute in defs.get_schema(node.op_type, version, "").attributes.items():
            default: Any = attribute.default_value
            if name not in given and default.type != AttributeProto.UNDEFINED:
                node.attribute.append(default)
    return complete


def _check_operators(model: ModelProto, translated: Collection[str]) -> None:
    """Before onnx's own checks, whose message for an unknown operator does not name the node."""
    for node in model.graph.node:
        if node.domain not in (*MAIN_DOMAINS, TRAINING_DOMAIN):
            raise CompileError(
                f"operator {node.domain}.{node.op_type} of {describe(node)} is not supported",
                hint=f"only operators of the default ONNX domain and of {TRAINING_DOMAIN} are",
            )
        if node.op_type not in translated:
            raise CompileError(
                f"operator {node.op_type} of {describe(node)} is not supported",
                hint=f"supported are {_listed(translated)}",
            )


def describe(node: NodeProto) -> str:
    """How messages name a node: by its name, else by what it computes."""
    if node.name:
        return f"node '{node.name}'"
    return f"the node that computes '{node.output[0]}'" if node.output else "an unnamed node"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _first_lines(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:3])
