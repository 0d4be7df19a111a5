"""The cube: `c[m,n] = (init ? 0 : c[m,n]) + a[m,k] * b[k,n]` on fractals.

One `mad` sums its products over k in f64 (matrix product of numpy, on one thread), rounds the sum
to the accumulator's type and adds it; integers are exact and wrap around. Products of f16 are
multiples of 2^-48: while their sums stay below 32, f64 has them exactly, in whatever order they are
taken. Rows and columns beyond m, k, n are ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from akg_mlir.machine.isa.plan import Core, Plan, Scalar, Stores, access, place, valid_view
from akg_mlir.machine.memory import Box, Memory, all_ones
from akg_mlir.machine.program import BLOCK, DTYPES, Array, Mad

_SIDE = 16

# OpenBLAS starts threads for larger products; they cost more than they bring when other processes
# are running, and the order of the sums would depend on them.
_SINGLE_THREADED_PRODUCTS = 131072


def plan_mad(mad: Mad) -> Plan:
    """`npu.mad`; `scalar` of the execution is the init condition."""
    a_type, c_type = DTYPES[mad.a.element], DTYPES[mad.c.element]
    k0 = BLOCK // a_type.itemsize
    m1, n1, k1 = -(-mad.m // _SIDE), -(-mad.n // _SIDE), -(-mad.k // k0)
    fractal = _SIDE * BLOCK
    a_box = Box((), (), m1 * k1 * fractal)
    b_box = Box((), (), k1 * n1 * fractal)
    c_box = Box((), (), n1 * m1 * _SIDE * _SIDE * c_type.itemsize)
    accesses = (
        access(1, mad.a, False, [a_box]),
        access(2, mad.b, False, [b_box]),
        access(0, mad.c, False, [c_box]),
        access(0, mad.c, True, [c_box]),
    )
    places = [place(op) for op in mad.operands]
    ones = all_ones(c_type)

    def rows_of_a(values: Array) -> Array:
        return values.reshape(m1, k1, _SIDE, k0).transpose(0, 2, 1, 3).reshape(-1, k1 * k0)

    def columns_of_b(values: Array) -> Array:
        return values.reshape(k1, n1, _SIDE, k0).transpose(0, 3, 1, 2).reshape(k1 * k0, -1)

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        c_memory, a_memory, b_memory = (core.spaces[p] for p in places)
        a = rows_of_a(a_box.view(a_memory.data, addresses[1], a_type))[: mad.m, : mad.k]
        b = columns_of_b(b_box.view(b_memory.data, addresses[2], a_type))[: mad.k, : mad.n]
        known_a = rows_of_a(valid_view(a_box, a_memory, addresses[1], a_type))[: mad.m, : mad.k]
        known_b = columns_of_b(valid_view(b_box, b_memory, addresses[2], a_type))
        known = _known(known_a, known_b[: mad.k, : mad.n], all_ones(a_type))
        product = _product(a.astype(np.float64), b.astype(np.float64))
        data, valid = _tile(c_box, c_memory, addresses[0], c_type, (n1, m1))
        new, new_known = _matrix(data), _matrix(valid)
        if c_type.kind == "i":
            product = product.astype(np.int64)  # of which less than 2^53 was used: exact
        product = product.astype(c_type)
        if not scalar:
            product += new[: mad.m, : mad.n]
            known = known & (new_known[: mad.m, : mad.n] == ones)
        new[: mad.m, : mad.n] = product
        new_known[: mad.m, : mad.n] = np.where(known, ones, 0)
        return [(data, _fractals(new, m1)), (valid, _fractals(new_known, m1))]

    return Plan(mad, accesses, execute)


def _product(a: Array, b: Array) -> Array:
    """The matrix product, in parts of whole rows that one thread computes."""
    (m, k), n = a.shape, b.shape[1]
    rows = max(1, _SINGLE_THREADED_PRODUCTS // (k * n))
    whole = m // rows * rows
    product = np.empty((m, n), a.dtype)
    product[:whole] = np.matmul(a[:whole].reshape(-1, rows, k), b).reshape(-1, n)
    np.matmul(a[whole:], b, out=product[whole:])
    return product


def _known(a: Array, b: Array, ones: int) -> Array:
    """An element of the product is valid when its row of a and its column of b are."""
    return (a == ones).all(axis=1)[:, None] & (b == ones).all(axis=0)[None, :]


def _tile(
    box: Box, memory: Memory, address: int, dtype: np.dtype[Any], blocks: tuple[int, int]
) -> tuple[Array, Array]:
    """Data and validity of L0C as [n1, m1, 16, 16]."""
    shape = (*blocks, _SIDE, _SIDE)
    data = box.view(memory.data, address, dtype).reshape(shape)
    return data, valid_view(box, memory, address, dtype).reshape(shape)


def _matrix(tile: Array) -> Array:
    """[n1, m1, 16, 16] as a matrix [m1 * 16, n1 * 16], always a copy."""
    n1, m1 = tile.shape[:2]
    return tile.transpose(1, 2, 0, 3).copy().reshape(m1 * _SIDE, n1 * _SIDE)


def _fractals(matrix: Array, m1: int) -> Array:
    """The inverse of `_matrix`."""
    return matrix.reshape(m1, _SIDE, -1, _SIDE).transpose(2, 0, 1, 3)
