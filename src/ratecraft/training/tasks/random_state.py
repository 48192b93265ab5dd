"""Captures, restores and seeds every random generator that a training draws from.

Path:   generators of Python, numpy, torch and its devices, and those that the user's objects hold -> a state -> back.

A run in the user's own process draws from the user's generators. Its own state goes in before it acts and out after it,
so that neither notices the other.
"""

import inspect
import random
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn

OwnGenerator: TypeAlias = torch.Generator | random.Random | np.random.Generator | np.random.RandomState
"""A generator that an object of the user's holds, beside the global ones."""

_MOST_OBJECTS = 2000  # a data set may hold millions of records; generators lie near the surface
_LONGEST_CONTAINER = 100


@dataclass(frozen=True, slots=True)
class RandomState:
    """The states of all generators at one moment.

    Example:
        >>> before = RandomState.capture()
        >>> drawn = torch.rand(1), random.random()
        >>> before.put_back()
        >>> (torch.rand(1), random.random()) == drawn
        True
    """

    of_python: Any
    of_numpy: Any
    of_torch: torch.Tensor
    of_cuda: tuple[torch.Tensor, ...]
    own: tuple[tuple[OwnGenerator, Any], ...]

    @classmethod
    def capture(cls, generators: Iterable[OwnGenerator] = ()) -> "RandomState":
        """The states as they are now; of every CUDA device where one was used.

        Args:
            generators: The generators that are not global.
        """
        return cls(
            of_python=random.getstate(),
            of_numpy=np.random.get_state(),
            of_torch=torch.get_rng_state(),
            of_cuda=tuple(torch.cuda.get_rng_state_all()) if torch.cuda.is_initialized() else (),
            own=tuple((generator, _state_of(generator)) for generator in generators),
        )

    def put_back(self) -> None:
        """Make every generator what it was."""
        random.setstate(self.of_python)
        np.random.set_state(self.of_numpy)
        torch.set_rng_state(self.of_torch)
        if self.of_cuda:
            torch.cuda.set_rng_state_all(self.of_cuda)
        for generator, state in self.own:
            _set_state(generator, state)

    @classmethod
    @contextmanager
    def kept(cls, generators: Iterable[OwnGenerator] = ()) -> Generator[None, None, None]:
        """Whatever is drawn inside, the generators are afterwards as they were before."""
        before = cls.capture(generators)
        try:
            yield
        finally:
            before.put_back()


def seed_all(seed: int) -> None:
    """Seed the global generators of Python, numpy and torch, those of its devices included."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]


def generators_in(*roots: object) -> tuple[OwnGenerator, ...]:
    """The generators that objects hold: as attributes, in containers, as variables of functions.

    Args:
        roots: A data set, a loss function… Nothing of them is called.

    Example:
        >>> class Noisy:
        ...     def __init__(self):
        ...         self.transforms = [random.Random(3)]
        >>> len(generators_in(Noisy()))
        1
    """
    found: dict[int, OwnGenerator] = {}
    seen = set[int]()
    waiting = list(roots)
    while waiting and len(seen) < _MOST_OBJECTS:
        value = waiting.pop(0)
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, torch.Generator | random.Random | np.random.Generator | np.random.RandomState):
            found[id(value)] = value
        else:
            waiting += _parts_of(value)
    return tuple(found.values())


def _parts_of(value: Any) -> Iterator[Any]:
    """What a value holds, where a generator may lie in it."""
    if isinstance(value, torch.Tensor | np.ndarray | type) or inspect.ismodule(value):
        return
    if isinstance(value, list | tuple | Mapping):
        items: Any = value.values() if isinstance(value, Mapping) else value  # pyright: ignore[reportUnknownVariableType]
        if len(items) <= _LONGEST_CONTAINER:
            yield from items
    elif isinstance(value, partial):
        yield from (value.func, *value.args, *value.keywords.values())  # pyright: ignore[reportUnknownMemberType]
    elif inspect.ismethod(value):
        yield from (value.__self__, value.__func__)
    elif inspect.isfunction(value):
        try:
            variables = inspect.getclosurevars(value)
        except ValueError:  # a variable of the function around it that has no value yet
            return
        yield from (*variables.nonlocals.values(), *variables.globals.values())
    elif isinstance(value, nn.Module):
        yield from (*_attributes_of(value), *value.children())
    else:
        yield from _attributes_of(value)


def _attributes_of(value: object) -> Iterable[Any]:
    return getattr(value, "__dict__", {}).values()


def _state_of(generator: OwnGenerator) -> Any:
    match generator:
        case random.Random():
            return generator.getstate()
        case np.random.Generator():
            return generator.bit_generator.state
        case _:
            return generator.get_state()


def _set_state(generator: OwnGenerator, state: Any) -> None:
    match generator:
        case random.Random():
            generator.setstate(state)
        case np.random.Generator():
            generator.bit_generator.state = state
        case _:
            generator.set_state(state)
