"""Timelines: pictures are well-formed and complete, traces hold every instruction."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from example_files import EXAMPLES

from akg_mlir.cli import akg

SVG = "{http://www.w3.org/2000/svg}"
DOCS = EXAMPLES.parent / "docs"


def draw(file: Path) -> ElementTree.Element:
    code = akg.main(
        ["run", str(EXAMPLES / "matmul_bias_relu.mlir"), "--timing-only", "--timeline", str(file)]
    )
    assert code == 0
    return ElementTree.parse(file).getroot()


def test_picture(tmp_path: Path) -> None:
    root = draw(tmp_path / "timeline.svg")
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert {"mte2", "mte1", "m", "v", "mte3", "load", "product", "store"} <= set(texts)
    assert any("utilisation" in text for text in texts)
    titles = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert any("npu.mad" in title for title in titles)


def test_the_picture_of_the_readme_is_one() -> None:
    assert "docs/timeline.svg" in (DOCS.parent / "README.md").read_text()
    root = ElementTree.parse(DOCS / "timeline.svg").getroot()
    assert root.tag == f"{SVG}svg"
    assert any(True for _ in root.iter(f"{SVG}title"))


def test_text_and_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, trace = tmp_path / "timeline.txt", tmp_path / "trace.json"
    options = ["--timing-only", "--json", "--timeline", str(text), "--trace", str(trace)]
    assert akg.main(["run", str(EXAMPLES / "softmax.mlir"), *options]) == 0
    kernel = json.loads(capsys.readouterr().out)["kernels"][0]
    assert f"{kernel['cycles']:,} cycles" in text.read_text()
    events = [e for e in json.loads(trace.read_text())["traceEvents"] if e["ph"] == "X"]
    assert len(events) == kernel["instructions"] // 32
    busy = sum(e["dur"] for e in events if e["cat"] != "order")
    assert busy == sum(kernel["busy"].values())
    assert max(e["ts"] + e["dur"] for e in events) <= kernel["cycles"]


def test_schedule_trees_have_no_timeline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--floor", "affine", "--timeline", str(tmp_path / "x.svg")]
    assert akg.main(["run", str(EXAMPLES / "softmax.mlir"), *options]) == 1
    assert "schedule trees have no timeline" in capsys.readouterr().err
