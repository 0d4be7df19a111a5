"""Greedy grouping of a function's tensor ops into kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.fusion import is_contraction

Refusal = Callable[[Sequence[Operation]], str | None]
"""Why some ops, in program order, may not be one kernel; None when they may."""

Report = Callable[[str, Operation, str], None]
"""(kind of remark, op, message)."""


@dataclass
class Clusters:
    """The kernels of one block while they grow; ops that stay in the graph belong to none.

    Invariant: the clusters and the graph's ops can be ordered so that all uses come after their
    definitions.
    """

    block: Block
    refusal: Refusal
    report: Report
    position: dict[Operation, int] = field(default_factory=dict[Operation, int])
    of: dict[Operation, frozenset[Operation]] = field(
        default_factory=dict[Operation, frozenset[Operation]]
    )

    def grow(self) -> None:
        """Put every op with its producers where that is legal, then unite equal siblings."""
        self.position = {op: index for index, op in enumerate(self.block.ops)}
        for op in self.position:
            if not stays_in_graph(op):
                self.of[op] = frozenset({op})
                self._join_producers(op)
        self._unite_siblings()

    def units(self) -> list[tuple[Operation, ...]]:
        """Clusters (ops in program order) and single graph ops, in an order of execution."""
        pending = {self._unit(op): None for op in self.position}
        done: set[Operation] = set()
        ordered: list[tuple[Operation, ...]] = []
        while pending:
            unit = next(u for u in pending if all(p in done for p in self._producers(u)))
            del pending[unit]
            done |= set(unit)
            ordered.append(unit)
        return ordered

    def _unit(self, op: Operation) -> tuple[Operation, ...]:
        return self._in_order(self.of.get(op, frozenset({op})))

    def _in_order(self, ops: Iterable[Operation]) -> tuple[Operation, ...]:
        return tuple(sorted(ops, key=self.position.__getitem__))

    def _producers(self, ops: Iterable[Operation]) -> set[Operation]:
        """The ops outside of `ops` whose results they use."""
        owners = {v.owner for op in ops for v in op.operands if not isinstance(v, BlockArgument)}
        return {o for o in owners if isinstance(o, Operation)} - set(ops)

    def _join_producers(self, op: Operation) -> None:
        candidates = {self.of[p]: None for p in self._producers([op]) if p in self.of}

        def rank(cluster: frozenset[Operation]) -> tuple[bool, int]:
            """Contractions first, since an epilogue saves most; then the latest."""
            cube = any(is_contraction(member) for member in cluster)
            return not cube, -max(self.position[member] for member in cluster)

        for candidate in sorted(candidates, key=rank):
            self._try_to_unite(self.of[op], candidate, op)

    def _try_to_unite(
        self, a: frozenset[Operation], b: frozenset[Operation], op: Operation
    ) -> None:
        union = a | b
        reason = self.refusal(self._in_order(union))
        if reason is None and self._on_a_cycle(union):
            reason = "another kernel would have to run in between"
        if reason is not None:
            self.report("missed", op, reason)
            return
        for member in union:
            self.of[member] = union
        self.report("passed", op, f"joins a kernel of {len(union)} ops")

    def _on_a_cycle(self, union: frozenset[Operation]) -> bool:
        """Whether something outside both uses a result of the union and is used by it."""
        last = max(self.position[op] for op in union)
        seen: set[Operation] = set()
        pending = list(union)
        while pending:
            for use in pending.pop().results[0].uses:
                user = use.operation
                if user in seen or user in union:
                    continue
                reached = self.of.get(user, frozenset({user}))
                seen |= reached
                if min(self.position[op] for op in reached) > last:
                    continue
                if self._producers(union) & reached:
                    return True
                pending.extend(op for op in reached if op.results)
        return False

    def _unite_siblings(self) -> None:
        """Small kernels of equal results that do not depend on each other become one."""
        heads: dict[tuple[int, ...], Operation] = {}
        for op in self.position:
            if op not in self.of or len(self.of[op]) > 1 or not isinstance(op, te.ElementwiseOp):
                continue
            shape = te.shape_of(op.results[0])
            head = heads.setdefault(shape, op)
            if head is not op:
                self._try_to_unite(self.of[head], self.of[op], op)


def stays_in_graph(op: Operation) -> bool:
    """Whether the op is none of a kernel's: views, constants, packing of weights, the return."""
    if isinstance(op, te.PackOp):
        return is_weight(op.operand)
    return isinstance(op, te.ReshapeOp | te.ConstantOp) or not op.name.startswith("te.")


def is_weight(value: SSAValue) -> bool:
    """Whether the value is known before the graph runs: a resource, a constant, a view of one."""
    owner = value.owner
    if isinstance(owner, te.ReshapeOp):
        return is_weight(owner.operand)
    if isinstance(owner, te.ConstantOp):
        return True
    function = owner.parent_op() if isinstance(owner, Block) else None
    if not isinstance(value, BlockArgument) or function is None:
        return False
    attributes = getattr(function, "arg_attrs", None)
    return attributes is not None and "te.resource" in attributes.data[value.index].data
