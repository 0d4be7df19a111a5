"""The ONNX backend: models compiled for a target and run on the simulated machine.

    import akg_mlir.onnx_backend as backend
    outputs = backend.prepare(model).run([x])

Implements `onnx.backend.base`. Device "CPU" is the host that simulates; the keyword `target` names
the machine. Graph inputs that a compiler must know, such as the shape operand of a Reshape, may be
ordinary inputs: the model is compiled per value of those and the kernels are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, helper, numpy_helper, shape_inference
from onnx.backend.base import Backend as OnnxBackend
from onnx.backend.base import BackendRep

from akg_mlir.compiler import Kernel, compile
from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.onnx import MissingConstant, import_model

Array = np.ndarray[Any, np.dtype[Any]]


class CompiledModel(BackendRep):
    """A prepared model: compiled already unless it needs the values of some inputs for that."""

    def __init__(self, model: ModelProto, **options: Any) -> None:
        self.model = model
        self.options = options
        initialised = {tensor.name for tensor in model.graph.initializer}
        self.inputs = [entry.name for entry in model.graph.input if entry.name not in initialised]
        self.specialised: tuple[str, ...] = ()
        self._kernels: dict[tuple[object, ...], tuple[Mapping[str, Array], Kernel]] = {}
        try:
            self._kernel({})
        except MissingConstant as missing:
            self._require(missing)

    def run(self, inputs: Sequence[Array] | Mapping[str, Array], **_: Any) -> tuple[Array, ...]:
        """Run on the inputs, in the order of the graph or by name; the outputs in graph order."""
        if not isinstance(inputs, Mapping):
            if len(inputs) != len(self.inputs):
                raise CompileError(f"{len(inputs)} inputs given, the model has {len(self.inputs)}")
            inputs = dict(zip(self.inputs, inputs))
        values = {name: np.asarray(inputs[name]) for name in self.inputs}
        kernel = self._specialise(values)
        passed = [
            value
            for name, value in values.items()
            if name not in self.specialised and value.size > 0
        ]
        outputs = kernel(*passed)
        return outputs if isinstance(outputs, tuple) else (outputs,)

    def compiled(self) -> Iterator[tuple[Mapping[str, Array], Kernel]]:
        """The kernels so far, each with the values of the inputs it was compiled for."""
        yield from self._kernels.values()

    def _specialise(self, values: Mapping[str, Array]) -> Kernel:
        while True:
            try:
                return self._kernel({name: values[name] for name in self.specialised})
            except MissingConstant as missing:
                self._require(missing)

    def _require(self, missing: MissingConstant) -> None:
        """Compile per value of one more input; a missing value that is no input is an error."""
        if missing.name not in self.inputs:
            raise missing
        self.specialised = (*self.specialised, missing.name)

    def _kernel(self, constants: Mapping[str, Array]) -> Kernel:
        key = tuple((value.shape, value.dtype.str, value.tobytes()) for value in constants.values())
        if key not in self._kernels:
            kernel = compile(self.model, constants=constants, **self.options)
            self._kernels[key] = constants, kernel
        return self._kernels[key][1]


class Backend(OnnxBackend):
    """The interface of `onnx.backend.base`, for any target."""

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """The simulation runs on the CPU."""
        return device == "CPU"

    @classmethod
    def is_compatible(cls, model: ModelProto, device: str = "CPU", **_: Any) -> bool:
        """Whether the model can be imported, given the values of inputs that must be known."""
        try:
            import_model(model)
        except MissingConstant as missing:
            return missing.name in {entry.name for entry in model.graph.input}
        except CompileError:
            return False
        return cls.supports_device(device)

    @classmethod
    def prepare(cls, model: ModelProto, device: str = "CPU", **kwargs: Any) -> CompiledModel:
        """Compile a model; keywords (`target`, `precision`, …) are those of `akg_mlir.compile`.

        Raises CompileError for what is not supported.
        """
        if not cls.supports_device(device):
            raise CompileError(f"device {device} is not supported", hint="use CPU")
        return CompiledModel(model, **kwargs)

    @classmethod
    def run_node(
        cls,
        node: NodeProto,
        inputs: Sequence[Array],
        device: str = "CPU",
        outputs_info: Any = None,
        **kwargs: Any,
    ) -> tuple[Array, ...]:
        """Compile and run one node; `opset_version` is that of the node."""
        version = kwargs.pop("opset_version", onnx.defs.onnx_opset_version())
        model = _model_of(node, [np.asarray(value) for value in inputs], version)
        return cls.prepare(model, device, **kwargs).run(inputs)


def _model_of(node: NodeProto, inputs: Sequence[Array], version: int) -> ModelProto:
    values = dict(zip((name for name in node.input if name), inputs))
    types = {
        name: helper.make_tensor_type_proto(
            helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
        )
        for name, value in values.items()
    }
    data = {name: numpy_helper.from_array(value, name) for name, value in values.items()}
    schema = onnx.defs.get_schema(node.op_type, version, node.domain)
    try:
        results = shape_inference.infer_node_outputs(schema, node, types, data)
    except shape_inference.InferenceError as error:
        raise CompileError(f"{node.op_type} does not take these inputs: {error}") from error
    graph = helper.make_graph(
        [node],
        node.op_type,
        [helper.make_value_info(name, kind) for name, kind in types.items()],
        [helper.make_value_info(name, kind) for name, kind in results.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(node.domain, version)])


is_compatible = Backend.is_compatible
prepare = Backend.prepare
run_model = Backend.run_model
run_node = Backend.run_node
supports_device = Backend.supports_device
