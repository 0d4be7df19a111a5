"""The arrays a program is run on: given by the user, taken from the model, or random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain, count
from math import prod
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, MemRefType, StringAttr, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.reference.te import shaped
from akg_mlir.sources import Array, Source, check_arguments, function_named, resource_of

MOST_BYTES = 1 << 31
"""Bytes of all arrays of a program that is run: the reference computes in twice their size."""


def argument_names(function: FuncOp) -> list[str]:
    """How arguments are called in files of inputs, each name once: weights by their resource,
    others as the text prints them (`x`, then `x_1`), or `argN` where the text has no name."""
    arguments = function.body.block.args
    resources = [resource_of(function, index) for index in range(len(arguments))]
    taken = {name for name in resources if name is not None}
    names = list[str]()
    for index, (argument, resource) in enumerate(zip(arguments, resources)):
        base = argument.name_hint or f"arg{index}"
        candidates = chain([base], (f"{base}_{number}" for number in count(1)))
        name = resource or next(name for name in candidates if name not in taken)
        taken.add(name)
        names.append(name)
    return names


def bind_weights(source: Source, weights: Mapping[str, Array]) -> Source:
    """The source with arguments that are weights, by name: known from the start, so that the host
    prepares them once. Raises CompileError for names, shapes or types that do not fit, and for
    loops on buffers, which take all arguments at run time."""
    if not weights:
        return source
    module = source.module.clone()
    function = function_named(module, source.entry)
    names = argument_names(function)
    unknown = [name for name in weights if name not in names]
    if unknown:
        raise CompileError(
            f"there is no argument '{unknown[0]}' to give values to",
            hint=f"the arguments are {', '.join(names)}",
        )
    if source.on_buffers:
        raise CompileError(
            f"argument '{next(iter(weights))}' is a buffer, which has no value in advance",
            hint="give it as an input",
        )
    given = function.arg_attrs or [DictionaryAttr({})] * len(names)
    attributes = [dict(attributes.data) for attributes in given]
    for name, argument, own in zip(names, function.body.block.args, attributes):
        if name in weights:
            check_array(name, weights[name], argument)
            own["te.resource"] = StringAttr(name)
    function.arg_attrs = ArrayAttr([DictionaryAttr(own) for own in attributes])
    return replace(source, module=module, weights={**source.weights, **weights})


def prepare(source: Source, given: Mapping[str, Array], seed: int = 0) -> tuple[Array, ...]:
    """One array per argument of the entry function.

    `given` is by argument name (or numpy's `arr_N` for argument N); weights come from the model;
    the rest is drawn from `seed`. Raises CompileError for names, shapes or types that do not fit.
    """
    function = source.function()
    check_arguments(function)
    check_size(function)
    if seed < 0:
        raise CompileError(f"the seed is {seed}, it must not be negative")
    names = argument_names(function)
    aliases = {f"arr_{index}": name for index, name in enumerate(names)}
    values = dict(source.weights)
    for key, array in given.items():
        name = aliases.get(key, key)
        if name not in names:
            raise CompileError(
                f"there is no input '{key}'", hint=f"the inputs are {', '.join(names)}"
            )
        values[name] = array
    random = np.random.default_rng(seed)
    arrays = list[Array]()
    for name, argument in zip(names, function.body.block.args):
        shape, dtype = shaped(argument)
        # Drawn in any case: which inputs are given does not change the others.
        drawn = draw(random, shape, dtype)
        array = values.get(name, drawn)
        check_array(name, array, argument)
        arrays.append(array)
    return tuple(arrays)


def check_size(function: FuncOp) -> None:
    """Raise CompileError when the arrays of a program are too large to be simulated."""
    values = [*function.body.block.args, *(r for op in function.walk() for r in op.results)]
    tensors = [shaped(value) for value in values if isinstance(value.type, TensorType | MemRefType)]
    total = sum(prod(shape) * dtype.itemsize for shape, dtype in tensors)
    if total > MOST_BYTES:
        raise CompileError(
            f"the arrays of the program have {total} bytes, at most {MOST_BYTES} can be simulated",
            function,
            hint="compile it with `akg-opt -p akg`, or run smaller shapes",
        )


def check_array(name: str, array: Array, argument: SSAValue) -> None:
    """Raise CompileError when an array does not have the shape and type of an argument."""
    shape, dtype = shaped(argument)
    if array.shape != shape or array.dtype != dtype:
        raise CompileError(
            f"input '{name}' is {array.dtype}{list(array.shape)}, "
            f"the program takes {dtype}{list(shape)}"
        )


def draw(random: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> Array:
    """Random values that keep sums and exponentials moderate: normal, coins, or small integers."""
    match dtype.kind:
        case "b":
            return random.integers(0, 2, shape).astype(dtype)
        case "i" | "u":
            return random.integers(-8 if dtype.kind == "i" else 0, 9, shape).astype(dtype)
        case _:
            return random.standard_normal(shape, np.float32).astype(dtype)


def read_npz(path: Path) -> dict[str, Array]:
    """The arrays of a `.npz` file by name. Raises CompileError when it is not one."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, BadZipFile, EOFError, AttributeError, TypeError) as error:
        raise CompileError(
            f"{path}: not an .npz file ({error})", hint="write it with numpy.savez(FILE, x=...)"
        ) from None
