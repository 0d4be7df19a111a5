"""The instruction stream of one core: control flow run, addresses computed and checked.

Nothing here depends on data, so a stream is known before anything executes. The control flow is
written as one Python function; an issued instruction is a tuple: the instruction's number, its
operands' addresses and, for a mad, the init condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from akg_mlir.machine.errors import BoundsError, FieldError
from akg_mlir.machine.isa import Access, Plan
from akg_mlir.machine.program import (
    BLOCK,
    GM,
    Fetch,
    If,
    Instruction,
    Let,
    Loop,
    Mad,
    Node,
    Operand,
    Program,
    ScalarLoad,
    Vec,
)

if TYPE_CHECKING:
    from akg_mlir.targets import Target

Issued: TypeAlias = tuple[int, ...]


def instructions(nodes: Sequence[Node]) -> Iterator[Instruction]:
    """All instructions, in the order that numbers them."""
    for node in nodes:
        match node:
            case Loop():
                yield from instructions(node.body)
            case If():
                yield from instructions(node.then)
                yield from instructions(node.otherwise)
            case Let():
                pass
            case _:
                yield node


def control_flow(program: Program) -> Callable[[int], list[Issued]]:
    """A function from a core's index to its stream."""
    writer = _Writer()
    writer.block(program.body, 1)
    source = "\n".join(
        [
            "def stream(core):",
            "    issued = []",
            "    emit = issued.append",
            *writer.lines,
            "    return issued",
        ]
    )
    scope: dict[str, Any] = {}
    exec(compile(source, f"<{program.name}>", "exec"), scope)
    return scope["stream"]


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.count = 0

    def block(self, nodes: Sequence[Node], depth: int) -> None:
        indent = "    " * depth
        self.lines.append(f"{indent}pass")
        for node in nodes:
            match node:
                case Let(variables=()):
                    pass
                case Let():
                    names = ", ".join(node.variables)
                    self.lines.append(f"{indent}{names} = {', '.join(node.values)}")
                case Loop():
                    bounds = f"{node.lower}, {node.upper}, {node.step}"
                    self.lines.append(f"{indent}for {node.variable} in range({bounds}):")
                    self.block(node.body, depth + 1)
                case If():
                    self.lines.append(f"{indent}if {node.condition}:")
                    self.block(node.then, depth + 1)
                    self.lines.append(f"{indent}else:")
                    self.block(node.otherwise, depth + 1)
                case _:
                    self.lines.append(f"{indent}emit(({self._issue(node)},))")

    def _issue(self, instruction: Instruction) -> str:
        fields = [str(self.count), *(o.address for o in instruction.operands)]
        if isinstance(instruction, Mad):
            fields.append(instruction.init)
        self.count += 1
        return ", ".join(fields)


class Checker:
    """Bounds, alignment and overlap of operands; a finding is remembered per set of addresses."""

    def __init__(self, program: Program, plans: Sequence[Plan], target: Target) -> None:
        self.program = program
        self.target = target
        self.rules = [(plan, self._rules(plan)) for plan in plans]
        self._checked: set[Issued] = set()

    def _rules(self, plan: Plan) -> list[tuple[int, int, int, int]]:
        """(operand, lowest address, highest address, alignment) per access."""
        return [self._rule(plan.instruction.operands[a.operand], a) for a in plan.accesses]

    def _rule(self, operand: Operand, access: Access) -> tuple[int, int, int, int]:
        buffer = self.program.buffers[operand.buffer]
        size, start = buffer.bytes, buffer.address
        alignment = access.alignment
        if operand.memory != GM:
            # Storage on chip is dealt out in whole blocks.
            size = -(-size // BLOCK) * BLOCK
            size = min(size, self.target.memories[operand.memory] - start)
        if alignment is None:
            alignment = self.target.alignments[operand.memory]
        low = start - min(box.low for box in access.boxes)
        high = start + size - max(box.high for box in access.boxes)
        return access.operand, low, high, alignment

    def check(self, stream: Sequence[Issued]) -> None:
        """Raise `BoundsError` or `FieldError` for the first bad instruction of a stream."""
        checked = self._checked
        for issued in stream:
            if issued not in checked:
                self._check(issued)
                checked.add(issued)

    def _check(self, issued: Issued) -> None:
        plan, rules = self.rules[issued[0]]
        for operand, low, high, alignment in rules:
            address = issued[operand + 1]
            if not low <= address <= high:
                raise self._outside(plan, operand, address)
            if address % alignment:
                raise FieldError(
                    f"{plan.instruction.label}: address {address:#x} of operand {operand} "
                    f"in {plan.instruction.operands[operand].memory} is not a multiple of "
                    f"{alignment}"
                )
        problem = plan.conflict(issued[1:])
        if problem is not None:
            raise FieldError(f"{plan.instruction.label}: {problem}")

    def _outside(self, plan: Plan, operand: int, address: int) -> BoundsError:
        access = next(a for a in plan.accesses if a.operand == operand)
        what = plan.instruction.operands[operand]
        buffer = self.program.buffers[what.buffer]
        first = address + min(box.low for box in access.boxes)
        last = address + max(box.high for box in access.boxes)
        verb = "writes" if access.write else "reads"
        return BoundsError(
            f"{plan.instruction.label}: {verb} bytes {first:#x} to {last:#x} of {what.memory}, "
            f"outside {buffer.name} at {buffer.address:#x} to {buffer.address + buffer.bytes:#x}"
        )


def register_sources(stream: Sequence[Issued], code: Sequence[Instruction]) -> dict[int, int]:
    """For each issued instruction that takes a register: the load that filled it.

    Raises `FieldError` for a register that was never filled.
    """
    filled: dict[int, int] = {}
    sources: dict[int, int] = {}
    for position, issued in enumerate(stream):
        instruction = code[issued[0]]
        if isinstance(instruction, ScalarLoad):
            filled[instruction.register] = position
        elif isinstance(instruction, Vec | Fetch) and instruction.register is not None:
            if instruction.register not in filled:
                raise FieldError(f"{instruction.label}: its register was never loaded")
            sources[position] = filled[instruction.register]
    return sources
