"""Writes kernels of single instructions as MLIR text and runs them on the machine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.func import FuncOp

from akg_mlir import targets
from akg_mlir.emit.program import decode
from akg_mlir.machine import Machine, RunResult
from akg_mlir.machine.program import Program
from akg_mlir.parsing import parse_module
from akg_mlir.verification import verify_module

MODES = ("program", "timed", "adversarial")


class Kernel:
    """Text of one kernel; methods append ops and return the names of values."""

    def __init__(self, target: str = "ascend910", cores: int = 1) -> None:
        self.target = targets.load(target)
        self.cores = cores
        self.arguments: list[str] = []
        self.lines: list[str] = []
        self.types: dict[str, str] = {}
        self.count = 0

    def name(self) -> str:
        self.count += 1
        return f"%n{self.count}"

    def line(self, text: str) -> None:
        self.lines.append(text)

    def gm(self, size: str, element: str = "f16") -> str:
        """An argument; `size` like "64x32"."""
        value = f"%arg{len(self.arguments)}"
        self.types[value] = f"memref<{size}x{element}, #npu<space gm>>"
        self.arguments.append(f"{value}: {self.types[value]}")
        return value

    def buffer(self, space: str, address: int, size: str, element: str = "f16") -> str:
        value = self.name()
        self.types[value] = f"memref<{size}x{element}, #npu<space {space}>>"
        self.line(f"{value} = npu.buffer at {address} : {self.types[value]}")
        return value

    def ptr(
        self, source: str, offset: str | int = 0, indices: Sequence[str] = (), element=""
    ) -> str:
        """A pointer `offset` bytes into a buffer; the offset may use d0, d1 for the indices."""
        value = self.name()
        memref = self.types[source]
        space = memref.split("space ")[1].split(">")[0]
        element = element or memref.split(",")[0].split("x")[-1]
        dims = ", ".join(f"d{i}" for i in range(len(indices)))
        self.types[value] = f"!npu.ptr<{space}, {element}>"
        self.line(
            f"{value} = npu.ptr {source}[affine_map<({dims}) -> ({offset})>]"
            f"({', '.join(indices)}) : {memref} -> {self.types[value]}"
        )
        return value

    def copy(self, dst: str, src: str, blocks: int, bursts: int = 1, gaps=(0, 0)) -> None:
        self.line(
            f"npu.copy {dst}, {src} bursts {bursts} x {blocks} gaps {gaps[0]}, {gaps[1]} : "
            f"{self.types[dst]}, {self.types[src]}"
        )

    def vec(
        self,
        opcode: str,
        dst: str | None,
        srcs: Sequence[str] = (),
        *,
        repeat: int = 1,
        mask: int,
        strides: Sequence[tuple[int, int]] | None = None,
        scalar: str = "",
        register: str = "",
    ) -> None:
        """`strides` holds the (block, repeat) pairs of the destination and the sources."""
        pairs = list(strides or [(1, 8)] * (1 + len(srcs)))
        text = f"npu.vec {opcode}"
        text += f" dst {dst} : {self.types[dst]}" if dst else ""
        kinds = ", ".join(self.types[s] for s in srcs)
        text += f" src {', '.join(srcs)} : {kinds}" if srcs else ""
        text += f" scalar {scalar}" if scalar else ""
        text += f" register {register} : {self.types[register]}" if register else ""
        sources = ", ".join(str(x) for pair in pairs[1:] for x in pair)
        text += f" repeat {repeat} mask {mask} strides [{pairs[0][0]}, {pairs[0][1]}], [{sources}]"
        self.line(text)

    def barrier(self, pipe: str = "all") -> None:
        self.line(f"npu.pipe_barrier {pipe}")

    def flag(self, kind: str, src: str, dst: str, event: int = 0) -> None:
        self.line(f"npu.{kind}_flag [{src}, {dst}, {event}]")

    def load(self, argument: str, buffer: str, blocks: int) -> None:
        """The start of an argument to the start of a buffer, and wait for it."""
        self.copy(self.ptr(buffer), self.ptr(argument), blocks)
        self.barrier()

    def store(self, buffer: str, argument: str, blocks: int) -> None:
        """The start of a buffer to the start of an argument, after everything before."""
        self.barrier()
        self.copy(self.ptr(argument), self.ptr(buffer), blocks)

    def text(self) -> str:
        lines = "\n  ".join([*self.lines, "func.return"])
        attributes = f"attributes {{npu.kernel, npu.cores = {self.cores} : i64}}"
        return f"func.func @kernel({', '.join(self.arguments)}) {attributes} {{\n  {lines}\n}}"

    def program(self) -> Program:
        module = parse_module(self.text())
        verify_module(module)
        function = next(op for op in module.ops if isinstance(op, FuncOp))
        return decode(function, self.target)

    def run(self, *arrays: np.ndarray, mode="program", seed: int = 0) -> RunResult:
        return Machine(self.target).run(self.program(), arrays, mode, seed)

    def run_all(self, *arrays: np.ndarray) -> np.ndarray:
        """The first output; all orders must give it, without races."""
        program = self.program()
        machine = Machine(self.target)
        results = [machine.run(program, arrays, mode, seed=7) for mode in MODES]
        assert not results[0].races, [str(race) for race in results[0].races]
        for result in results[1:]:
            assert result.outputs[0].tobytes() == results[0].outputs[0].tobytes()
        return results[0].outputs[0]
