"""Hypothesis profiles (`fast`, the same examples every time, and `deep`, by hand) and counts.

A test that counts its cases calls `record_property("counts", {...})`: they are in the JSON, too.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "fast",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "deep",
    deadline=None,
    max_examples=1000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("fast")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--counts", metavar="FILE", help="write the counts of outcomes as JSON")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Leave the counts where `make conformance` and `make deep` want them."""
    path = config.getoption("--counts")
    if path is None:
        return
    outcomes = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
    stats = terminalreporter.stats
    counts = {outcome: len(stats.get(outcome, [])) for outcome in outcomes}
    failures = [report.nodeid for kind in ("failed", "error") for report in stats.get(kind, [])]
    found: dict[str, object] = {
        report.nodeid: value
        for outcome in outcomes
        for report in stats.get(outcome, [])
        for name, value in getattr(report, "user_properties", [])
        if name == "counts"
    }
    result = counts | {"exit": int(exitstatus), "failures": failures, "counts": found}
    text = json.dumps(result, indent=2)
    Path(path).write_text(text + "\n")
