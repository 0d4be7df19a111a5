"""Run the RUN lines of every `.mlir` file here inside this process: fast, and debuggable.

Understands pipelines of `akg-opt`, `filecheck` and a leading `not`, with `2>&1`, `%s` and `%S`.
lit runs the same files out of process (`make lit`).
"""

from __future__ import annotations

import io
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from filecheck.finput import FInput
from filecheck.matcher import Matcher
from filecheck.options import parse_argv_options
from filecheck.parser import Parser

from akg_mlir.cli import akg_opt

ROOT = Path(__file__).parent
RUN_LINE = re.compile(r"//\s*RUN:\s*(.*)")


@dataclass(frozen=True)
class Command:
    """One stage of a RUN line."""

    arguments: tuple[str, ...]
    expect_failure: bool
    merge_errors: bool


def run_lines(text: str) -> Iterator[str]:
    """The RUN lines of a file, with lines that end in a backslash joined."""
    pending = ""
    for match in RUN_LINE.finditer(text):
        pending += match[1].rstrip()
        if pending.endswith("\\"):
            pending = pending[:-1]
            continue
        yield pending
        pending = ""


def commands(line: str) -> Iterator[Command]:
    """The stages of a RUN line."""
    lexer = shlex.shlex(line.replace("2>&1", "MERGE_ERRORS"), posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    stage: list[str] = []
    for token in [*lexer, "|"]:
        if token != "|":
            stage.append(token)
            continue
        words = [word for word in stage if word != "MERGE_ERRORS"]
        negated = words[0] == "not"
        yield Command(tuple(words[negated:]), negated, "MERGE_ERRORS" in stage)
        stage = []


def run_akg_opt(command: Command, text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The output of akg-opt; fails the test on an unexpected exit code."""
    assert "--disable-verify" not in command.arguments, "it switches verification off for good"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    output = io.StringIO()
    errors = output if command.merge_errors else io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        code = akg_opt.main(command.arguments[1:])
    assert (code != 0) == command.expect_failure, f"exit code {code}\n{errors.getvalue()}"
    return output.getvalue()


def run_filecheck(command: Command, text: str) -> None:
    options = parse_argv_options(list(command.arguments))
    code = Matcher(options, FInput("<stdin>", text), Parser.from_opts(options)).run()
    assert (code != 0) == command.expect_failure, f"filecheck: {code}, input was:\n{text}"


@pytest.mark.parametrize(
    "path", sorted(ROOT.rglob("*.mlir")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_filecheck(path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = list(run_lines(path.read_text()))
    assert lines, f"{path} has no RUN line"
    for line in lines:
        text = ""
        for command in commands(line.replace("%s", str(path)).replace("%S", str(path.parent))):
            match command.arguments[0]:
                case "akg-opt":
                    text = run_akg_opt(command, text, monkeypatch)
                case "filecheck":
                    run_filecheck(command, text)
                case other:
                    pytest.fail(f"RUN lines know akg-opt, filecheck and not, but not '{other}'")
