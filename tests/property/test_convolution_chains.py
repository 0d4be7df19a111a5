"""Convolutions of f16 that read what others made, in rows that fill no fractals: they may share a
kernel, whose first and last tiles compute fewer rows. All modes give what the reference does.
"""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

import akg_mlir
from bench.cases import Program

EXAMPLES = max(settings.default.max_examples // 5, 1)


def chain(channels: int, rows: int, columns: int, kernels: tuple[int, int], added: bool) -> str:
    """Two convolutions that keep the shape, relu between them, perhaps the image added at the
    end."""
    p, shape = Program(), (1, channels, rows, columns)
    y = x = p.argument("%x", shape, "f16")
    for number, size in enumerate(kernels):
        w = p.argument(f"%w{number}", (channels, channels, size, size), "f16")
        pads = [size // 2, size // 2, (size - 1) // 2, (size - 1) // 2]
        plain = f"strides [1, 1] dilations [1, 1] pads {pads} groups 1"
        y = p.op(f"conv2d {y}, {w} {plain}", shape, "f16")
        if number == 0:
            y = p.op(f"relu {y}")
    return p.finish(p.op(f"add {y}, {x}", shape, "f16") if added else y)


@settings(max_examples=EXAMPLES)
@given(
    st.sampled_from((16, 20, 48)),
    st.integers(1, 30),
    st.integers(3, 60),
    st.tuples(st.integers(1, 3), st.integers(1, 4)),
    st.booleans(),
)
@example(16, 14, 24, (3, 3), True)
@example(48, 28, 56, (3, 3), False)
def test_chains_of_convolutions_compute_what_the_reference_does(
    channels: int, rows: int, columns: int, kernels: tuple[int, int], added: bool
) -> None:
    report = akg_mlir.compile(chain(channels, rows, columns, kernels, added)).report()
    assert report.ok, report
