"""`akg ops`: the table comes from the code, agrees with what is compiled, and is the page."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from xdsl.dialects import arith, builtin
from xdsl.ir import Operation

from akg_mlir.cli.akg import main
from akg_mlir.compiler import compile
from akg_mlir.dialects import npu, te
from akg_mlir.report.operators.probes import probe, probes
from akg_mlir.report.operators.table import page, support
from akg_mlir.targets import names

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_is_up_to_date() -> None:
    """`python docs/operator_page.py` writes it (a part of `make docs`)."""
    spec = importlib.util.spec_from_file_location("page", ROOT / "docs" / "operator_page.py")
    assert spec is not None
    assert spec.loader is not None
    written = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(written)
    assert written.PAGE.read_text() == page(written.TARGETS)


@pytest.mark.parametrize("target", names())
def test_every_target_runs_every_op_somewhere(target: str) -> None:
    for name, row in support(target).units.items():
        assert any(row.values()), name


def test_all_front_ends_are_there() -> None:
    front_ends = support("ascend910").front_ends
    assert set(front_ends) == {"composite", "linalg", "onnx", "python"}
    assert front_ends["onnx"]["Abs"] == front_ends["python"]["abs"] == ("te.abs",)
    assert front_ends["composite"]["Erf"] == front_ends["linalg"]["math.erf"] == ("te.erf",)
    assert "te.conv2d" in front_ends["linalg"]["linalg.conv_2d_nhwc_hwcf"]
    assert front_ends["composite"]["Squeeze"] == ("te.reshape",)
    assert {"te.matmul", "te.tanh"} < set(front_ends["onnx"]["LSTM"])


def _units(op: Operation) -> str | None:
    if isinstance(op, npu.VecOp):
        return "vector"
    if op.name == "npu.scalar":
        inner = [each for each in op.walk() if each is not op]
        return "scalar" if any(isinstance(e, arith.AndIOp | arith.DivSIOp) for e in inner) else None
    return "cube" if op.name == "npu.mad" else None


@pytest.mark.parametrize(
    ("op", "element"),
    [
        ("te.exp", builtin.f32),
        ("te.add", builtin.i32),
        ("te.and", builtin.i32),
        ("te.div", builtin.i64),
        ("te.softmax", builtin.f16),
        ("te.select", builtin.f32),
        ("te.reduce max", builtin.f16),
        ("te.matmul", builtin.f16),
        ("te.matmul", builtin.f32),
    ],
)
def test_what_is_said_is_what_is_compiled(op: str, element: builtin.AnyFloat) -> None:
    program = probe(probes()[op], element)
    assert program is not None
    said = support("ascend910").units[op][str(element)]
    found = {_units(each) for each in compile(program).compilation.module.walk()} - {None}
    assert set(said) == found


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ops", "--json", "--target", "lite"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["target"] == "lite"
    assert found["ops"]["te.exp"] == {
        "f16": ["vector"],
        "f32": ["scalar"],
        "i8": [],
        "ui8": [],
        "i32": [],
        "i64": [],
        "i1": [],
    }


def test_unknown_targets_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ops", "--target", "ascend99"]) != 0
    assert "ascend99" in capsys.readouterr().err


def test_every_op_has_a_probe() -> None:
    internal = {"te.constant", "te.yield", "te.pack", "te.unpack"}
    internal |= {"te.fractal_matmul", "te.fractal_conv2d", "te.to_buffer", "te.to_tensor"}
    found = {name.split()[0] for name in probes()}
    assert found == {op.name for op in te.TE.operations} - internal
