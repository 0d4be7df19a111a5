"""What `akg build` does."""

from __future__ import annotations

import argparse
import json

from akg_mlir.cli.progress import Progress
from akg_mlir.compiler import compile
from akg_mlir.execution.library.build import build_library, refuse_foreign
from akg_mlir.inputs import read_npz


def build_program(options: argparse.Namespace) -> int:
    """`akg build FILE -o DIR`: 0 when everything was written."""
    refuse_foreign(options.output, options.force)
    weights = {} if options.weights is None else read_npz(options.weights)
    with Progress() as progress:
        kernel = compile(
            options.file,
            target=options.target,
            pipeline=options.pipeline,
            precision=options.precision,
            policy=options.policy,
            weights=weights,
            progress=progress,
        )
        build = build_library(
            kernel.compilation,
            options.output,
            name=options.name,
            host=options.host,
            force=options.force,
            progress=progress,
        )
    print(json.dumps(build.as_dict(), indent=2) if options.json else build)
    return 0
