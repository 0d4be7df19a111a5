"""The output of every step, printed and parsed again, leads to the same instructions."""

from __future__ import annotations

import pytest
from example_files import EXAMPLES, FILES

from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.sources import load
from akg_mlir.verification import verify_module


@pytest.mark.parametrize(
    ("name", "target"),
    [*((name, "ascend910") for name in FILES), ("matmul_bias_relu.mlir", "ascend910b")],
)
def test_every_step_resumes(name: str, target: str):
    """Each pass makes the same of the text of the step before as of the step itself.

    So whatever step is saved and fed back, what follows is the same, to the last instruction.
    """
    module = load(EXAMPLES / name).module
    text = str(module)
    for step in parse_pipeline(f"akg{{target={target}}}"):
        resumed = parse_module(text, name)
        step.apply(make_context(), module)
        step.apply(make_context(), resumed)
        text, resumed_text = str(module), str(resumed)
        # Names that clash are numbered anew when printed; once parsed, texts are comparable.
        if text != resumed_text:
            assert str(parse_module(text)) == str(parse_module(resumed_text)), step.name
    verify_module(parse_module(text))
