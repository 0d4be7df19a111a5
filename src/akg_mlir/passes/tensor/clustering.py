"""Grouping a function's tensor ops into kernels, from its results to its inputs."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import combinations

from xdsl.ir import Block, Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.fusion import CUBE, Fusion, Gain, Kernel, NotFused
from akg_mlir.passes.tensor.host_values import stays_in_graph
from akg_mlir.passes.tensor.rewriting import shown, splat_of

MOST_STRANGERS = 64
"""Ops of a kernel made of kernels by themselves: longer ones take too long to compile."""

Report = Callable[[str, Operation, str, dict[str, int]], None]
"""(kind of remark, op, message, figures)."""


@dataclass
class Clusters:
    """The kernels of one block while they grow; ops that stay in the graph belong to none.

    Invariant: the kernels and the graph's ops can be ordered so that all uses come after their
    definitions.
    """

    block: Block
    fusion: Fusion
    report: Report
    position: dict[Operation, int] = field(default_factory=dict[Operation, int])
    of: dict[Operation, Kernel] = field(default_factory=dict[Operation, Kernel])

    def grow(self) -> None:
        """Put every op into the kernel of its users where that pays; then unite kernels that read
        the same inputs."""
        self.position = {op: index for index, op in enumerate(self.block.ops)}
        for op in reversed(self.position):
            if not stays_in_graph(op):
                self._place(op)
        self._unite_siblings()
        self._unite_strangers()
        self._explain_borders()

    def units(self) -> list[tuple[Operation, ...]]:
        """Kernels (ops in program order) and single graph ops, in an order of execution."""
        number: dict[Operation, int] = {}
        units: list[tuple[Operation, ...]] = []
        for op in self.position:
            if op not in number:
                units.append(self._unit(op))
                number |= dict.fromkeys(units[-1], len(units) - 1)
        producers = [self._producers(unit, number) for unit in units]
        users: list[list[int]] = [[] for _ in units]
        for user, needed in enumerate(producers):
            for producer in needed:
                users[producer].append(user)
        waiting = [len(needed) for needed in producers]
        ready = [k for k, missing in enumerate(waiting) if not missing]
        ordered: list[tuple[Operation, ...]] = []
        while ready:
            done = heapq.heappop(ready)
            ordered.append(units[done])
            for user in users[done]:
                waiting[user] -= 1
                if not waiting[user]:
                    heapq.heappush(ready, user)
        return ordered

    def _unit(self, op: Operation) -> tuple[Operation, ...]:
        kernel = self.of.get(op)
        return (op,) if kernel is None else tuple(sorted(kernel.ops, key=self.position.__getitem__))

    def _producers(self, unit: tuple[Operation, ...], number: dict[Operation, int]) -> set[int]:
        owners = (v.owner for op in unit for v in op.operands)
        return {number[o] for o in owners if isinstance(o, Operation)} - {number[unit[0]]}

    # ---------------------------------------------------------------------------------- producers

    def _place(self, op: Operation) -> None:
        """Into the kernel of its users, or a kernel of its own."""
        users = [use.operation for use in op.results[0].uses]
        kernels = self._kernels_of(users)
        while any(self._unite(a, b, op) for a, b in combinations(kernels, 2)):
            kernels = self._kernels_of(users)
        for kernel in kernels:
            outside = [u for u in users if self.of.get(u) is not kernel]
            if self._join(kernel, op, outside):
                return
        self._set(self.fusion.alone(op))
        for kernel in kernels:
            self.fusion.settle(kernel, op)

    def _kernels_of(self, ops: Iterable[Operation]) -> list[Kernel]:
        return list(dict.fromkeys(self.of[op] for op in ops if op in self.of))

    def _join(self, kernel: Kernel, op: Operation, outside: list[Operation]) -> bool:
        try:
            if self._reaches(outside, kernel):
                raise NotFused("another kernel would have to run in between")
            grown, gain = self.fusion.joined(kernel, op, live_out=bool(outside))
        except NotFused as error:
            self._missed(op, error)
            return False
        self._set(grown)
        self._passed(op, grown, gain)
        for user in outside:
            if user in self.of:
                self.fusion.settle(self.of[user], op)
        return True

    def _reaches(self, starts: Iterable[Operation], kernel: Kernel) -> bool:
        """Whether an op of the kernel depends on one of `starts`, which are outside of it."""
        last = max(self.position[op] for op in kernel.ops)
        seen: set[Operation] = set()
        pending = list(starts)
        while pending:
            op = pending.pop()
            if self.of.get(op) is kernel:
                return True
            if op in seen:
                continue
            together = self._unit(op)
            seen |= set(together)
            pending += [
                use.operation
                for member in together
                for result in member.results
                for use in result.uses
                if self.position[use.operation] <= last or use.operation in self.of
            ]
        return False

    # ----------------------------------------------------------------------------------- siblings

    def _unite_siblings(self) -> None:
        """Kernels that read the same value and do not depend on each other become one."""
        for op in self.position:
            for value in op.operands if op in self.of else ():
                if splat_of(value) is None:
                    users = [u.operation for u in value.uses if u.operation in self.of]
                    for user in users:
                        if self.of[user] is not self.of[op]:
                            self._unite(self.of[op], self.of[user], op)

    def _unite(self, a: Kernel, b: Kernel, op: Operation) -> bool:
        if self._reaches(self._outside_users(a), b) or self._reaches(self._outside_users(b), a):
            return False
        try:
            common = self._inputs(a) & self._inputs(b)
            tensors = [self.fusion.steps.tensor(v) for v in self._operands(a) if v in common]
            united, gain = self.fusion.united(a, b, tensors)
        except NotFused as error:
            self._missed(op, error)
            return False
        self._set(united)
        self._passed(op, united, gain)
        return True

    def _outside_users(self, kernel: Kernel) -> list[Operation]:
        inside = set(kernel.ops)
        uses = (use.operation for op in kernel.ops for use in op.results[0].uses)
        return [user for user in uses if user not in inside]

    def _operands(self, kernel: Kernel) -> dict[SSAValue, None]:
        return dict.fromkeys(v for op in kernel.ops for v in op.operands if splat_of(v) is None)

    def _inputs(self, kernel: Kernel) -> set[SSAValue]:
        inside = set(kernel.ops)
        return {v for v in self._operands(kernel) if v.owner not in inside}

    # ---------------------------------------------------------------------------------- strangers

    def _unite_strangers(self) -> None:
        """Kernels that need the same others, and are needed by the same, become one: their tile
        bands follow each other, and the latency of a kernel's first and last transfers is paid
        once."""
        strangers: dict[object, list[Kernel]] = {}
        for kernel in dict.fromkeys(self.of.values()):
            on_cube = any(isinstance(op, CUBE) for op in kernel.ops)
            if not (on_cube or kernel.reason):
                strangers.setdefault(self._neighbours(kernel), []).append(kernel)
        for alike in strangers.values():
            waiting: list[Kernel] = []
            for kernel in alike:
                if sum(len(k.ops) for k in (*waiting, kernel)) > MOST_STRANGERS:
                    self._merge(waiting)
                    waiting = []
                waiting.append(kernel)
            self._merge(waiting)

    def _neighbours(self, kernel: Kernel) -> tuple[frozenset[Kernel], frozenset[Kernel]]:
        """The kernels that a kernel reads from, and those that read what it writes."""
        read = (shown(value).owner for value in self._operands(kernel))
        users = (user for op in kernel.ops for user in self._users(op.results[0]))
        needed = self._kernels_of(owner for owner in read if isinstance(owner, Operation))
        needing = self._kernels_of(users)
        return frozenset(needed) - {kernel}, frozenset(needing) - {kernel}

    def _users(self, value: SSAValue) -> list[Operation]:
        """Ops that read a value, through views too."""
        direct = [use.operation for use in value.uses]
        views = [v for op in direct if isinstance(op, te.ReshapeOp) for v in self._users(op.result)]
        return [*direct, *views]

    def _merge(self, kernels: list[Kernel]) -> None:
        if len(kernels) > 1:
            ops = sorted((op for k in kernels for op in k.ops), key=self.position.__getitem__)
            self._set(Kernel(ops, reason="tile bands by themselves"))
            message = f"{len(kernels)} kernels that do not wait for each other become one"
            self.report("passed", ops[-1], message, {"kernels": len(kernels)})

    # ------------------------------------------------------------------------------------ borders

    def _explain_borders(self) -> None:
        """Say why there are several kernels where no question of cost was asked."""
        for op in self.position:
            if isinstance(op, te.ReshapeOp) and op.operand.owner in self.of:
                if any(use.operation in self.of for use in op.result.uses):
                    self._missed(op, NotFused("a reshape is a border between kernels"))
        kernels = list(dict.fromkeys(self.of.values()))
        readers = Counter(value for kernel in kernels for value in self._touched(kernel))
        for kernel in kernels if len(kernels) > 1 else ():
            if all(readers[value] == 1 for value in self._touched(kernel)):
                self._missed(
                    kernel.ops[-1],
                    NotFused("shares no value, under one shape, with another kernel"),
                )

    def _touched(self, kernel: Kernel) -> set[SSAValue]:
        """What a kernel reads and writes."""
        return {*self._operands(kernel), *(op.results[0] for op in kernel.ops)}

    # ------------------------------------------------------------------------------------- shared

    def _set(self, kernel: Kernel) -> None:
        for op in kernel.ops:
            self.of[op] = kernel

    def _missed(self, op: Operation, error: NotFused) -> None:
        self.report("missed", op, str(error), {} if error.gain is None else error.gain.numbers())

    def _passed(self, op: Operation, kernel: Kernel, gain: Gain) -> None:
        self.report("passed", op, f"joins a kernel of {len(kernel.ops)} ops", gain.numbers())
