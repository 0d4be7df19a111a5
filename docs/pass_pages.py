"""Write the reference pages of the passes: docstring, options, one example before and after.

`python docs/pass_pages.py` writes `docs/passes/*.md`; the tests check that they are up to date.
Everything on a page comes from the pass itself or from running it.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from xdsl.passes import ModulePass, PassPipeline, get_pass_option_infos
from xdsl.printer import Printer

from akg_mlir.diagnostics import Remark, collect_remarks
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes import TABLES, get_all_passes
from akg_mlir.passes.pipelines import PipelinePass, parse_pipeline

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "passes"
PROGRAMS = Path("docs") / "passes" / "programs"
FLOORS = {
    "": "Pipelines",
    ".tensor": "Tensor floor",
    ".affine": "Affine floor",
    ".npu": "NPU floor",
}

TENSOR = "te-set-target,te-record-workload,te-decompose"
RAISED = "te-set-target,poly-raise"
TILE = 'poly-tile{policy="S1: 8@UB, 32@UB"}'
SCALED = "te-to-affine,poly-raise,poly-schedule,poly-tile,poly-fuse"


@dataclass(frozen=True)
class Example:
    """A program, the passes in front of the documented one, and the step that is shown."""

    program: str
    before: str
    step: str


EXAMPLES = {
    "convert-linalg-to-te": Example("linalg", "", "convert-linalg-to-te"),
    "convert-te-to-linalg": Example("softmax", "te-decompose", "convert-te-to-linalg"),
    "te-to-linalg": Example("softmax", "", "te-to-linalg"),
    "te-apply-precision": Example("matmul", "", "te-apply-precision{precision=mixed}"),
    "te-channels-last": Example("image", "te-decompose", "te-channels-last"),
    "te-collapse-dims": Example("scale", "te-partition", "te-collapse-dims"),
    "te-decompose": Example("softmax", "", "te-decompose"),
    "te-drop-unit-dims": Example("batch", "", "te-drop-unit-dims"),
    "te-group-rows": Example("channels", "", "te-group-rows"),
    "te-partition": Example("softmax", TENSOR, "te-partition"),
    "te-propagate-layout": Example("layer", "", "te-propagate-layout"),
    "te-record-workload": Example("softmax", "", "te-record-workload"),
    "te-set-target": Example("softmax", "", "te-set-target{target=generic_tiny}"),
    "te-share-values": Example("twice", "te-decompose", "te-share-values"),
    "te-sink-reshapes": Example("reshapes", "", "te-sink-reshapes"),
    "te-split-reductions": Example("statistics", "te-set-target", "te-split-reductions"),
    "te-turn-lanes": Example("border", "", "te-turn-lanes"),
    "te-turn-products": Example("narrow", "", "te-turn-products"),
    "convert-te-to-affine": Example(
        "scale", "te-partition,te-collapse-dims", "convert-te-to-affine"
    ),
    "poly-raise": Example("blur", "", "poly-raise"),
    "poly-dependences": Example("blur", RAISED, "poly-dependences"),
    "poly-schedule": Example("blur", RAISED, "poly-schedule"),
    "poly-tile": Example("blur", f"{RAISED},poly-schedule", TILE),
    "poly-tune": Example("blur", f"{RAISED},poly-schedule", "poly-tune"),
    "poly-fuse": Example("blur", f"{RAISED},poly-schedule,{TILE}", "poly-fuse"),
    "poly-assign-units": Example(
        "blur", f"{RAISED},poly-schedule,{TILE},poly-fuse", "poly-assign-units"
    ),
    "poly-promote": Example(
        "blur", f"{RAISED},poly-schedule,{TILE},poly-fuse,poly-assign-units", "poly-promote"
    ),
    "poly-verify": Example("blur", f"{RAISED},poly-schedule,{TILE},poly-fuse", "poly-verify"),
    "npu-generate": Example("scale", f"{SCALED},poly-assign-units,poly-promote", "npu-generate"),
    "npu-fold-moves": Example("layer", "te-to-affine,affine-to-npu", "npu-fold-moves"),
    "npu-slice-results": Example(
        "fractals",
        'te-to-affine,affine-to-npu{policy="S1: 16@L0C, 16@L0C, _, _, 4@L1, _"}',
        "npu-slice-results",
    ),
    "npu-legalise": Example("scale", "te-to-affine,affine-to-npu", "npu-legalise"),
    "npu-hoist-invariants": Example(
        "shift",
        'te-to-affine,affine-to-npu{policy="S0: 1@UB, _"},npu-legalise',
        "npu-hoist-invariants",
    ),
    "npu-multi-buffer": Example(
        "scale",
        'te-to-affine,affine-to-npu{policy="S0: 8@UB"},npu-legalise',
        "npu-multi-buffer",
    ),
    "npu-slice-loads": Example(
        "fractals",
        'te-to-affine,affine-to-npu{policy="S1: 8@L0C, 8@L0C, _, _, _, _"},'
        "npu-slice-results,npu-legalise,npu-hoist-invariants,npu-multi-buffer",
        "npu-slice-loads",
    ),
    "npu-slice-stores": Example(
        "points",
        "te-to-affine,affine-to-npu,npu-legalise",
        "npu-slice-stores",
    ),
    "npu-plan-memory": Example(
        "scale", "te-to-affine,affine-to-npu,npu-legalise", "npu-plan-memory"
    ),
    "npu-insert-sync": Example(
        "scale", "te-to-affine,affine-to-npu,npu-legalise,npu-plan-memory", "npu-insert-sync"
    ),
    "npu-verify": Example(
        "scale",
        "te-to-affine,affine-to-npu,npu-legalise,npu-plan-memory,npu-insert-sync",
        "npu-verify",
    ),
    "te-to-affine": Example("scale", "", "te-to-affine"),
    "affine-to-npu": Example("scale", "te-to-affine", "affine-to-npu"),
    "npu-to-instructions": Example("scale", "te-to-affine,affine-to-npu", "npu-to-instructions"),
    "affine-to-trees": Example("scale", "te-to-affine", "affine-to-trees"),
    "akg": Example("scale", "", "akg"),
}


def page(name: str) -> str:
    """The Markdown page of a pass. Raises KeyError for a pass without an example."""
    pass_type = get_all_passes()[name]()
    example = EXAMPLES[name]
    program = PROGRAMS / f"{example.program}.mlir"
    before, _ = _run(program, example.before)
    after, remarks = _run(program, _joined(example.before, example.step))
    remarks = [remark for remark in remarks if remark.pass_name == name]
    parts = [
        f"# {name}",
        inspect.getdoc(pass_type) or "",
        *_steps(example.step, pass_type),
        *_options(pass_type),
        "## Example",
        _shell(program, example.before),
        _code("mlir", before),
        _shell(program, _joined(example.before, example.step)),
        _code("mlir", "No change.\n" if before == after else after),
        *_remarks(remarks),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def index() -> str:
    """The page that lists all pages."""
    lines = [
        "# Passes",
        "",
        "Every pass reads and writes IR. `akg-opt --list-passes` has the options.",
    ]
    for package, table in TABLES.items():
        lines += ["", f"## {FLOORS[package]}", ""]
        for name in table:
            summary = (inspect.getdoc(get_all_passes()[name]()) or "").partition("\n")[0]
            lines.append(f"- [{name}]({name}.md): {summary}")
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """All pages by their files."""
    return {PAGES / "index.md": index()} | {PAGES / f"{n}.md": page(n) for n in get_all_passes()}


def _run(program: Path, passes: str) -> tuple[str, list[Remark]]:
    module = parse_module((ROOT / program).read_text(), str(program))
    with collect_remarks() as remarks:
        PassPipeline(parse_pipeline(passes) if passes else ()).apply(make_context(), module)
    text = StringIO()
    Printer(text).print_op(module)
    return text.getvalue(), list(remarks)


def _joined(*passes: str) -> str:
    return ",".join(part for part in passes if part)


def _steps(step: str, pass_type: type[ModulePass]) -> list[str]:
    if not issubclass(pass_type, PipelinePass):
        return []
    names = dict.fromkeys(made.name for made in parse_pipeline(step))
    return ["Its steps: " + ", ".join(f"[{n}]({n}.md)" for n in names) + "."]


def _options(pass_type: type[ModulePass]) -> list[str]:
    infos = get_pass_option_infos(pass_type)
    if not infos:
        return []
    rows = [
        f"| `{info.name.replace('_', '-')}` | {_type(info.expected_type)} "
        f"| {info.default_value or ''} |"
        for info in infos
    ]
    return ["## Options", "\n".join(["| option | type | default |", "|---|---|---|", *rows])]


def _type(annotation: str) -> str:
    """The type of an option, fit for a cell of a table."""
    return annotation.strip("'").replace(" | ", " or ")


def _remarks(remarks: list[Remark]) -> list[str]:
    if not remarks:
        return []
    lines = [_line(remark) for remark in remarks]
    return ["Remarks:", _code("text", "\n".join(lines))]


def _line(remark: Remark) -> str:
    numbers = ", ".join(f"{key} {value}" for key, value in remark.numbers.items())
    text = f"{remark.kind}: {remark.where}: {remark.message}"
    return f"{text} ({numbers})" if numbers else text


def _shell(program: Path, passes: str) -> str:
    quoted = f" -p '{passes}'" if passes else ""
    return _code("console", f"$ akg-opt {program.as_posix()}{quoted}")


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text)
