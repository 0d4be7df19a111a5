"""The parameters of a kernel function: tensors of declared types, and constants."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.te.types import check_tensor
from akg_mlir.frontends.python.axes import Axis
from akg_mlir.frontends.python.dtypes import element_type
from akg_mlir.frontends.python.places import TraceError, definition
from akg_mlir.frontends.python.tensor import Spec, Tensor

Array = np.ndarray[Any, np.dtype[Any]]
"""What kernels are called on."""

_OF_NUMPY = {
    "float16": "f16",
    "bfloat16": "bf16",
    "float32": "f32",
    "uint8": "ui8",
    "bool": "i1",
} | {f"int{bits}": f"i{bits}" for bits in (8, 32, 64)}


@dataclass(frozen=True)
class Signature:
    """`tensors` by parameter name in order, and the whole signature, whose other parameters are
    constants."""

    name: str
    tensors: Mapping[str, Spec]
    whole: inspect.Signature

    def axes(self) -> dict[str, Axis]:
        """The axes that name sizes, by name."""
        dims = [dim for spec in self.tensors.values() for dim in spec.dims]
        return {dim.name: dim for dim in dims if isinstance(dim, Axis)}

    def sizes_of(self, arrays: Mapping[str, Array]) -> dict[Axis, int]:
        """The sizes of axes that arrays have. Raises TraceError for arrays that do not fit."""
        sizes = {axis: axis.size for axis in self.axes().values() if axis.size is not None}
        for name, spec in self.tensors.items():
            array = arrays[name]
            found = f"{_OF_NUMPY.get(array.dtype.name, array.dtype.name)}{list(array.shape)}"
            wrong = f"argument '{name}' of {self.name} is {found}, declared as {spec}"
            if _OF_NUMPY.get(array.dtype.name) != spec.dtype.__name__:
                hint = f"convert it: {name}.astype(...)"
                raise TraceError(wrong, hint=hint)
            if len(array.shape) != len(spec.dims):
                raise TraceError(wrong)
            for dim, size in zip(spec.dims, array.shape):
                wanted = sizes.setdefault(dim, size) if isinstance(dim, Axis) else dim
                if wanted != size:
                    known = f", where {dim.name} is {wanted}" if isinstance(dim, Axis) else ""
                    raise TraceError(wrong + known)
        return sizes

    def sizes_given(self, given: Mapping[str, int]) -> dict[Axis, int]:
        """The sizes of axes given by name. Raises TraceError for those missing or unknown."""
        axes = self.axes()
        for name, size in given.items():
            if name not in axes:
                known = ", ".join(axes) or "none"
                raise TraceError(f"{self.name} has no axis '{name}'", hint=f"axes are: {known}")
            if axes[name].size not in (None, size) or size < 1:
                raise TraceError(f"axis {name} of {self.name} cannot have size {size}")
        sizes = {axis: given.get(name, axis.size) for name, axis in axes.items()}
        known = {axis: size for axis, size in sizes.items() if size is not None}
        missing = [axis.name for axis in sizes if axis not in known]
        if missing:
            example = ", ".join(f"{name}=64" for name in missing)
            raise TraceError(
                f"{self.name} needs sizes for {', '.join(missing)}", hint=f"pass {example}"
            )
        return known

    def types(self, sizes: Mapping[Axis, int]) -> list[TensorType[Attribute]]:
        """The types of the tensors. Raises TraceError for those without elements, or too large."""
        result: list[TensorType[Attribute]] = []
        for name, spec in self.tensors.items():
            shape = [sizes[dim] if isinstance(dim, Axis) else dim for dim in spec.dims]
            type_ = TensorType(element_type(spec.dtype), shape)
            try:
                check_tensor(type_)
            except VerifyException as refused:
                raise TraceError(f"argument '{name}' of {self.name}: {refused}") from None
            result.append(type_)
        return result


def signature_of(function: Callable[..., object], scope: Mapping[str, object]) -> Signature:
    """The signature of a kernel function. Raises TraceError when it declares no tensors, or
    something that is neither a tensor type nor a constant.

    `scope` has the names around the function that annotations may use.
    """
    place = definition(function)
    try:
        signature = inspect.signature(function, eval_str=True, locals=dict(scope))
    except (NameError, SyntaxError, TypeError, AttributeError) as refused:
        raise TraceError(
            f"the annotations of {function.__name__} cannot be evaluated: {refused}", place
        ) from None
    tensors: dict[str, Spec] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise TraceError(f"parameter *{name} of {function.__name__}", place, "name each one")
        if isinstance(parameter.annotation, Spec):
            tensors[name] = parameter.annotation
        elif _is_no_constant(parameter.annotation):
            raise TraceError(
                f"parameter '{name}' of {function.__name__} has no tensor type",
                place,
                f"declare it, for example `{name}: akg.f32[64, 500]`; constants have an annotation "
                "such as int",
            )
    if not tensors:
        raise TraceError(
            f"{function.__name__} has no tensor parameters",
            place,
            "declare one, for example `x: akg.f32[64, 500]`",
        )
    _check_names(function.__name__, tensors, place)
    return Signature(function.__name__, tensors, signature)


def _check_names(name: str, tensors: Mapping[str, Spec], place: Any) -> None:
    """Sizes are given by name, so that two axes cannot have the same."""
    axes: dict[str, Axis] = {}
    for spec in tensors.values():
        for dim in spec.dims:
            if isinstance(dim, Axis) and axes.setdefault(dim.name, dim) is not dim:
                raise TraceError(f"{name} has two axes named {dim.name}", place)


def _is_no_constant(annotation: object) -> bool:
    """Whether an annotation is missing, still text, or an element type without sizes."""
    if isinstance(annotation, type) and issubclass(annotation, Tensor):
        return True
    return annotation is inspect.Parameter.empty or isinstance(annotation, str)
