"""te-set-target: write the machine to compile for into the module."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError
from akg_mlir.targets import names

DEFAULT_TARGET = "ascend910"


@dataclass(frozen=True)
class TeSetTarget(ModulePass):
    """Write the machine to compile for into the module, as `npu.target`.

    Without the option a target that the module already names is kept; else it is ascend910.
    """

    name = "te-set-target"
    target: str | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        present = op.attributes.get("npu.target")
        if present is not None and not isinstance(present, StringAttr):
            raise CompileError(
                f"the module's npu.target is {present}, not the name of a machine",
                hint=f"there are {', '.join(names())}",
            )
        target = self.target
        if target is None:
            target = DEFAULT_TARGET if present is None else present.data
        if target not in names():
            raise CompileError(f"unknown target '{target}'", hint=f"there are {', '.join(names())}")
        op.attributes["npu.target"] = StringAttr(target)
