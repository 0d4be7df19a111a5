"""convert-linalg-to-te: functions of linalg on tensors become functions of te."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from akg_mlir.frontends.linalg import import_linalg, is_linalg


@dataclass(frozen=True)
class ConvertLinalgToTe(ModulePass):
    """Import linalg on tensors into te; a module without linalg stays as it is."""

    name = "convert-linalg-to-te"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if not is_linalg(op):
            return
        imported = import_linalg(op)
        for old in list(op.ops):
            old.detach()
            old.erase(safe_erase=False)
        for new in list(imported.ops):
            new.detach()
            op.body.block.add_op(new)
