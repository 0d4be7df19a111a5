"""The paper's cases as programs: op lists of the published lengths, operators that parse."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from akg_mlir import targets
from akg_mlir.sources import load
from bench.paper import graphs, shapes, split, subgraphs, summary, variants
from bench.paper.cases import ABLATIONS, measure_case
from bench.paper.loads import least_load
from bench.paper.shapes import Case


@pytest.mark.parametrize(("number", "count"), [(1, 6), (2, 21), (3, 15), (4, 11), (5, 9)])
def test_op_lists_have_the_published_lengths(number: int, count: int):
    graph = subgraphs.SUBGRAPHS[number]
    assert len(graph.ops) == count
    assigned = sum(op.startswith("assign") for op in graph.ops)
    assert len(split.into_ops(subgraphs.program(number, graph.small))) == count - assigned


@pytest.mark.parametrize("case", [c for k in shapes.CLASSES for c in graphs.small(k)], ids=str)
def test_small_cases_are_programs(case: Case):
    load(graphs.program(case))


def test_stages_end_before_the_next_reduction():
    first, second = split.into_stages(subgraphs.program(1, (2, 3, 16, 48)))
    assert [first.count(op) for op in ("te.reduce max", "te.sub", "te.exp")] == [1, 1, 1]
    assert [second.count(op) for op in ("te.reduce add", "te.mul")] == [1, 1]
    (whole,) = split.into_stages(graphs.program(graphs.small("bn_reduce")[0]))
    assert whole.count("te.reduce") == 2


def test_rows_become_cases(tmp_path):
    table = tmp_path / "paper.csv"
    table.write_text(
        "figure,case,op,params_json,manual_tile\n"
        'Fig.9,bn,bn_split,"{""x"": [1, 1, 2, 2, 16]}",""""""\n'
        'Fig.11 matmul,m,matmul,"{}","[[4, 2], [8, 8], [16, 16], [16, 16], [4, 1]]"\n'
        'Table1/Fig.12,subgraph_4,tanh,"{}",\n'
    )
    cases = shapes.read(table)
    assert [(c.name, c.class_) for c in cases] == [
        ("bn_bn_reduce", "bn_reduce"),
        ("bn_bn_update", "bn_update"),
        ("m", "gemm"),
        ("subgraph_4", "subgraph"),
    ]
    assert cases[2].manual_tile == ((4, 2), (8, 8), (16, 16), (16, 16), (4, 1))
    assert cases[3].params == {"number": 4}


def test_goals_are_geometric_means_of_cases_that_count():
    entry = {"class": "gemm", "cycles": 100, "lower_bound": 20_000, "ablations": {"template": 100}}
    entries = [
        {**entry, "utilisation": 0.9},
        {**entry, "utilisation": 0.4, "ablations": {"template": 400}},
        {**entry, "utilisation": 0.1, "lower_bound": 100, "ablations": {}},
        {"class": "gemm", "error": "timeout"},
    ]
    found = {goal["goal"]: (goal["reached"], goal["cases"]) for goal in summary.goals(entries)}
    assert found["large products: utilisation"] == (0.6, 2)
    assert found["41 products over template"] == (2.0, 2)
    assert found["sub-graphs: utilisation"] == (None, 0)


def test_loads_take_both_operands_through_one_pipe():
    target = targets.load("ascend910")
    # A core has 256 x 256 of the result, and is the first to read one 32nd of all.
    first = (2048 + 1024) * 1024 * 2 // 32
    rest = (256 + 256) * 1024 * 2 - first
    assert least_load(target, 2048, 1024, 1024) == math.ceil(first / 32 + rest / 110)
    # One core has L0C for 256 x 256: the shorter operand comes again, but for what L1 keeps.
    one = replace(target, cores=1)
    once, twice = (least_load(one, 512, 4096, n) for n in (128, 256))
    again = 256 * 4096 * 2 - one.memories["l1"]
    assert twice - once == math.ceil(128 * 4096 * 2 / 64 + again / 110)


def test_variants_change_one_pass():
    standard = variants.tuned()
    changed = variants.ablated("no_bank_skew")
    differing = [new.name for old, new in zip(standard, changed, strict=True) if old != new]
    assert differing == ["npu-plan-memory"]
    with pytest.raises(KeyError):
        variants.with_options(standard, "no-such-pass", {})


@pytest.mark.parametrize("class_", ["relu", "gemm"])
def test_every_variant_of_a_case_is_timed(class_: str):
    case = graphs.small(class_)[0]
    if class_ == "gemm":
        case = replace(case, manual_tile=((1, 1), (2, 1), (16, 16), (16, 16), (4, 2)))
    entry = measure_case(case, ABLATIONS)
    assert "failed_ablations" not in entry
    assert set(entry["ablations"]) == set(ABLATIONS)
    assert entry["utilisation"] <= 1 <= entry["traffic_ratio"]
