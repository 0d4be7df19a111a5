"""te-set-target: write the machine to compile for into the module."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import ModulePass

DEFAULT_TARGET = "ascend910"


@dataclass(frozen=True)
class TeSetTarget(ModulePass):
    """Write the machine to compile for into the module, as `npu.target`.

    Without the option a target that the module already names is kept; else it is ascend910.
    """

    name = "te-set-target"
    target: str | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = self.target
        if target is None:
            if "npu.target" in op.attributes:
                return
            target = DEFAULT_TARGET
        op.attributes["npu.target"] = StringAttr(target)
