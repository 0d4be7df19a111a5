"""The manifest of a build: everything a driver of the kernels has to know, as JSON."""

from __future__ import annotations

from typing import Any

from akg_mlir.emit.cpp import KernelText
from akg_mlir.emit.cpp.buffers import Buffer
from akg_mlir.execution.library.plan import NPU_ARCHITECTURES, Call, Copy, Place, Plan, Tensor
from akg_mlir.execution.library.weights import VERSION as WEIGHTS_VERSION
from akg_mlir.execution.library.weights import fingerprint

FORMAT = "akg-mlir build"
VERSION = 1
"""Of the manifest; larger where fields change their meaning or vanish."""


def manifest(plan: Plan) -> dict[str, Any]:
    """The manifest; docs/build.md describes every field."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": plan.name,
        "target": {
            "name": plan.target.name,
            "cores": plan.target.cores,
            "npu_arch": NPU_ARCHITECTURES.get(plan.target.name),
        },
        "inputs": [
            {**_tensor(t), **({"becomes": plan.becomes[k]} if k in plan.becomes else {})}
            for k, t in enumerate(plan.inputs)
        ],
        "outputs": [_tensor(tensor) for tensor in plan.outputs],
        "weights": {
            "file": "weights.bin",
            "version": WEIGHTS_VERSION,
            "bytes": plan.weights_bytes,
            "alignment": plan.alignment,
            "fingerprint": fingerprint(plan).hex(),
            "tensors": [
                {**_tensor(w.tensor), "offset": w.offset, "origin": w.origin} for w in plan.weights
            ],
        },
        "arena": {
            "bytes": plan.arena_bytes,
            "alignment": plan.alignment,
            "buffers": [
                {
                    "name": t.name,
                    "offset": t.offset,
                    "bytes": t.bytes,
                    "first_step": t.first,
                    "last_step": t.last,
                }
                for t in plan.temporaries
            ],
        },
        "kernels": [_kernel(plan, kernel) for kernel in plan.kernels],
        "steps": [_step(step) for step in plan.steps],
    }


def source_of(kernel: KernelText) -> str:
    """Where the text of a kernel lies in the folder of a build."""
    return f"kernels/{kernel.name}.cpp"


def _tensor(tensor: Tensor) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "element": tensor.element,
        "shape": list(tensor.shape),
        "layout": "row-major",
        "bytes": tensor.bytes,
    }


def _kernel(plan: Plan, kernel: KernelText) -> dict[str, Any]:
    return {
        "name": kernel.name,
        "source": source_of(kernel),
        "blocks": kernel.cores,
        "workspace_bytes": sum(t.bytes for t in kernel.tensors[kernel.arguments :]),
        "arguments": [
            {
                **_tensor(Tensor(t.name, t.element, t.shape)),
                "direction": _direction(t, is_workspace=k >= kernel.arguments),
                "alignment": plan.alignment,
            }
            for k, t in enumerate(kernel.tensors)
        ],
    }


def _direction(tensor: Buffer, *, is_workspace: bool) -> str:
    if is_workspace:
        return "workspace"
    if tensor.written:
        return "inout" if tensor.read else "out"
    return "in"


def _step(step: Copy | Call) -> dict[str, Any]:
    if isinstance(step, Copy):
        return {"copy": {"from": _place(step.source), "to": _place(step.target)}}
    return {"call": step.kernel.name, "arguments": [_place(place) for place in step.places]}


def _place(place: Place) -> dict[str, Any]:
    """`{"input": N}`, `{"output": N}`, or a byte offset in `weights` or `arena`; and the bytes."""
    return {place.space: place.at, "bytes": place.bytes}
