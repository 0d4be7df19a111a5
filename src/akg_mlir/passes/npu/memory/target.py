"""The target of a module, from its `npu.target` attribute."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp, StringAttr

from akg_mlir.diagnostics import CompileError
from akg_mlir.targets import Target, UnknownTarget, load, names


def target_of(module: ModuleOp) -> Target:
    """The target named by `npu.target`. Raises `CompileError` if absent or unknown."""
    name = module.attributes.get("npu.target")
    known = ", ".join(names())
    if not isinstance(name, StringAttr):
        raise CompileError(
            'the module has no string attribute "npu.target"', module, hint=f"one of {known}"
        )
    try:
        return load(name.data)
    except UnknownTarget as error:
        raise CompileError(str(error), module) from error


def target_or_default(module: ModuleOp) -> Target:
    """The target that the module names, else the first one, for passes that take text without."""
    return target_of(module) if "npu.target" in module.attributes else load("ascend910")
