"""`akg-opt`: xDSL's optimiser driver with our dialects, passes, pipelines and errors."""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass, PassPipeline, get_pass_option_infos
from xdsl.printer import Printer
from xdsl.universe import Universe
from xdsl.xdsl_opt_main import xDSLOptMain

from akg_mlir.cli.errors import run_guarded
from akg_mlir.cli.files import write_whole
from akg_mlir.diagnostics import CompileError, Remark, collect_remarks
from akg_mlir.dialects import get_all_dialects, get_extended_dialects
from akg_mlir.parsing import ModuleParser
from akg_mlir.passes import TABLES, get_all_passes
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.verification import verify_module

if TYPE_CHECKING:
    from akg_mlir.emit.cpp.module import CppTarget

FLOORS = {"": "Pipelines", ".tensor": "Tensor", ".affine": "Affine", ".npu": "NPU"}


class AkgOpt(xDSLOptMain):
    """The driver. `AkgOpt(arguments).run()` also works inside another program."""

    version_format = "akg-opt, built on xdsl {xdsl_version}"

    def __init__(self, args: Sequence[str] | None = None) -> None:
        super().__init__(
            "Run passes of akg-mlir and xDSL over MLIR text, ONNX or composite JSON.", args
        )

    # Once the package is installed, xDSL's plugin discovery finds our dialects as well; adding
    # them keeps a bare checkout working.
    def register_all_dialects(self) -> None:
        found = Universe.get_multiverse().all_dialects | get_extended_dialects()
        for name, factory in (found | get_all_dialects()).items():
            self.ctx.register_dialect(name, factory)

    def register_all_passes(self) -> None:
        super().register_all_passes()
        for name, factory in get_all_passes().items():
            self.register_pass(name, factory)

    def register_all_frontends(self) -> None:
        self.available_frontends["mlir"] = self._parse_mlir
        self.available_frontends["onnx"] = self._import_onnx
        self.available_frontends["json"] = self.available_frontends["info"] = self._import_composite

    def register_all_targets(self) -> None:
        super().register_all_targets()
        self.available_targets["cpp"] = _cpp_target

    def parse_chunk(
        self, chunk: IO[bytes], file_extension: str, start_offset: int = 0
    ) -> ModuleOp | None:
        self._line_offset = start_offset
        return super().parse_chunk(chunk, file_extension, start_offset)

    def _parse_mlir(self, stream: IO[bytes]) -> ModuleOp:
        name = self.get_input_name()
        parser = ModuleParser(self.ctx, stream.read(), name, self._line_offset)
        return parser.parse_module(not self.args.no_implicit_module)

    def _import_onnx(self, stream: IO[bytes]) -> ModuleOp:
        from akg_mlir.frontends.onnx import import_model

        return import_model(self.args.input_file).module

    def _import_composite(self, stream: IO[bytes]) -> ModuleOp:
        from akg_mlir.frontends import composite

        text = stream.read().decode("utf-8", errors="replace")
        return composite.import_composite(composite.parse(text, self.get_input_name())).module

    def register_all_arguments(self, arg_parser: argparse.ArgumentParser) -> None:
        super().register_all_arguments(arg_parser)
        add = arg_parser.add_argument
        add("--list-passes", action="store_true", help="List the passes, one line each")
        add("--backtrace", action="store_true", help="Show Python tracebacks on errors")
        add("--remarks", metavar="FILE", help="Write what passes decided, as JSON lines")

    def setup_pipeline(self) -> None:
        passes = parse_pipeline(self.args.passes, self.available_passes)
        self.pipeline = PassPipeline(passes, self._between_passes)
        self._started = time.perf_counter()

    def _between_passes(
        self, previous: ModulePass | None, module: ModuleOp, following: ModulePass | None
    ) -> None:
        """Verify, and print what was asked for, before, between and after passes."""
        seconds = time.perf_counter() - self._started
        if previous is not None and self.args.time_passes:
            print(f"Pass {previous.name} took {seconds} seconds")
        if previous is not None and self.args.print_between_passes:
            print(f"IR after {previous}:")
            Printer(stream=sys.stdout).print_op(module)
            print("\n\n")
        if not self.args.disable_verify:
            _verify_after(previous, module)
        self._started = time.perf_counter()

    def prepare_input(self) -> tuple[list[tuple[IO[bytes], int]], str]:
        chunks, extension = super().prepare_input()
        # Read here: a directory or an unreadable file fails before anything is written.
        return [(io.BytesIO(chunk.read()), offset) for chunk, offset in chunks], extension

    def prepare_output(self) -> IO[str]:
        self._output = _Held()
        return self._output if self.args.output_file else sys.stdout

    def run(self) -> None:
        """Parse, run the pipeline, print. Files are written only when everything succeeded."""
        remarks_file: str | None = self.args.remarks
        with collect_remarks() if remarks_file else nullcontext[list[Remark]]([]) as remarks:
            super().run()
        if self.args.output_file:
            write_whole(Path(self.args.output_file), self._output.text)
        if remarks_file:
            lines = (json.dumps(remark.as_dict()) + "\n" for remark in remarks)
            write_whole(Path(remarks_file), "".join(lines))

    def list_passes(self) -> None:
        """Print every pass of ours with its options and the first line of its docstring."""
        for package, table in TABLES.items():
            print(f"{FLOORS[package]}:")
            for name in table:
                _print_pass(name, self.available_passes[name]())
        ours = get_all_passes()
        print("xDSL:")
        for name in sorted(self.available_passes.keys() - ours.keys()):
            _print_pass(name, self.available_passes[name]())


class _Held(io.StringIO):
    """Output kept until all of it exists."""

    text = ""

    def close(self) -> None:
        self.text = self.getvalue()
        super().close()


def _cpp_target() -> type[CppTarget]:
    from akg_mlir.emit.cpp.module import CppTarget

    return CppTarget


def _verify_after(previous: ModulePass | None, module: ModuleOp) -> None:
    try:
        verify_module(module)
    except Exception as error:
        if previous is None:
            raise
        raise CompileError(f"after {previous.name} the IR does not verify: {error}") from error


def _print_pass(name: str, pass_type: type[ModulePass]) -> None:
    options = " ".join(
        option.name.replace("_", "-")
        + ("" if option.default_value is None else "=")
        + (option.default_value or "")
        for option in get_pass_option_infos(pass_type)
    )
    signature = f"{name}{{{options}}}" if options else name
    documentation = (pass_type.__doc__ or "").strip()
    generated = documentation.startswith(f"{pass_type.__name__}(")
    summary = "" if generated else documentation.partition("\n")[0]
    print(
        f"  {signature}\n      {summary}" if len(signature) > 38 else f"  {signature:38}  {summary}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of `akg-opt`; returns the exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)

    def body() -> int:
        tool = AkgOpt(given)
        if tool.args.list_passes:
            tool.list_passes()
        else:
            tool.run()
        return 0

    return run_guarded("akg-opt", body, backtrace="--backtrace" in given)


if __name__ == "__main__":
    sys.exit(main())
