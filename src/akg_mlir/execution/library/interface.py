"""The C header of a library, and the C++ of its program: tables, steps and the C functions."""

from __future__ import annotations

import json
from collections.abc import Sequence

from akg_mlir.execution.library.plan import Call, Copy, Place, Plan, Tensor
from akg_mlir.execution.library.weights import fingerprint

API_VERSION = 1
"""Of the C functions; also of what the Python wrapper expects."""


def c_header(plan: Plan) -> str:
    """`NAME.h`: plain C, without anything of ours included."""
    name, upper = plan.name, plan.name.upper()
    return f"""\
/* {name}: a compiled program for {plan.target.name}, as a library for this kind of computer.
 *
 * Inputs:
{_described(plan.inputs)}
 * Outputs:
{_described(plan.outputs)}
 *
 * Elements: f16, f32, f64, i1 (one byte, 0 or 1), i8, i16, i32, i64, ui8; the last dimension is
 * contiguous, dimensions follow each other without gaps. A program may be run by several threads;
 * runs of one program wait for each other, runs of several do not.
 */
#ifndef {upper}_H
#define {upper}_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

#if defined(__GNUC__)
#define {upper}_API __attribute__((visibility("default")))
#else
#define {upper}_API
#endif

/* Changes when these functions do; {name}_version() gives the library's. */
#define {upper}_VERSION {API_VERSION}

typedef struct {name}_program {name}_program;

typedef struct {{
  const char *name;
  const char *element;  /* "f32", ... */
  int32_t rank;
  const int64_t *shape;  /* `rank` sizes */
  uint64_t bytes;
}} {name}_tensor;

/* Memory of the caller, aligned to its elements. Inputs are only read; outputs overlap neither
 * inputs nor each other. */
typedef struct {{
  void *data;
  uint64_t bytes;
}} {name}_buffer;

{upper}_API int {name}_version(void);

{upper}_API int {name}_input_count(void);
{upper}_API int {name}_output_count(void);
/* NULL where there is none with this number; counted from 0. */
{upper}_API const {name}_tensor *{name}_input(int number);
{upper}_API const {name}_tensor *{name}_output(int number);

/* Load the program with its file of weights, which stays mapped; NULL on failure. */
{upper}_API {name}_program *{name}_create(const char *weights_path);
{upper}_API void {name}_destroy({name}_program *program);

/* Run on a buffer per input and output; 0, or 1 on failure. */
{upper}_API int {name}_run({name}_program *program, const {name}_buffer *inputs, int input_count,
{" " * len(upper)}         const {name}_buffer *outputs, int output_count);

/* Why the last call that failed in this thread did; valid until the next one fails. */
{upper}_API const char *{name}_last_error(void);

#ifdef __cplusplus
}}
#endif

#endif
"""


def model_source(plan: Plan) -> str:
    """`NAME.cpp`: what the program is made of, for `akg_model.hpp`."""
    name = plan.name
    count = f"{len(plan.kernels)} kernel{'' if len(plan.kernels) == 1 else 's'}"
    launches = "\n".join(
        f'extern "C" void {kernel.name}_launch(akg::Argument *, int);\n'
        f'extern "C" int {kernel.name}_check(akg::Argument *, int, const akg::Options *, char *, '
        "int64_t);"
        for kernel in plan.kernels
    )
    digest = [f"0x{byte:02x}" for byte in fingerprint(plan)]
    rows = ",\n    ".join(", ".join(digest[k : k + 16]) for k in range(0, len(digest), 16))
    steps = "\n".join(_step(step) for step in plan.steps)
    return f"""\
// {name}: {count} for {plan.target.name}, called in the order of the program.
#include "{name}.h"

#include "akg_model.hpp"

{launches}

namespace {{

{_table(plan, "inputs", plan.inputs)}

{_table(plan, "outputs", plan.outputs)}

const unsigned char fingerprint[32] = {{
    {rows}}};
const akg::Layout layout{{{plan.weights_bytes}, {plan.arena_bytes}, {plan.alignment}, fingerprint}};

void steps(const akg::Run &run) {{
{steps}
}}

}}  // namespace

struct {name}_program : akg::Model {{
  explicit {name}_program(const char *weights) : akg::Model(layout, weights) {{}}
}};

int {name}_version(void) {{ return {name.upper()}_VERSION; }}

int {name}_input_count(void) {{ return {len(plan.inputs)}; }}
int {name}_output_count(void) {{ return {len(plan.outputs)}; }}
const {name}_tensor *{name}_input(int number) {{
  return number >= 0 && number < {len(plan.inputs)} ? &inputs[number] : nullptr;
}}
const {name}_tensor *{name}_output(int number) {{
  return number >= 0 && number < {len(plan.outputs)} ? &outputs[number] : nullptr;
}}

{name}_program *{name}_create(const char *weights_path) {{
  {name}_program *none = nullptr;
  return akg::guarded(none, [&] {{ return new {name}_program(weights_path); }});
}}
void {name}_destroy({name}_program *program) {{ delete program; }}

int {name}_run({name}_program *program, const {name}_buffer *given, int given_count,
{" " * len(name)}        const {name}_buffer *wanted, int wanted_count) {{
  return akg::guarded(1, [&] {{
    if (program == nullptr) throw std::runtime_error("no program given");
    const auto in = akg::pointers("input", inputs, {len(plan.inputs)}, given, given_count);
    const auto out = akg::pointers("output", outputs, {len(plan.outputs)}, wanted, wanted_count);
    akg::refuse_overlaps(inputs, in, outputs, out);
    program->run(steps, in.data(), out.data());
    return 0;
  }});
}}

const char *{name}_last_error(void) {{ return akg::last_error().c_str(); }}
"""


def exports(plan: Plan) -> str:
    """The linker's list of what a library shows: two of them may be in one process."""
    return f"{{ global: {plan.name}_*; local: *; }};\n"


def _described(tensors: Sequence[Tensor]) -> str:
    return "\n".join(
        f" *   {k}  {tensor}, {tensor.bytes} bytes".replace("*/", "* /")
        for k, tensor in enumerate(tensors)
    )


def _table(plan: Plan, kind: str, tensors: Sequence[Tensor]) -> str:
    """An array of descriptions; one row more where it would have none, which C++ forbids."""
    shapes = [
        f"const int64_t {kind}_{k}[] = {{{', '.join(map(str, tensor.shape or (1,)))}}};"
        for k, tensor in enumerate(tensors)
    ]
    rows = [
        f'    {{{json.dumps(tensor.name)}, "{tensor.element}", {len(tensor.shape)}, {kind}_{k}, '
        f"{tensor.bytes}}},"
        for k, tensor in enumerate(tensors)
    ] or ["    {},"]
    return "\n".join([*shapes, f"const {plan.name}_tensor {kind}[] = {{", *rows, "};"])


def _step(step: Copy | Call) -> str:
    if isinstance(step, Copy):
        return f"  run.copy({_place(step.source)}, {_place(step.target)});"
    rows = [
        f"      {f'undefined({_place(place)})' if k in step.fresh else _place(place)},"
        f"  // {tensor.name}"
        for k, (place, tensor) in enumerate(zip(step.places, step.kernel.tensors, strict=True))
    ]
    entries = f"{step.kernel.name}_launch, {step.kernel.name}_check"
    return "\n".join([f"  run.call({{{entries}}}, {{", *rows, "  });"])


_ACCESSORS = {"input": "input", "output": "output", "weights": "weight", "arena": "arena"}


def _place(place: Place) -> str:
    return f"run.{_ACCESSORS[place.space]}({place.at}, {place.bytes})"
