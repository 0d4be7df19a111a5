"""Whatever a user may hand to the compiler, as one module in `te`, with its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from xdsl.dialects.builtin import MemRefType, ModuleOp, StringAttr, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends import composite
from akg_mlir.parsing import parse_module
from akg_mlir.verification import verify_module

if TYPE_CHECKING:
    from onnx import ModelProto

SourceLike: TypeAlias = "str | Path | ModuleOp | ModelProto | Mapping[str, object]"
"""What a program may be given as; see `load`."""

Array = np.ndarray[Any, np.dtype[Any]]
COMPOSITE_SUFFIXES = (".json", ".info")
SUFFIXES = (".mlir", ".onnx", *COMPOSITE_SUFFIXES)
"""The kinds of files that are programs."""


@dataclass(frozen=True)
class Source:
    """A program to compile: `module`, its public function `entry`, and the values of weights.

    Arguments of the entry that carry `te.resource = "name"` are weights; `weights` holds their
    values where the source has them (an ONNX model has, MLIR text has not).
    """

    module: ModuleOp
    entry: str
    weights: Mapping[str, Array]
    name: str

    def function(self) -> FuncOp:
        """The entry function."""
        return function_named(self.module, self.entry)

    @property
    def on_buffers(self) -> bool:
        """Whether the program is loops on memrefs: one kernel, without a tensor floor."""
        inputs = self.function().function_type.inputs
        return bool(inputs) and all(isinstance(type_, MemRefType) for type_ in inputs)


def load(source: SourceLike, constants: Mapping[str, Array] | None = None) -> Source:
    """Load a path (`.mlir`, `.onnx`, `.json`, `.info`), MLIR text, a module, an ONNX ModelProto or
    a composite JSON document (a dictionary).

    A string is text when it has a line break or no file suffix. `linalg` modules are imported
    into `te`. `constants` are values of ONNX graph inputs that must be known when compiling.
    Raises CompileError, ParseError, VerifyException or OSError; each says what and where.
    """
    if isinstance(source, ModuleOp):
        return from_module(source.clone(), "<module>")
    if isinstance(source, str) and not _is_path(source):
        return from_module(parse_module(source), "<text>")
    if isinstance(source, str | Path):
        return _load_file(Path(source), constants)
    if isinstance(source, Mapping):
        return _import_composite(composite.read(dict(source)), "<dictionary>")
    return _import_onnx(source, "<model>", constants)


def _is_path(text: str) -> bool:
    return "\n" not in text and (text.endswith(SUFFIXES) or Path(text).exists())


def _load_file(path: Path, constants: Mapping[str, Array] | None) -> Source:
    match path.suffix:
        case ".onnx":
            path.open("rb").close()  # Missing or unreadable files are reported as such.
            return _import_onnx(str(path), str(path), constants)
        case ".mlir":
            return from_module(parse_module(_text(path), str(path)), str(path))
        case suffix if suffix in COMPOSITE_SUFFIXES:
            return _import_composite(composite.parse(_text(path), str(path)), str(path))
        case other:
            path.open("rb").close()
            known = ", ".join(SUFFIXES)
            raise CompileError(f"{path}: unknown kind of file '{other}'", hint=f"known are {known}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CompileError(f"{path}: not UTF-8 text (byte {error.start})") from None


def _import_composite(description: composite.Description, name: str) -> Source:
    return Source(composite.import_composite(description).module, "main", {}, name)


def _import_onnx(
    model: str | ModelProto, name: str, constants: Mapping[str, Array] | None
) -> Source:
    from akg_mlir.frontends.onnx import import_model

    imported = import_model(model, constants=constants)
    return Source(imported.module, "main", imported.weights, name)


def from_module(module: ModuleOp, name: str) -> Source:
    """The source a parsed module is: verified, with linalg imported into te."""
    from akg_mlir.frontends.linalg import import_linalg, is_linalg

    verify_module(module)
    if is_linalg(module):
        module = import_linalg(module)
        verify_module(module)
    return Source(module, entry_of(module), {}, name)


def entry_of(module: ModuleOp) -> str:
    """The name of the function that a user calls: the only public one that is no kernel.

    A module whose only functions are kernels has one entry when it has one kernel. Raises
    CompileError when there is none or more than one.
    """
    functions = [op for op in module.ops if isinstance(op, FuncOp) and not op.is_declaration]
    public = [
        op
        for op in functions
        if op.sym_visibility in (None, StringAttr("public")) and "npu.kernel" not in op.attributes
    ]
    candidates = public or functions
    names = [op.sym_name.data for op in candidates]
    if len(names) != 1:
        found = f"it has {', '.join('@' + name for name in names)}" if names else "it has none"
        raise CompileError(
            f"the module must have one public func.func to compile, {found}",
            hint='mark helpers with sym_visibility = "private"' if names else None,
        )
    return names[0]


def function_named(module: ModuleOp, name: str) -> FuncOp:
    """The function `name` of a module that has it."""
    return next(op for op in module.ops if isinstance(op, FuncOp) and op.sym_name.data == name)


def resource_of(function: FuncOp, index: int) -> str | None:
    """The weight that argument `index` stands for, if it is one."""
    if function.arg_attrs is None:
        return None
    resource = function.arg_attrs.data[index].data.get("te.resource")
    return resource.data if isinstance(resource, StringAttr) else None


def check_arguments(function: FuncOp) -> None:
    """Raise CompileError unless all arguments are static tensors or all are static memrefs, as
    `akg run` needs them."""
    for index, type_ in enumerate(function.function_type.inputs):
        if not (isa(type_, TensorType[Attribute]) or isa(type_, MemRefType[Attribute])):
            raise CompileError(
                f"argument {index} is {type_}, neither tensor nor memref",
                function,
                hint="programs are functions of tensors, or of memrefs",
            )
        if type(type_) is not type(function.function_type.inputs.data[0]):
            raise CompileError(
                f"argument {index} is {type_}, argument 0 is of another kind",
                function,
                hint="programs are functions of tensors only, or of memrefs only",
            )
        if -1 in type_.get_shape():
            raise CompileError(
                f"argument {index} has a dynamic shape, {type_}",
                function,
                hint="shapes must be static: compile one program per shape",
            )
