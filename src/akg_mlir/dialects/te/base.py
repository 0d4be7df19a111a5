"""What all `te` ops share: value semantics, and verification against the inferred type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import TensorType, f32
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import IRDLOperation, VarConstraint, result_def, traits_def
from xdsl.rewriter import Rewriter
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.te.types import element_of, names, tensor_type

SAME = VarConstraint("T", TensorType.constr())
"""A tensor type that operand and result share."""


class TeOp(IRDLOperation, ABC):
    """A pure op on tensors with one result whose type follows from operands and properties."""

    result = result_def(TensorType)
    traits = traits_def(Pure())

    def __init__(
        self,
        operands: Sequence[SSAValue | Sequence[SSAValue] | None],
        properties: Mapping[str, Attribute | None] | None = None,
        declared: TensorType[Attribute] | None = None,
        regions: Sequence[Region] = (),
    ) -> None:
        """Build the op and infer its result type.

        `declared` seeds the result type of ops whose result does not follow from the operands
        alone. Raises `VerifyException` when the operands do not fit.
        """
        super().__init__(
            operands=operands,
            result_types=[declared or TensorType(f32, [])],
            properties=dict(properties or {}),
            regions=list(regions),
        )
        try:
            inferred = self._checked_type()
        except VerifyException as error:
            raise VerifyException(f"{self.name}: {error}") from None
        Rewriter.replace_value_with_new_type(self.results[0], inferred)

    @abstractmethod
    def infer(self) -> TensorType[Attribute]:
        """The type the result must have. Raises `VerifyException` for operands that do not fit."""

    def _checked_type(self) -> TensorType[Attribute]:
        for value in self.operands:
            tensor_type(value)
        return self.infer()

    def verify_(self) -> None:
        expected = self._checked_type()
        if self.results[0].type != expected:
            raise VerifyException(
                f"the result is {self.results[0].type}, the operands give {expected}"
            )


def same_element(values: Sequence[SSAValue]) -> Attribute:
    """The element type all values have. Raises `VerifyException` when they differ."""
    elements = [element_of(v) for v in values]
    if any(e != elements[0] for e in elements):
        raise VerifyException(
            f"operands have element types {' and '.join(str(e) for e in elements)}; "
            "they must be one type: insert te.cast"
        )
    return elements[0]


def check_element(element: Attribute, accepted: Sequence[Attribute]) -> None:
    """Raise `VerifyException` unless the op takes this element type."""
    if element not in accepted:
        raise VerifyException(f"got elements of {element}, takes {names(accepted)}")
