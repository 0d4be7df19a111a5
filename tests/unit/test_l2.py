"""Which touches of GM hit L2: tensors read again and again beside ones that stream past."""

from __future__ import annotations

from dataclasses import replace

from npu_text import Kernel

from akg_mlir import targets
from akg_mlir.machine.loading import load

KB = 1024
ROUNDS, BLOCKS = 8, 4


def misses(l2: int) -> dict[int, float]:
    """Fractions of argument 0 (16 KB, read whole in each of 8 rounds, 4 KB at a time) and of
    argument 1 (128 KB, read once), with `l2` bytes of L2 of which everything is usable."""
    kernel = Kernel()
    x, y = kernel.gm(str(8 * KB)), kernel.gm(str(64 * KB))
    a, b = kernel.buffer("ub", 0, str(2 * KB)), kernel.buffer("ub", 8 * KB, str(2 * KB))
    for name, value in (("c0", 0), ("c1", 1), ("rounds", ROUNDS), ("blocks", BLOCKS)):
        kernel.line(f"%{name} = arith.constant {value} : index")
    kernel.line("scf.for %i = %c0 to %rounds step %c1 {")
    kernel.line("scf.for %j = %c0 to %blocks step %c1 {")
    kernel.copy(kernel.ptr(a), kernel.ptr(x, "d0 * 4096", ["%j"]), 128)
    kernel.copy(kernel.ptr(b), kernel.ptr(y, "d0 * 16384 + d1 * 4096", ["%i", "%j"]), 128)
    kernel.line("}")
    kernel.line("}")
    target = targets.load("ascend910")
    small = replace(
        target,
        memories={**target.memories, "l2": l2},
        gm=replace(target.gm, l2_usable=1.0),
    )
    return {
        buffer: miss for (buffer, _), miss in load(kernel.program(), small).traffic.misses.items()
    }


def test_everything_fits() -> None:
    assert misses(144 * KB) == {0: 1 / ROUNDS, 1: 1.0}


def test_what_is_read_again_stays_while_others_stream_past() -> None:
    # From one read of a block to the next: 4 blocks of this tensor, 4 of the other, of 4 KB each.
    assert misses(32 * KB) == {0: 1 / ROUNDS, 1: 1.0}


def test_a_reuse_footprint_beyond_l2_misses() -> None:
    assert misses(31 * KB) == {0: 1.0, 1: 1.0}
