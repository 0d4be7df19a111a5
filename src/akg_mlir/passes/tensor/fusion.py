"""What a kernel gains by one more tensor op: the question `te-partition` asks.

The test is that of reverse fusion (`polyhedral.tile_groups`): what tiles of the kernel's results
need of the op, what they would compute again, whether they still fit on chip, and whether that
costs less than writing the op's result to GM and reading it back in a kernel of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count, product

from xdsl.dialects.builtin import f16, f32
from xdsl.ir import Operation

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL, element_bytes, fractal_depth
from akg_mlir.passes.tensor.gates import is_cut_in_gates
from akg_mlir.passes.tensor.inside_blocks import moved_inside_blocks
from akg_mlir.passes.tensor.reduction_parts import PARTIAL
from akg_mlir.passes.tensor.tile_nests import Steps, cuts_rows
from akg_mlir.polyhedral.chunked_groups import in_chunks
from akg_mlir.polyhedral.tile_group_parts import Estimate, Rates, Refused, Step, Tensor
from akg_mlir.polyhedral.tile_groups import TileGroup
from akg_mlir.polyhedral.tile_spans import Box, hull
from akg_mlir.targets.model import Target

TOLERANCE = 0.125
"""A part of a kernel's cycles that fusing may cost where nothing is computed again: the estimate is
not better, and less traffic is certain."""
SHARE = 2
"""A tile may need this part of a memory, so that two tiles are on chip at a time."""
MOST_WINDOWS = 2
"""Ops on windows in a kernel: tiles of windows of windows are many to choose from, and take too
long to compile."""
CUBE = (te.FractalMatmulOp, te.FractalConv2dOp)
"""What the cube executes."""
MARGIN = 512
"""Bytes of that left free: boxes are counted here without what fills up their last blocks."""


def rates_of(target: Target) -> Rates:
    """The figures of a target that partitioning needs."""
    return Rates(
        cores=target.cores,
        capacity={name: size // SHARE - MARGIN for name, size in target.memories.items()},
        dram=target.gm.dram_total,
        core_port=target.gm.core_port,
        l2=target.gm.l2_read,
        launch=target.paths["gm", "ub"].latency + target.paths["ub", "gm"].latency,
    )


@dataclass(eq=False)
class Kernel:
    """Ops that become one kernel. An op that shares its kernel with none has a `reason` for that,
    and no group."""

    ops: list[Operation]
    group: TileGroup | None = None
    estimate: Estimate | None = None
    reason: str = ""


@dataclass(frozen=True)
class Gain:
    """What fusing brings: cycles, GM bytes, and at what price."""

    cycles: float
    bytes: int
    recomputed: int
    held: int
    limit: int

    def numbers(self) -> dict[str, int]:
        """The figures of a remark."""
        return {
            "saved_cycles": round(self.cycles),
            "saved_bytes": self.bytes,
            "recomputed": self.recomputed,
            "tile_bytes": self.held,
            "tile_limit": self.limit,
        }


class NotFused(Exception):
    """Why an op stays out of a kernel, with the figures that say so."""

    def __init__(self, reason: str, gain: Gain | None = None) -> None:
        super().__init__(reason)
        self.gain = gain


@dataclass
class Fusion:
    """Builds kernels from ops, the last op of a program first."""

    target: Target
    rates: Rates = field(init=False)
    steps: Steps = field(init=False)
    _dims: count[int] = field(init=False, default_factory=lambda: count(step=1 << 8))
    _alone: dict[object, Estimate] = field(default_factory=dict[object, Estimate])

    def __post_init__(self) -> None:
        self.rates = rates_of(self.target)
        self.steps = Steps(self.target)

    def alone(self, op: Operation) -> Kernel:
        """The kernel of one op: always possible."""
        reason = reason_alone(op)
        if reason:
            return Kernel([op], reason=reason)
        group = self._opened(self.steps.of(op))
        try:
            return Kernel([op], group, _estimate(group))
        except Refused as error:
            return Kernel([op], reason=f"{op.name} alone: {error}")

    def joined(self, kernel: Kernel, op: Operation, *, live_out: bool) -> tuple[Kernel, Gain]:
        """The kernel with a producer of its values; `live_out` if others use it too.

        Raises `NotFused`.
        """
        reason = reason_alone(op) or self._apart([op, *kernel.ops])
        if any(_looks_up_in(user, op) for user in kernel.ops):
            reason = "a gather finds what it looks up in GM"
        if is_cut_in_gates(op, kernel.ops, self.target.cores):
            reason = "tiles of gates would read few columns of every gate's factor"
        if PARTIAL in op.attributes:
            reason = "partial results of many tiles: the second step is another kernel"
        _check_windows([op, *kernel.ops], self.target)
        _check_places([op, *kernel.ops])
        if reason or kernel.group is None or kernel.estimate is None:
            raise NotFused(reason or kernel.reason)
        step, group = self.steps.of(op), kernel.group.copy()
        try:
            apart = self._estimate_alone(step)
            group.add(step, live_out=live_out)
            estimate = _estimate(group)
        except Refused as error:
            raise NotFused(str(error)) from error
        needed = hull(kernel.group.need[step.result])
        if _leaves_lanes_idle(op, needed[-1].length(estimate.sizes), self.target):
            raise NotFused("tiles of whole images would have few channels, and idle lanes")
        saved = step.result.bytes * (1 if live_out else 2)
        before = kernel.estimate.cycles + apart.cycles
        scalar = moved_inside_blocks(op, kernel.ops) * 2 * self.target.scalar.access_cycles
        after = estimate.cycles + scalar / self.target.cores
        gain = self._gain(before - after, saved, group, estimate)
        again = kernel.group.recomputed(kernel.estimate.sizes)
        allowed = TOLERANCE * before if gain.recomputed <= again else 0.0
        if gain.cycles < -allowed:
            raise NotFused(_price(scalar), gain)
        return Kernel([op, *kernel.ops], group, estimate), gain

    def united(self, a: Kernel, b: Kernel, shared: Iterable[Tensor]) -> tuple[Kernel, Gain]:
        """Two kernels that do not depend on each other as one, tiled alike along the dimensions
        of the tensors that they share. Raises `NotFused`."""
        reason = self._apart([*a.ops, *b.ops])
        if reason or a.group is None or b.group is None or not (a.estimate and b.estimate):
            raise NotFused(reason or a.reason or b.reason)
        _check_windows([*a.ops, *b.ops], self.target)
        _check_places([*a.ops, *b.ops])
        group, names, saved = a.group.copy(), dict[int, int](), 0
        for tensor in shared:
            if tensor in group.need and tensor in b.group.need:
                saved += tensor.bytes
                for theirs, mine in product(b.group.need[tensor], group.need[tensor]):
                    names |= _aligned(b.group, theirs, group, mine)
        group.absorb(b.group, names)
        try:
            estimate = _estimate(group)
        except Refused as error:
            raise NotFused(str(error)) from error
        before = a.estimate.cycles + b.estimate.cycles
        gain = self._gain(before - estimate.cycles, saved, group, estimate)
        if gain.cycles <= 0:
            raise NotFused("tiles of both together cost more than GM traffic", gain)
        return Kernel([*a.ops, *b.ops], group, estimate), gain

    def settle(self, kernel: Kernel, op: Operation) -> None:
        """The op's result comes from another kernel."""
        if kernel.group is not None:
            kernel.group.settle(self.steps.tensor(op.results[0]))

    def _apart(self, ops: Sequence[Operation]) -> str:
        """Why ops cannot share a kernel on a machine whose cube and vector unit have cores of their
        own; empty when they may."""
        on_cube = [op for op in ops if isinstance(op, CUBE) or _is_drain(op)]
        if not (on_cube and self.target.is_split):
            return ""
        if len(on_cube) < len(ops):
            return "the cube and the vector unit have cores of their own, which meet in GM"
        if any(value.owner in ops for op in ops if isinstance(op, CUBE) for value in op.operands):
            return "results of the cube come back by way of GM"
        return ""

    def _opened(self, step: Step) -> TileGroup:
        group = TileGroup(self.rates)
        group.open(step, next(self._dims))
        return group

    def _estimate_alone(self, step: Step) -> Estimate:
        """The estimate for a kernel of one step; kept by what the step looks like.

        Raises `Refused` when no tile of it fits.
        """
        shapes = tuple(
            None if t is None else (t.shape, t.element_bytes, t.given) for t in step.operands
        )
        key = step.nest, step.result.element_bytes, shapes, step.cycles
        if key not in self._alone:
            self._alone[key] = _estimate(self._opened(step))
        return self._alone[key]

    def _gain(self, cycles: float, saved: int, group: TileGroup, estimate: Estimate) -> Gain:
        again = max(0, round(group.recomputed(estimate.sizes)))
        return Gain(cycles, saved, again, estimate.held, self.rates.capacity["ub"])


def _estimate(group: TileGroup) -> Estimate:
    """The cheapest tiles: with rows in chunks where whole ones do not fit or would be computed
    again. Raises `Refused`."""
    try:
        whole = group.estimate()
    except Refused:
        chunked = in_chunks(group)
        if chunked is None:
            raise
        return chunked
    chunked = in_chunks(group) if group.recomputed(whole.sizes) > 0 else None
    return whole if chunked is None or whole.cycles <= chunked.cycles else chunked


def _leaves_lanes_idle(op: Operation, channels: int, target: Target) -> bool:
    """Whether a convolution of the vector unit would make so few of its channels at a time that
    they fill less of an instruction than they might."""
    if not (isinstance(op, te.ComputeOp) and op.has_windows and op.reduction):
        return False
    lanes = target.vector.repeat_bytes // element_bytes(te.element_of(op.results[0]))
    return channels < min(lanes, te.shape_of(op.results[0])[-1])


def _looks_up_in(user: Operation, op: Operation) -> bool:
    return isinstance(user, te.GatherOp) and user.operand is op.results[0]


def _price(scalar: int) -> str:
    """What makes a kernel with one more op slower, given cycles of the scalar unit."""
    if scalar:
        return "moving elements inside blocks costs more than GM traffic"
    return "computing it again, and reading more, costs more than GM traffic"


def _is_drain(op: Operation) -> bool:
    """Whether an op rounds a result of the cube, which its way out of L0C can do."""
    if not isinstance(op, te.CastOp) or not isinstance(op.operand.owner, CUBE):
        return False
    return (te.element_of(op.operand), te.element_of(op.result)) == (f32, f16)


def _check_windows(ops: Sequence[Operation], target: Target) -> None:
    """Raises `NotFused` for more ops on windows than a kernel may have, and for what takes other
    tiles than windows do: a transposition blocks of rows and lanes, padding of images whose windows
    are read channel by channel each border by itself, packing of images whose rows are cut rows
    from the start of a block on. Where windows overlap, tiles would pack the same rows again, which
    takes longer than GM does."""
    windows = [op for op in ops if _has_windows(op)]
    if len(windows) > MOST_WINDOWS:
        raise NotFused("windows of windows of windows take too long to compile")
    if windows and any(map(_turns_lanes, ops)):
        raise NotFused("tiles of windows are none of a transposition")
    computed = any(isinstance(op, te.ComputeOp) for op in windows)
    if computed and any(isinstance(op, te.PadOp) for op in ops):
        raise NotFused("tiles of windows at each border of an image would be code of their own")
    packed = [op for op in windows if isinstance(op, te.FractalConv2dOp)]
    cut = any(cuts_rows(op, target) for op in packed)
    if cut and any(isinstance(op, te.PackOp | te.PadOp) for op in ops):
        raise NotFused("windows of parts of rows start inside blocks")
    if any(map(_packs_image, ops)) and any(map(_overlap, packed)):
        raise NotFused("tiles of windows that overlap would pack the same rows again")


def _check_places(ops: Sequence[Operation]) -> None:
    """Raises `NotFused` for what takes other tiles than blocks of places do: a transposition those
    of rows and lanes, what reads places rows that begin and end inside blocks. The cube's tiles
    never do, and what fills the blocks gains more by sharing their kernel."""
    spread = [op for op in ops if isinstance(op, te.DepthToSpaceOp)]
    if not spread:
        return
    if any(map(_turns_lanes, ops)):
        raise NotFused("tiles of blocks of places are none of a transposition")
    if any(use.operation in ops for op in spread for use in op.result.uses):
        raise NotFused("tiles of what reads places begin and end inside blocks of them")


def _packs_image(op: Operation) -> bool:
    return isinstance(op, te.PackOp) and op.layout.data == te.Layout.NC1HWC0


def _overlap(op: te.FractalConv2dOp) -> bool:
    """Whether windows share elements of the image."""
    strides, dilations = op.steps
    reach = [(taps - 1) * d + 1 for taps, d in zip(op.window, dilations)]
    return any(r > s for r, s in zip(reach, strides))


def _has_windows(op: Operation) -> bool:
    """Pooling of whole images is a reduction."""
    if isinstance(op, te.Pool2dOp):
        return max(op.output_sizes()) > 1
    return op.has_windows if isinstance(op, te.ComputeOp) else isinstance(op, te.WindowOp)


def _turns_lanes(op: Operation) -> bool:
    """Whether rows of the result do not lie along rows of the operand."""
    return isinstance(op, te.TransposeOp) and op.permutation[-1] != len(op.permutation) - 1


def reason_alone(op: Operation) -> str:
    """Why an op shares its kernel with no other; empty when it may."""
    if isinstance(op, te.PackOp | te.UnpackOp):
        plain = op.operand if isinstance(op, te.PackOp) else op.result
        depth, shape = fractal_depth(te.element_of(plain)), te.shape_of(plain)
        image = op.layout.data == te.Layout.NC1HWC0
        blocked = shape[-1:] if image else shape[-2:]
        if any(size % depth for size in blocked) and not _is_cut(op, shape):
            return "padding takes several copies: a kernel of its own"
        if image and isinstance(op, te.UnpackOp) and shape[1] % depth:
            return "the cube makes whole blocks of channels: a kernel of its own"
    elif not isinstance(op, te.StructuredOp | te.GatherOp | te.PadOp | te.ConcatOp):
        return f"{op.name} is a kernel of its own"
    return ""


def _is_cut(op: te.PackOp | te.UnpackOp, shape: Sequence[int]) -> bool:
    """Whether an op unpacks a matrix of which only the last fractals are not full: tiles then need
    whole ones, as the cube makes them. (Of less than a fractal it would be made in part.)"""
    unpacks = isinstance(op, te.UnpackOp) and op.layout.data == te.Layout.NZ
    return unpacks and min(shape[-2:]) >= FRACTAL


def _aligned(a: TileGroup, box: Box, b: TileGroup, other: Box) -> dict[int, int]:
    """Tile dimensions of `a` and those of `b` that move alike through one tensor."""
    names: dict[int, int] = {}
    for one, two in zip(box, other):
        if len(one.slopes) == len(two.slopes) == 1 and one.low == two.low and one.high == two.high:
            (dim, slope), (name, same) = one.slopes[0], two.slopes[0]
            if slope == same and a.extents[dim] == b.extents[name]:
                names[dim] = name
    return names
