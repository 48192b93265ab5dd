"""Hashes of values, tensors and functions that are the same in every process.

Path:   parts of a task -> eight hexadecimal digits.
"""

import hashlib
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import CodeType
from typing import Any

import numpy as np

from ratecraft.training.scripts.libraries import LIBRARIES

_MOST_BYTES = 2**26  # of one tensor: 64 MiB are read in a twentieth of a second
_DEEPEST = 8


def lasting_hash(value: object) -> str:
    """Eight digits that differ where plain values, tensors, arrays or functions in a value do.

    Of anything else only the type counts, since its text may differ between processes.

    Example:
        >>> lasting_hash({"a": [1, 2.5, None]}) == lasting_hash({"a": [1, 2.5, None]})
        True
        >>> import torch
        >>> lasting_hash(torch.zeros(2)) == lasting_hash(torch.zeros(3))
        False
    """
    hashed = hashlib.blake2b(digest_size=4)
    for piece in _pieces(value, 0):
        hashed.update(len(piece).to_bytes(8, "little"))
        hashed.update(piece)
    return hashed.hexdigest()


def code_of(function: Any, depth: int = 0) -> object:
    """What a function computes: its instructions, its defaults, and what it uses from outside, as far as that lasts."""
    if isinstance(function, partial):
        return (code_of(function.func, depth), function.args, function.keywords)  # pyright: ignore[reportUnknownMemberType]
    if inspect.ismethod(function):
        return code_of(function.__func__, depth)
    if not inspect.isfunction(function):
        called = type(function).__call__
        return (type(function).__qualname__, code_of(called, depth) if inspect.isfunction(called) else "")
    code = function.__code__
    if code.co_filename.startswith(LIBRARIES) or depth > _DEEPEST:
        return function.__qualname__
    try:
        used = inspect.getclosurevars(function)
    except ValueError:  # a variable of the function around it that has no value yet
        return _instructions(code)
    outside = {**used.globals, **used.nonlocals}
    values = {
        name: code_of(content, depth + 1) if inspect.isfunction(content) else content
        for name, content in outside.items()
    }
    return (_instructions(code), function.__defaults__, function.__kwdefaults__, values)


def _instructions(code: CodeType) -> object:
    constants = [_instructions(constant) if isinstance(constant, CodeType) else constant for constant in code.co_consts]
    return (code.co_code, code.co_names, constants)


def _pieces(value: Any, depth: int) -> Iterator[bytes]:
    yield type(value).__name__.encode()
    torch: Any = sys.modules.get("torch")  # without it nobody has a tensor
    if torch is not None and isinstance(value, torch.Tensor):
        yield from _tensor(value, torch)
    elif isinstance(value, np.ndarray):
        yield from _array(value)
    elif isinstance(value, str | int | float | bytes | None):
        yield repr(value).encode()
    elif inspect.isfunction(value):
        yield from _pieces(code_of(value, depth), depth + 1)
    elif isinstance(value, Mapping | list | tuple | Iterator) and depth <= _DEEPEST:
        for part in _parts(value):
            yield from _pieces(part, depth + 1)


def _tensor(value: Any, torch: Any) -> Iterator[bytes]:
    yield f"{value.dtype}{tuple(value.shape)}".encode()
    flat = value.detach().reshape(-1)[: _MOST_BYTES // value.element_size()]
    yield flat.cpu().contiguous().view(torch.uint8).numpy().tobytes()


def _array(array: Any) -> Iterator[bytes]:
    yield f"{array.dtype}{array.shape}".encode()
    if not array.dtype.hasobject:
        yield array.reshape(-1)[: _MOST_BYTES // array.itemsize].tobytes()


def _parts(value: Any) -> Iterable[Any]:
    return value.items() if isinstance(value, Mapping) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
