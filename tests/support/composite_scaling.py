"""Composite kernels too large to simulate, made smaller: the rule and what it keeps.

Of a kernel with more than `MOST_ELEMENTS` elements (of all its tensors together) the largest size
is divided by its smallest prime factor, wherever it stands, until few enough are left. Where a
reshape would no longer fit, one other size is divided by the same factor. Sizes of 1 never arise;
those that padding, windows, slices or indices tie to numbers in attributes stay. All equalities
between sizes hold afterwards, so the program is the same on smaller tensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from tests.support.composite_oracle import NZ, tensors

MOST_ELEMENTS = 4_000_000
MOST_UNSCALED = 40_000_000
"""Elements of a kernel that is run although no smaller sizes were found."""
_VIEWS = ("Reshape", "ExpandDims", "Squeeze", "Flatten")
_TIED = "Concat Conv2D Gather OneHot PadAkg Split StridedSlice UnPadAkg UnsortedSegmentSum".split()


def element_count(document: Mapping[str, Any]) -> int:
    """Elements of all tensors, each name once."""
    named = {t["tensor_name"]: prod(t["shape"]) for t in _tensors(document)}
    return sum(named.values())


def scaled(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The kernel itself where it is small enough, a smaller one, or None where the rule finds
    none."""
    found, stuck = dict(document), _fixed(document)
    while element_count(found) > MOST_ELEMENTS:
        sizes = {size for t in _tensors(found) for size in t["shape"]} - stuck
        if not sizes or max(sizes) < 4:
            break
        smaller = _divided(found, max(sizes), sizes)
        if smaller is None:
            stuck.add(max(sizes))
        else:
            found = smaller
    return found if element_count(found) <= MOST_UNSCALED else None


def _divided(document: Mapping[str, Any], size: int, free: set[int]) -> dict[str, Any] | None:
    factor = next((k for k in range(2, size) if size % k == 0), None)
    if factor is None:
        halved = _mapped(document, {size: size // 2})
        return halved if _reshapes_fit(halved) else None
    others = [other for other in sorted(free - {size}) if other % factor == 0 and other > factor]
    for together in ((size,), *((size, other) for other in others)):
        found = _mapped(document, {old: old // factor for old in together})
        if _reshapes_fit(found):
            return found
    return None


def _mapped(document: Mapping[str, Any], sizes: Mapping[int, int]) -> dict[str, Any]:
    """The document with other sizes in all shapes."""

    def copy(value: Any) -> Any:
        if isinstance(value, dict):
            made = {key: copy(item) for key, item in value.items()}
            if "tensor_name" in made:
                made["shape"] = [sizes.get(size, size) for size in made["shape"]]
            return made
        return [copy(item) for item in value] if isinstance(value, list) else value

    return copy(dict(document))


def _reshapes_fit(document: Mapping[str, Any]) -> bool:
    return all(
        prod(tensors(op["input_desc"])[0]["shape"]) == prod(op["output_desc"][0]["shape"])
        for op in document["op_desc"]
        if op["name"] in _VIEWS
    )


def _fixed(document: Mapping[str, Any]) -> set[int]:
    """Sizes that must stay."""
    fixed = {1}
    for operation in document["op_desc"]:
        together = [*tensors(operation["input_desc"]), *operation["output_desc"]]
        if any(t.get("format") == NZ for t in together):
            fixed.add(16)
        if operation["name"] in _TIED:
            shapes = [t["shape"] for t in together]
            source, result = shapes[0], operation["output_desc"][0]["shape"]
            kept = {a for a, b in zip(source, result) if a == b}
            fixed |= {size for shape in shapes for size in shape} - kept
    return fixed


def _tensors(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from tensors(document["input_desc"])
    for operation in document["op_desc"]:
        yield from tensors(operation["input_desc"])
        yield from operation["output_desc"]
