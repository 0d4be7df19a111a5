"""What one tile touches, as functions of the tile sizes: boxes whose sides grow linearly.

Derived once from tiles of single points; evaluating a tile size is then plain arithmetic. A side
of a box is `first + sum(slope[k] * (size[k] - 1))`, at most `whole`. The offset of the box of a
single point moves with the point by `slope`; where it moves in steps (floor), the slope is
rounded up, so a box is never too small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from akg_mlir.polyhedral.scop import Access, Scop
from akg_mlir.polyhedral.tiling import Reduction

SLICES = 4
"""Most slices of a result that are multiplied one by one: nothing hides the store of the last."""
SLICE_BYTES = 65536
"""What such a slice has in L0C at least: all rows come to L0A again for each."""


@dataclass(frozen=True)
class Side:
    """Extent along one dimension: elements (or instances) for tile sizes of one, and growth.

    One `in_steps` moves by one entry after every so many iterations of a loop, from the first on:
    tiles that begin where it moves, or end before it does, touch no entry that they need not.
    """

    first: int
    slopes: tuple[float, ...]
    whole: int
    in_steps: bool = False


@dataclass(frozen=True)
class Footprint:
    """One buffer's worth of an array: the references that can share it.

    `memory` is the on-chip memory; `loaded` and `stored` say whether it moves from or to GM;
    `start` and `stop` are the first and last place in the tile (statement number) that uses it.
    `held` are the sides of the buffer where it is not the box of the array that `sides` describe.
    `steps` are the distances of the elements that are kept along each dimension where some are left
    out; `sides` and `shape` count those that are kept.
    The points of the dimensions `rows` of what is held are walked as one, in whole fractals. Each
    point of `pieces` takes a transfer by img2col of its own to L0, each of `images` passes through
    L0 by itself.
    A `scratch` buffer holds values between the ops of the statement that `array` names: the vector
    unit alone uses it, so that tiles that overlap share it.
    """

    array: str
    element_bytes: int
    memory: str
    sides: tuple[Side, ...]
    shape: tuple[int, ...]
    loaded: bool
    stored: bool
    start: int
    stop: int
    held: tuple[Side, ...] = ()
    scratch: bool = False
    rows: tuple[int, ...] = ()
    pieces: tuple[Side, ...] = ()
    images: tuple[Side, ...] = ()
    steps: tuple[int, ...] = ()


Subscripts = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class VectorProduct:
    """A sum of products on the vector unit: lanes go along a dimension of the statement, which is
    `kept` if results move with it. `repeated` are the subscripts of a factor that stays along the
    lanes and fills them: what they move by per step of every dimension; `turned` are those of
    factors that are contiguous along another dimension than the lanes. `runs` are the dimensions
    beside the lanes, those together that all references walk as one where tiles hold the inner ones
    whole."""

    lanes: int
    kept: bool
    repeated: Subscripts
    turned: tuple[Subscripts, ...]
    runs: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Work:
    """Instances of one statement in a tile. `unit` is vector, cube or none, `original` counts the
    program's instances, `operations` those per instance, on elements of `element_bytes`; `slope`
    are the cycles per vector repeat of all of them. One that `reduces` combines lanes or rows. The
    dimensions `rows` are walked as one, in whole fractals; `product` says how the vector unit sums
    one."""

    statement: str
    unit: str
    sides: tuple[Side, ...]
    original: int
    operations: int
    element_bytes: int
    recomputed: bool
    slope: int = 1
    reduces: bool = False
    rows: tuple[int, ...] = ()
    product: VectorProduct | None = None


@dataclass(frozen=True)
class Loop:
    """A loop that can be tiled. `unit` is what sizes should be multiples of, `fixed` a size that
    is forced, `reduction` the number of the loops inside the tile it belongs to (None: a tile
    dimension), `within` the place of the loop whose tiles it cuts into equal parts.

    `periods` are the numbers of iterations after which subscripts start a new row (those by which
    they are divided): tiles that cut them evenly touch boxes, others pieces of several rows."""

    extent: int
    unit: int = 1
    fixed: int | None = None
    reduction: int | None = None
    within: int | None = None
    periods: frozenset[int] = frozenset()


@dataclass(frozen=True)
class TileModel:
    """A tile space with its reduction loops behind the tile dimensions.

    `columns` is the loop over the columns of a product whose result leaves L0C in slices of them
    (`npu-slice-results`): UB holds slices only, and tiles that overlap share L0C.
    """

    loops: tuple[Loop, ...]
    footprints: tuple[Footprint, ...]
    work: tuple[Work, ...]
    columns: int | None = None

    @property
    def uses_cube(self) -> bool:
        """Whether some statement runs on the cube."""
        return any(work.unit == "cube" for work in self.work)

    @property
    def drains(self) -> bool:
        """Whether results leave L0C for GM: with room for one, the cube waits meanwhile."""
        return any(f.stored for f in self.footprints if f.memory == "l0c")


@dataclass(frozen=True, eq=False)
class CubeProduct:
    """An update that runs on the cube: its operands, and which of its dimensions tiles must not
    split (`whole`) or must split into single values (`single`).

    The points of the dimensions `rows` are the rows of one matrix, which loads by img2col make.
    Those of the last one stay together unless it `cuts_rows`, in parts that are loaded row by row.
    """

    reduction: Reduction
    a: Access
    b: Access
    whole: tuple[int, ...]
    single: tuple[int, ...]
    rows: tuple[int, ...] = ()
    cuts_rows: bool = False


@dataclass(frozen=True)
class Kernel:
    """The program seen from below: what `polyhedral` cannot know about bodies and machine.

    `operations` counts vector operations per instance, `slopes` the cycles that a repeat of all of
    them takes; `cubes` are the contractions of the cube, `products` all updates that may run there;
    `block_bytes` is the alignment of vector operands; `other_units` are the statements that the
    vector unit does not get; `temporaries` are bytes per element of what it holds between the ops
    of a statement. Those that are `rounding` turn f32 into f16 and do nothing else, which a move
    out of L0C does by itself; it leads to the memory `drain`.
    """

    scop: Scop
    operations: Mapping[str, int]
    cubes: Mapping[str, CubeProduct]
    products: frozenset[str]
    block_bytes: int
    other_units: frozenset[str] = frozenset()
    slopes: Mapping[str, int] = field(default_factory=dict[str, int])
    temporaries: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    rounding: frozenset[str] = frozenset()
    drain: str = "ub"
