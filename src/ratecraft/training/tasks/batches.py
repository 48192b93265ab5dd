"""The training data of a task as one endless stream of batches, which can return to earlier positions.

Path:   the user's loader, data set or iterable -> batches, epoch after epoch -> a `Place` -> the same batches again.

A place is the epoch's loader as it was before the epoch, the generators as they were then, and how many batches were
taken: the epoch is begun again and so many are skipped. A loader in this process skips indices and reads nothing. One
with workers, and all else that can only be iterated, must read its batches again. A loader that keeps its own state
(torchdata's `StatefulDataLoader`) is asked for it instead.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

from ratecraft.errors import InvalidInput
from ratecraft.records.outcome import Note
from ratecraft.training.instrument.loaders import length_of
from ratecraft.training.tasks.random_state import OwnGenerator, RandomState

Data: TypeAlias = DataLoader[Any] | Dataset[Any] | Iterable[Any] | Callable[[], Iterable[Any]]
_Loader: TypeAlias = Any  # a `DataLoader`, whose own attributes have no complete types


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the data a run is; of use only to the `Batches` that it is from.

    Attributes:
        taken: Batches taken from the epoch; None before the first epoch.
        loader: The epoch's loader as it was before the epoch, or its own saved state.
        random: The random generators as they were before the epoch.
    """

    taken: int | None = None
    loader: Any = None
    random: RandomState | None = None


class Batches:
    """Reads batches, and returns to earlier places. The user's loader is copied; a data set, perhaps large, is shared.

    Args:
        data: Loader, data set, iterable, or a function that gives an iterable for each epoch.
        batch_size: Batch size of a data set.
        generators: Generators that the data draw from, besides the global ones.

    Example:
        >>> batches = Batches(list(range(100)), batch_size=2)
        >>> first = [batches.take().tolist() for _ in range(3)]
        >>> place = batches.place()
        >>> fourth = batches.take()
        >>> batches.go_to(place)
        >>> bool((batches.take() == fourth).all())
        True
    """

    def __init__(self, data: Data, batch_size: int | None = None, generators: Sequence[OwnGenerator] = ()) -> None:
        loader = _loader_of(data, batch_size)
        self._data: Any = data
        self._first = None if loader is None else copy_of_loader(loader)
        self._loader: _Loader = None
        self._generators = tuple(generators)
        self._keeps_state = hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict")
        self._place = Place()
        self._iterator: Iterator[Any] | None = None
        self._notes = set[str]()

    def take(self) -> Any:
        """The next batch; after an epoch's last one, the first of the next.

        Raises:
            InvalidInput: An epoch without a batch (`task-data-empty`).
        """
        if self._iterator is None:
            self._iterator = self._begin() if self._place.taken is None else self._begin_again(self._place)
        try:
            batch = next(self._iterator)
        except StopIteration:
            if not self._place.taken:
                raise InvalidInput("task-data-empty") from None
            self._iterator = self._begin()
            return self.take()
        self._place = replace(self._place, taken=(self._place.taken or 0) + 1)
        return batch

    def place(self) -> Place:
        """Where the stream is now."""
        if self._keeps_state and self._iterator is not None:
            return Place(self._place.taken, copy.deepcopy(self._loader.state_dict()))
        return self._place

    def go_to(self, place: Place) -> None:
        """Go to a place; nothing is read until the next batch is taken."""
        self._place, self._iterator = place, None

    def dataset_length(self) -> int | None:
        """Samples of the data set; None if unknown."""
        return None if self._first is None else length_of(self._first.dataset)

    def epoch(self) -> int | None:
        """Batches of one pass over the data; None if unknown."""
        return length_of(self._data if self._first is None else self._first)

    def workers(self) -> int:
        """Worker processes of the loader."""
        return 0 if self._first is None else self._first.num_workers

    def notes(self) -> tuple[Note, ...]:
        """Notes for the user on how places were returned to."""
        return tuple(map(Note, sorted(self._notes)))

    def _begin(self) -> Iterator[Any]:
        """The next epoch's iterator."""
        if self._place.taken is None:
            self._loader = _copied(self._first)
        before = None if self._keeps_state else _copied(self._loader)
        self._place = Place(0, before, RandomState.capture(self._generators))
        return self._iterate()

    def _begin_again(self, place: Place) -> Iterator[Any]:
        """The iterator of an epoch that is under way, at the place; the generators stay as they are."""
        with RandomState.kept(self._generators):
            if place.random is not None:
                place.random.put_back()
            self._loader = _copied(self._first if self._keeps_state else place.loader)
            if self._keeps_state:
                self._notes |= {"batches-worker-draws"} if self.workers() else set()
                self._loader.load_state_dict(copy.deepcopy(place.loader))
                return self._iterate()
            iterator = self._iterate()
            self._skip(iterator, place.taken or 0)
            return iterator

    def _iterate(self) -> Iterator[Any]:
        if self._loader is not None:
            return iter(self._loader)
        return iter(self._data if hasattr(self._data, "__iter__") else self._data())

    def _skip(self, iterator: Any, count: int) -> None:
        loader = self._loader
        indices = loader is not None and not loader.num_workers and not isinstance(loader.dataset, IterableDataset)
        for _ in range(count):
            if indices:
                iterator._next_index()  # noqa: SLF001 - drawn as for a batch; a test holds the name to the installed torch
            else:
                next(iterator, None)
        if count and not indices:
            self._notes.add("batches-reread-workers" if self.workers() else "batches-reread")


def copy_of_loader(loader: _Loader) -> _Loader:
    """A loader that reads the same data in the same order without advancing any state of the original.

    Raises:
        InvalidInput: A part of it cannot be copied (`task-copy`).
    """
    samplers = (loader.sampler, loader.batch_sampler, getattr(loader.batch_sampler, "sampler", None))
    held = [value for sampler in samplers for value in getattr(sampler, "__dict__", {}).values()]
    shared = [loader.dataset, loader.collate_fn, loader.worker_init_fn]
    shared += [value for value in held if isinstance(value, Dataset)]
    memo: dict[int, Any] = {id(other): other for other in shared}
    memo[id(getattr(loader, "_iterator", None))] = None  # workers that live on belong to their own loader
    try:
        copied = copy.deepcopy(loader, memo)
    except Exception as error:
        raise InvalidInput("task-copy", part="data", reason=f"{type(error).__name__}: {error}") from error
    # Workers that outlive an epoch take their generators along, which no place knows. The class guards the attribute.
    vars(copied)["persistent_workers"] = False
    return copied


def samples_in(batch: object) -> int | None:
    """How many samples a batch holds: the first dimension of the first tensor in it; None if none is found.

    Example:
        >>> samples_in({"x": [torch.zeros(4, 2)], "y": torch.zeros(4)})
        4
    """
    if isinstance(batch, torch.Tensor):
        return batch.shape[0] if batch.ndim else None
    parts: Any = ()
    if isinstance(batch, Mapping):
        parts = batch.values()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    elif isinstance(batch, list | tuple):
        parts = batch  # pyright: ignore[reportUnknownVariableType]
    return next((count for part in parts if (count := samples_in(part)) is not None), None)


def _copied(loader: _Loader) -> _Loader:
    return None if loader is None else copy_of_loader(loader)


def _loader_of(data: Any, batch_size: int | None) -> _Loader:
    """The loader that the data are read by; None for what is iterated as it is.

    A data set is shuffled, and its last batch left out where it is not whole: a step of another noise.
    """
    if batch_size is None:
        return data if isinstance(data, DataLoader) else None  # pyright: ignore[reportUnknownVariableType]
    if isinstance(data, IterableDataset):
        return DataLoader(data, batch_size)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return DataLoader(data, batch_size, shuffle=True, drop_last=len(data) >= batch_size)
