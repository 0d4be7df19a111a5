"""Source -> pipeline -> Kernel: the one place that strings the floors together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from xdsl.passes import ModulePass, PassPipeline, PassPipelineCallbackType

from akg_mlir.compilation import Compilation, Progress, compile_source, silent
from akg_mlir.diagnostics import Remark
from akg_mlir.inputs import bind_weights
from akg_mlir.parsing import make_context
from akg_mlir.passes.pipelines import Akg, Precision, flatten, parse_pipeline
from akg_mlir.sources import Array, SourceLike, load

if TYPE_CHECKING:
    from akg_mlir.execution.host import HostProgram
    from akg_mlir.execution.library import Program
    from akg_mlir.execution.machine import Runner
    from akg_mlir.report.figures import RunReport


def pipeline(
    passes: str | Iterable[ModulePass], callback: PassPipelineCallbackType | None = None
) -> PassPipeline:
    """A pass pipeline from a string (`"a,b{option=1}"`) or from pass objects, flattened.

    `callback(previous, module, following)` is called before, between and after the passes; run
    it with `.apply(akg_mlir.make_context(), module)`. Raises CompileError on a bad string.
    """
    steps = parse_pipeline(passes) if isinstance(passes, str) else flatten(passes)
    return PassPipeline(steps, callback)


# floor -> the prefixes of its passes; `ir(floor)` is the IR after the last of them
_FLOORS = {"te": ("te-",), "affine": ("convert-te-", "poly-"), "npu": ("npu-",)}


class Kernel:
    """A compiled program: callable on numpy arrays, executed on the simulated machine."""

    def __init__(self, compilation: Compilation) -> None:
        self.compilation = compilation
        self._runner: Runner | None = None

    @property
    def runner(self) -> Runner:
        """What runs the program. Raises CompileError when it has no target."""
        from akg_mlir.execution.machine import Runner

        self._runner = self._runner or Runner(self.compilation)
        return self._runner

    def __call__(self, *inputs: Array) -> Array | tuple[Array, ...]:
        """Run on one array per argument (weights excepted), in program order.

        Returns the result, or a tuple when the program has several. Raises CompileError when the
        arrays do not fit the arguments.
        """
        outputs = self.runner.run(inputs).outputs
        return outputs[0] if len(outputs) == 1 else outputs

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What the passes decided."""
        return self.compilation.remarks

    def ir(self, stage: str = "npu") -> str:
        """The IR after a pass, by its name, or on a floor: "source", "te", "affine" or "npu".

        The passes run again up to there. Raises ValueError for a stage that was not reached.
        """
        compilation = self.compilation
        names = [pass_.name for pass_ in compilation.passes]
        prefixes = _FLOORS.get(stage)
        reached = [
            index + 1
            for index, name in enumerate(names)
            if name == stage or (prefixes is not None and name.startswith(prefixes))
        ]
        if stage == "source":
            reached = [0]
        if not reached:
            known = ", ".join(dict.fromkeys(("source", *_FLOORS, *names)))
            raise ValueError(f"no stage '{stage}'; there are {known}")
        module = compilation.source.module.clone()
        PassPipeline(compilation.passes[: reached[-1]]).apply(make_context(), module)
        return str(module)

    def cpp(self) -> dict[str, str]:
        """The C++ text of every kernel over `akg_npu.hpp`, by the kernel's name.

        Raises CompileError when the pipeline stopped above the instructions.
        """
        from akg_mlir.emit.cpp.module import emit_module

        return emit_module(self.compilation.module)

    def build_host(self) -> HostProgram:
        """The same program with its kernels compiled as C++ for this computer: callable.

        Needs g++ or clang++ (or what CXX names); raises CompileError without one.
        """
        from akg_mlir.execution.host import HostProgram

        return HostProgram(self.compilation)

    def build_library(self, directory: str | Path) -> Program:
        """Write the program to a folder, as a shared library with a C API, sources and manifest,
        and load it: callable on numpy arrays, without weights.

        `akg_mlir.load_library(directory)` loads it again. Needs g++ or clang++; raises CompileError
        without one, or where the folder holds something else.
        """
        from akg_mlir.execution.library import build_library

        return build_library(self.compilation, directory).load()

    def report(self, inputs: Mapping[str, Array] | None = None, *, seed: int = 0) -> RunReport:
        """Run on `inputs` (arguments not named there get random values) and compare.

        The report has what `akg run` prints: cycles, bounds, traffic, memory, errors.
        """
        from akg_mlir.report.running import run

        return run(self.runner, inputs or {}, seed=seed)

    def time(self) -> RunReport:
        """The same report without inputs: cycles, bounds and traffic, nothing is executed."""
        from akg_mlir.report.running import time

        return time(self.runner)


def compile(
    source: SourceLike,
    target: str | None = None,
    pipeline: str | Iterable[ModulePass] | None = None,
    precision: Precision = "strict",
    policy: str | None = None,
    *,
    constants: Mapping[str, Array] | None = None,
    weights: Mapping[str, Array] | None = None,
    progress: Progress = silent,
) -> Kernel:
    """Compile a program for a target.

    `source` is a path (`.mlir`, `.onnx`, `.json`, `.info`), MLIR text, a module, an ONNX ModelProto
    or a composite JSON document. `target` is one of `akg_mlir.targets.names()`; None keeps the one
    that the module names, else ascend910.
    `pipeline` (default "akg") is a string or pass objects and takes the place of `target`,
    `precision` ("strict" keeps every element type, "mixed" lets contractions run in f16) and
    `policy` (tile sizes). `constants` gives ONNX inputs that must be known when compiling;
    `weights` gives arguments of text by name, whose values are then part of the program (those of
    ONNX models are anyway).
    `progress` is told what runs. Raises CompileError, ParseError, VerifyException or OSError.
    """
    program = bind_weights(load(source, constants), weights or {})
    if pipeline is None:
        pipeline = (Akg(target=target, precision=precision, policy=policy),)
    passes = parse_pipeline(pipeline) if isinstance(pipeline, str) else flatten(pipeline)
    return Kernel(compile_source(program, passes, progress))
