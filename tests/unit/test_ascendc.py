"""The device body of akg_npu.hpp: what can be checked without a toolkit.

The texts of kernels, and one of every instruction, are type-checked against declarations of our own
(support/ascendc_stub) for each machine that Ascend C tells apart; what the body calls is looked up
in a table of what is documented (support/ascendc_table.py).
"""

from __future__ import annotations

import re
import subprocess
from functools import cache

import ascendc_table as table
import every_instruction as every
import pytest
from ascendc_calls import Use, own_lines, uses
from ascendc_model import device_command, run_on_model
from example_files import EXAMPLES, PROGRAMS
from xdsl.ir import Operation

import akg_mlir
from akg_mlir.compiler import Kernel
from akg_mlir.dialects import npu
from akg_mlir.emit.cpp.names import Names
from akg_mlir.inputs import prepare
from akg_mlir.judging import same_bits
from akg_mlir.targets import load

ASCEND_910A, ASCEND_310P, ASCEND_910B = 1001, 2002, 2201
TARGETS = {ASCEND_910A: "ascend910", ASCEND_310P: "ascend910b", ASCEND_910B: "ascend910b"}
"""Targets with the element types that the vector instructions of a machine take."""
PATHS = {ASCEND_910A: "ascend910", ASCEND_310P: "ascend910", ASCEND_910B: "ascend910b"}
"""Targets with the data paths and the cube of a machine."""


def refusal(text: str, machine: int) -> str:
    """What the compiler says of a kernel that it does not accept, else nothing."""
    done = subprocess.run(
        [*device_command(machine), "-fsyntax-only", "-Wall", "-Werror=return-type"],
        input=text,
        capture_output=True,
        text=True,
    )
    return done.stderr if done.returncode else ""


@cache
def compiled(example: str, target: str) -> Kernel:
    return akg_mlir.compile(EXAMPLES / example, target=target)


@cache
def texts(example: str, target: str) -> dict[str, str]:
    return compiled(example, target).cpp()


@pytest.mark.parametrize("machine", [ASCEND_910A, ASCEND_310P])
@pytest.mark.parametrize("example", PROGRAMS)
def test_kernels_of_examples_are_well_typed(example: str, machine: int) -> None:
    for text in texts(example, "ascend910").values():
        assert not refusal(text, machine)


@pytest.mark.parametrize("example", ["softmax.mlir", "layer_norm.onnx", "matmul_bias_relu.mlir"])
def test_kernels_are_well_typed_for_separate_cores(example: str) -> None:
    for text in texts(example, "ascend910b").values():
        assert not refusal(text, ASCEND_910B)
        assert ("AKG_CUBE_KERNEL" in text) == ("mad(" in text)
        assert "AKG_VECTOR_KERNEL" in text or "ub<" not in text


@pytest.mark.parametrize("machine", [ASCEND_910A, ASCEND_310P])
@pytest.mark.parametrize("example", ["softmax.mlir", "matmul_bias_relu.mlir", "layer_norm.onnx"])
def test_the_calls_of_examples_give_the_bits_of_the_machine(example: str, machine: int) -> None:
    kernel = compiled(example, "ascend910")
    inputs = prepare(kernel.compilation.source, {})
    assert same_bits(kernel.runner.run(inputs).outputs, run_on_model(kernel, inputs, machine))


def test_the_calls_of_products_on_separate_cores_give_the_bits_of_the_machine() -> None:
    kernel = compiled("matmul_bias_relu.mlir", "ascend910b")
    inputs = prepare(kernel.compilation.source, {})
    found = run_on_model(kernel, inputs, ASCEND_910B)
    assert same_bits(kernel.runner.run(inputs).outputs, found)


def all_of(machine: int) -> list[Operation]:
    """One of every instruction with the types and paths of a machine."""
    types, paths = load(TARGETS[machine]), load(PATHS[machine])
    return [*every.vectors(types), *every.moves(paths), *every.others(paths)]


def test_every_instruction_has_a_text() -> None:
    """The enumeration below leaves none of the dialect's instructions out."""
    target = load("ascend910b")
    ops = [*every.vectors(target), *every.moves(target), *every.others(target)]
    opcodes = {op.opcode.data for op in ops if isinstance(op, npu.VecOp)}
    assert opcodes == set(npu.Opcode)
    tile_ops = {*npu.BOX_OPS, npu.MmadOp, npu.ConvOp}
    places = {npu.BufferOp, npu.PtrOp, npu.ViewOp}
    on_the_scalar_unit = {npu.CoreIdOp, npu.ScalarLoadOp, npu.ScalarOp}
    instructions = set(npu.NPU.operations) - tile_ops - places - on_the_scalar_unit
    assert {type(op) for op in ops} == instructions


def test_no_variable_is_called_as_what_kernels_call() -> None:
    target = load("ascend910b")
    ops = [*every.vectors(target), *every.moves(target), *every.others(target)]
    lines = [*map(every.text, ops), *(line for _, line in every.scalars())]
    called = set(re.findall(r"(?<![.\w])([a-z_]\w*)(?:<[\w:, ]+>)?[({]", every.kernel(lines), re.I))
    called -= {"AKG_KERNEL", "all_of_it"}
    assert len(called) > 80
    assert not [name for name in called if Names().unique(name) == name]


def _expected_refusal(op: Operation, machine: int) -> str:
    """What the compiler says of an instruction for which a machine has no calls."""
    if isinstance(op, npu.CopyOp):
        path = (npu.space_of(op.src.type), npu.space_of(op.dst.type))
        if path == (npu.Space.L1, npu.Space.UB):
            return "no copy from L1"
    if isinstance(op, npu.SetFlagOp | npu.WaitFlagOp):
        event = f"{op.src.data.value}_{op.dst.data.value}".upper()
        if event not in table.events(machine):
            return "no event from this pipe"
    if isinstance(op, npu.PipeBarrierOp) and op.on.data is npu.Pipe.FIX:
        return "" if machine == ASCEND_910B else "no fixpipe"
    return ""


@pytest.mark.parametrize("machine", TARGETS)
def test_every_instruction_has_a_body(machine: int) -> None:
    ops = all_of(machine)
    refused = {every.text(op): said for op in ops if (said := _expected_refusal(op, machine))}
    accepted = [text for op in ops if (text := every.text(op)) not in refused]
    assert not refusal(every.kernel(accepted), machine)
    for said in set(refused.values()):
        text = next(text for text, why in refused.items() if why == said)
        assert said in refusal(every.kernel([text]), machine)


@pytest.mark.parametrize("machine", TARGETS)
def test_refused_copies_name_what_is_missing(machine: int) -> None:
    """Of paths that other machines have."""
    foreign = {ASCEND_910B: "ascend910"}.get(machine, "ascend910b")
    known = load(PATHS[machine]).paths
    copies = [op for op in every.moves(load(foreign)) if isinstance(op, npu.CopyOp)]
    paths = [(npu.space_of(op.src.type).value, npu.space_of(op.dst.type).value) for op in copies]
    for op, path in zip(copies, paths):
        if path not in known and path != ("l1", "ub"):
            said = refusal(every.kernel([every.text(op)]), machine)
            assert "910B" in said or "UB reaches L1 on machines with one core" in said


def test_only_flags_between_pipes_without_common_data_have_no_event() -> None:
    """M and MTE1 alone use L0A, L0B; nothing else than V, or FIX, reads what M writes. Nothing is
    loaded to GM, or stored by another pipe, in kernels of the cube whose results FIX stores."""
    missing = {
        f"{a.value}_{b.value}"
        for a, b in every.shared_memories()
        if f"{a.value}_{b.value}".upper() not in table.events(ASCEND_910B)
    }
    assert missing == {"s_mte1", "mte1_s", "v_fix", "fix_v", "mte2_fix", "mte3_fix", "s_fix"}


def test_the_scalar_unit_computes_all_but_a_few_functions() -> None:
    none = {"tanh", "erf", "power", "sin", "cos"}
    lines = list(every.scalars())
    assert not refusal(every.kernel([line for name, line in lines if name not in none]), 1001)
    for name in none:
        line = next(line for function, line in lines if function == name)
        assert f"neither unit of the device computes {name}" in refusal(every.kernel([line]), 1001)


def preprocessed(machine: int) -> str:
    done = subprocess.run(
        [*device_command(machine), "-E"],
        input='#include "akg_npu.hpp"',
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _is_documented(use: Use, machine: int) -> bool:
    if use.of == "tensor":
        return use.arguments in table.METHODS[use.name].arguments
    if use.of == "HardEvent":
        return use.name in table.events(machine)
    if use.of:
        return use.name in {**table.ENUMERATORS, **table.FIELDS}[use.of]
    if use.name in table.CONSTANTS:
        return machine in table.CONSTANTS[use.name]
    known = {**table.FUNCTIONS, **table.CONSTRUCTORS}.get(use.name)
    if known is None or use.arguments is None:  # a type
        types = {*table.CONSTRUCTORS, *table.FIELDS, *table.ENUMERATORS, "GlobalTensor"}
        return use.name in types and use.arguments is None
    return use.arguments in known.arguments and machine in known.machines


@pytest.mark.parametrize("machine", TARGETS)
def test_the_body_calls_what_is_documented(machine: int) -> None:
    text = own_lines(preprocessed(machine), "akg_npu/ascendc")
    found = set(uses(text))
    assert not [use for use in found if not _is_documented(use, machine)]
    assert set(re.findall(r"PIPE_\w+", text)) <= table.PIPES
    # Nothing in the table is there for nothing.
    called = {use.name for use in found if use.arguments is not None}
    everything = {**table.FUNCTIONS, **table.CONSTRUCTORS, **table.METHODS}
    assert called == {name for name, known in everything.items() if machine in known.machines}


@pytest.mark.parametrize("machine", [ASCEND_910A, ASCEND_910B])
@pytest.mark.parametrize("file", ["cube.hpp", "movement.hpp"])
def test_structs_are_filled_field_by_field(file: str, machine: int) -> None:
    text = own_lines(preprocessed(machine), f"akg_npu/ascendc/{file}")
    assert set(re.findall(r"Quant::(\w+)", text)) <= table.ENUMERATORS["QuantMode_t"]
    for struct, name in re.findall(r"AscendC::(\w+)(?:<\w+>)? (\w+);", text):
        filled = re.findall(rf"\b{name}\.(\w+)(?:\[\d\])? =", text)
        assert set(filled) == set(table.FIELDS[struct])
