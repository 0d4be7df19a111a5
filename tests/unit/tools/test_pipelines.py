from __future__ import annotations

from dataclasses import dataclass

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import ModulePass
from xdsl.transforms.canonicalize import CanonicalizePass

import akg_mlir
from akg_mlir.diagnostics import CompileError
from akg_mlir.passes import TABLES, get_all_passes
from akg_mlir.passes.pipelines import PipelinePass, flatten, parse_pipeline

TEXT = """
func.func @f(%a : i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  func.return %0 : i32
}
"""


@dataclass(frozen=True)
class Note(ModulePass):
    """Write a word into the module."""

    name = "note"
    word: str = "nothing"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        op.attributes["test.word"] = StringAttr(self.word)


@dataclass(frozen=True)
class Notes(PipelinePass):
    """Two notes."""

    name = "notes"

    def expand(self) -> tuple[ModulePass, ...]:
        return (Note("first"), Note("second"))


@dataclass(frozen=True)
class Nested(PipelinePass):
    """A pipeline of a pipeline."""

    name = "nested"

    def expand(self) -> tuple[ModulePass, ...]:
        return (Notes(), CanonicalizePass())


def test_pipelines_flatten():
    assert [str(p) for p in flatten([Nested()])] == [
        'note{word="first"}',
        'note{word="second"}',
        "canonicalize",
    ]


def test_a_pipeline_applies_its_steps():
    module = akg_mlir.parse_module(TEXT)
    Nested().apply(akg_mlir.make_context(), module)
    assert module.attributes["test.word"] == StringAttr("second")


def test_callback_sees_every_step():
    seen = list[tuple[str | None, str | None]]()

    def callback(
        previous: ModulePass | None, module: ModuleOp, following: ModulePass | None
    ) -> None:
        seen.append((previous and previous.name, following and following.name))

    pipeline = akg_mlir.pipeline([Notes()], callback)
    pipeline.apply(akg_mlir.make_context(), akg_mlir.parse_module(TEXT))
    assert seen == [(None, "note"), ("note", "note"), ("note", None)]


def test_pipeline_from_a_string():
    pipeline = akg_mlir.pipeline("canonicalize,te-set-target{target=generic_tiny},cse")
    module = akg_mlir.parse_module(TEXT)
    pipeline.apply(akg_mlir.make_context(), module)
    assert module.attributes["npu.target"] == StringAttr("generic_tiny")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("canonicalise", "unknown pass 'canonicalise'(.|\n)*did you mean canonicalize"),
        ("te-set-target{tarjet=x}", "te-set-target(.|\n)*tarjet(.|\n)*target"),
        ("te-set-target{target=1}", "te-set-target"),
        ("cse,, cse", "malformed pipeline"),
        ("cse{", "malformed pipeline"),
        ("te-set-target{target=ascend9100}", "unknown target 'ascend9100'(.|\n)*ascend910"),
    ],
)
def test_bad_pipelines_say_what_would_work(text: str, message: str):
    def build_and_apply() -> None:
        akg_mlir.pipeline(text).apply(akg_mlir.make_context(), akg_mlir.parse_module(TEXT))

    with pytest.raises(CompileError, match=message):
        build_and_apply()


def test_module_target_is_kept():
    module = akg_mlir.parse_module(TEXT)
    module.attributes["npu.target"] = StringAttr("generic_tiny")
    (step,) = parse_pipeline("te-set-target")
    step.apply(akg_mlir.make_context(), module)
    assert module.attributes["npu.target"] == StringAttr("generic_tiny")


def test_registered_names_are_those_of_the_passes():
    for table in TABLES.values():
        assert list(table) == sorted(table)
    for name, factory in get_all_passes().items():
        pass_type = factory()
        assert pass_type.name == name
        summary = (pass_type.__doc__ or "").partition("\n")[0]
        assert summary, f"{name} has no docstring"
        assert not summary.startswith(f"{pass_type.__name__}("), f"{name} has no docstring"
