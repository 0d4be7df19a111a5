"""Ops of the cube: products of a tile, and the instructions they become."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import I64, DenseArrayBase, IntegerAttr, MemRefType, i1, i64
from xdsl.ir import Operation, SSAValue
from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, prop_def, traits_def
from xdsl.traits import MemoryReadEffect, MemoryWriteEffect
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.npu.attributes import Pipe, PtrType, Space, memref_type, space_of
from akg_mlir.dialects.npu.buffers import PipeOp
from akg_mlir.dialects.npu.instructions import MoveOp


def _verify_product(op: Operation, a: SSAValue, b: SSAValue, c: SSAValue) -> None:
    spaces = tuple(space_of(v.type) for v in (a, b, c))
    if spaces != (Space.L1, Space.L1, Space.L0C):
        raise VerifyException(f"{op.name} works on l1, l1 -> l0c, got {spaces}")


@irdl_op_definition
class MmadOp(IRDLOperation, PipeOp):
    """`c = (init ? 0 : c) + a @ b` on fractals, the operands streamed through L0A and L0B.

    a: L1 [k1, m1, 16, k0] (NZ), b: L1 [k1, n1, 16, k0] (nZ, k contiguous), c: L0C
    [n1, m1, 16, 16] (NZ). `m`, `k`, `n` are the true sizes; lanes beyond them are ignored.
    """

    name = "npu.mmad"
    a = operand_def(MemRefType)
    b = operand_def(MemRefType)
    c = operand_def(MemRefType)
    init = operand_def(i1)
    m = prop_def(IntegerAttr[I64])
    k = prop_def(IntegerAttr[I64])
    n = prop_def(IntegerAttr[I64])
    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect())
    assembly_format = (
        "$a `,` $b `->` $c `init` $init `m` $m `k` $k `n` $n attr-dict `:` "
        "type($a) `,` type($b) `->` type($c)"
    )

    def __init__(
        self, a: SSAValue, b: SSAValue, c: SSAValue, init: SSAValue, m: int, k: int, n: int
    ) -> None:
        super().__init__(
            operands=[a, b, c, init],
            properties={
                "m": IntegerAttr(m, i64),
                "k": IntegerAttr(k, i64),
                "n": IntegerAttr(n, i64),
            },
        )

    def verify_(self) -> None:
        _verify_product(self, self.a, self.b, self.c)

    @property
    def pipe(self) -> Pipe:
        return Pipe.M

    @property
    def reads(self) -> Sequence[SSAValue]:
        return (self.a, self.b, self.c)

    @property
    def writes(self) -> Sequence[SSAValue]:
        return (self.c,)


@irdl_op_definition
class ConvOp(IRDLOperation, PipeOp):
    """`c = (init ? 0 : c) + windows of a @ b`, the operands streamed through L0A and L0B.

    a: L1 [c1, h, w, c0], a part of an image (NC1HWC0) with `pads` [top, left, bottom, right] of
    zeros around it; b: L1 [c1, kh, kw, n1, 16, c0]; c: L0C [n1, m1, 16, 16]. The windows at
    `points` = (rows, columns) of the output, row by row, are the rows of the product: those of one
    row of points are `pitch` behind those of the last. Tap (i, j) of the window at (y, x) is at
    `(y, x) * strides + (i, j) * dilations - (top, left)`.
    """

    name = "npu.conv"
    a = operand_def(MemRefType)
    b = operand_def(MemRefType)
    c = operand_def(MemRefType)
    init = operand_def(i1)
    points = prop_def(DenseArrayBase.constr(i64))
    pitch = prop_def(IntegerAttr[I64])
    strides = prop_def(DenseArrayBase.constr(i64))
    dilations = prop_def(DenseArrayBase.constr(i64))
    pads = prop_def(DenseArrayBase.constr(i64))
    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect())
    assembly_format = (
        "$a `,` $b `->` $c `init` $init `points` $points `pitch` $pitch `strides` $strides "
        "`dilations` $dilations `pads` $pads attr-dict `:` type($a) `,` type($b) `->` type($c)"
    )

    def __init__(
        self,
        a: SSAValue,
        b: SSAValue,
        c: SSAValue,
        init: SSAValue,
        *,
        points: Sequence[int],
        pitch: int,
        strides: Sequence[int],
        dilations: Sequence[int],
        pads: Sequence[int],
    ) -> None:
        fields = {"points": points, "strides": strides, "dilations": dilations, "pads": pads}
        super().__init__(
            operands=[a, b, c, init],
            properties={
                **{k: DenseArrayBase.from_list(i64, list(v)) for k, v in fields.items()},
                "pitch": IntegerAttr(pitch, i64),
            },
        )

    @property
    def sides(self) -> tuple[int, int]:
        """Rows and columns of the output."""
        rows, columns = self.points.get_values()
        return rows, columns

    @property
    def rows(self) -> int:
        """Rows of the product, those between the rows of points included."""
        rows, columns = self.sides
        return (rows - 1) * self.pitch.value.data + columns

    def verify_(self) -> None:
        _verify_product(self, self.a, self.b, self.c)
        image, kernel = memref_type(self.a).get_shape(), memref_type(self.b).get_shape()
        if len(image) != 4 or len(kernel) != 6 or image[0] != kernel[0]:
            raise VerifyException(f"npu.conv takes c1hwc0 and c1, kh, kw, n1, 16, c0, got {image}")
        top, left, bottom, right = self.pads.get_values()
        found: list[int] = []
        for axis, around in enumerate((top + bottom, left + right)):
            reach = self.dilations.get_values()[axis] * (kernel[1 + axis] - 1) + 1
            found.append((image[1 + axis] + around - reach) // self.strides.get_values()[axis] + 1)
        if tuple(found) != self.points.get_values():
            raise VerifyException(f"the image has windows at {found} points")
        if self.pitch.value.data < found[1]:
            raise VerifyException(
                f"rows of {found[1]} points cannot be {self.pitch.value.data} apart"
            )

    @property
    def pipe(self) -> Pipe:
        return Pipe.M

    @property
    def reads(self) -> Sequence[SSAValue]:
        return (self.a, self.b, self.c)

    @property
    def writes(self) -> Sequence[SSAValue]:
        return (self.c,)


@irdl_op_definition
class Load2dOp(MoveOp):
    """L1 -> L0A / L0B: `repeat` fractals of 512 B, source stride and gap in fractals."""

    name = "npu.load2d"
    repeat = prop_def(IntegerAttr[I64])
    src_stride = prop_def(IntegerAttr[I64])
    dst_gap = prop_def(IntegerAttr[I64])
    assembly_format = (
        "$dst `,` $src `repeat` $repeat `stride` $src_stride `gap` $dst_gap attr-dict `:` "
        "type($dst) `,` type($src)"
    )

    def __init__(
        self, dst: SSAValue, src: SSAValue, repeat: int, src_stride: int, dst_gap: int = 0
    ) -> None:
        fields = {"repeat": repeat, "src_stride": src_stride, "dst_gap": dst_gap}
        super().__init__(
            operands=[dst, src],
            properties={k: IntegerAttr(v, i64) for k, v in fields.items()},
        )

    @property
    def pipe(self) -> Pipe:
        return Pipe.MTE1


@irdl_op_definition
class Load3dOp(MoveOp):
    """L1 -> L0A by img2col: `repeat` fractals of 16 output points by one block of channels.

    `src` is an image `[h, w, c0]` of `image` = (rows, columns) with `pads` [top, left, bottom,
    right] of zeros around it. The rows of the fractals are the output points in row-major order
    from the first on; their values are element `tap` = (i, j) of the window of `kernel` = (rows,
    columns) at each point. Points beyond the last one read zeros. Fractal r is written to fractal
    `r * jump` of `dst`.
    """

    name = "npu.load3d"
    image = prop_def(DenseArrayBase.constr(i64))
    pads = prop_def(DenseArrayBase.constr(i64))
    kernel = prop_def(DenseArrayBase.constr(i64))
    strides = prop_def(DenseArrayBase.constr(i64))
    dilations = prop_def(DenseArrayBase.constr(i64))
    tap = prop_def(DenseArrayBase.constr(i64))
    repeat = prop_def(IntegerAttr[I64])
    jump = prop_def(IntegerAttr[I64])
    assembly_format = (
        "$dst `,` $src `image` $image `pads` $pads `kernel` $kernel `strides` $strides "
        "`dilations` $dilations `tap` $tap `repeat` $repeat `jump` $jump attr-dict `:` "
        "type($dst) `,` type($src)"
    )

    def __init__(
        self,
        dst: SSAValue,
        src: SSAValue,
        *,
        image: Sequence[int],
        pads: Sequence[int],
        kernel: Sequence[int],
        strides: Sequence[int],
        dilations: Sequence[int],
        tap: Sequence[int],
        repeat: int,
        jump: int,
    ) -> None:
        arrays = {
            "image": image,
            "pads": pads,
            "kernel": kernel,
            "strides": strides,
            "dilations": dilations,
            "tap": tap,
        }
        super().__init__(
            operands=[dst, src],
            properties={
                **{k: DenseArrayBase.from_list(i64, list(v)) for k, v in arrays.items()},
                "repeat": IntegerAttr(repeat, i64),
                "jump": IntegerAttr(jump, i64),
            },
        )

    @property
    def pipe(self) -> Pipe:
        return Pipe.MTE1


@irdl_op_definition
class MadOp(IRDLOperation, PipeOp):
    """`c[m,n] = (init ? 0 : c[m,n]) + a[m,k] * b[k,n]` on contiguous L0 operands (see `MmadOp`)."""

    name = "npu.mad"
    c = operand_def(PtrType)
    a = operand_def(PtrType)
    b = operand_def(PtrType)
    init = operand_def(i1)
    m = prop_def(IntegerAttr[I64])
    k = prop_def(IntegerAttr[I64])
    n = prop_def(IntegerAttr[I64])
    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect())
    assembly_format = (
        "$c `,` $a `,` $b `init` $init `m` $m `k` $k `n` $n attr-dict `:` "
        "type($c) `,` type($a) `,` type($b)"
    )

    def __init__(
        self, c: SSAValue, a: SSAValue, b: SSAValue, init: SSAValue, m: int, k: int, n: int
    ) -> None:
        super().__init__(
            operands=[c, a, b, init],
            properties={
                "m": IntegerAttr(m, i64),
                "k": IntegerAttr(k, i64),
                "n": IntegerAttr(n, i64),
            },
        )

    @property
    def pipe(self) -> Pipe:
        return Pipe.M

    @property
    def reads(self) -> Sequence[SSAValue]:
        return (self.a, self.b, self.c)

    @property
    def writes(self) -> Sequence[SSAValue]:
        return (self.c,)
