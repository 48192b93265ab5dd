"""Recognises the script's training loader while it feeds the steps, and ends it early after the last step.

Path:   every fetch of every `DataLoader` iterator passes here; the script's evaluation loader is never touched.
Units:  batches, and samples where a loader tells its batch size.

A loader is a training loader when its iterator was the last one advanced with gradients on before the first step, or
before two steps in a row: one that is read between two steps may be that of an evaluation. It is known by its index
sampler, the object that outlives epochs, and its data set; where the script makes a new loader for every epoch, by the
data set alone that it reads with gradients on.
"""

import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

_MOST_SOURCES = 64  # a script may make a loader an epoch: what it has dropped must not stay alive through us


@dataclass(slots=True)
class _Source:
    """One index sampler that was fetched from with gradients on."""

    sampler: Any
    dataset: Any
    workers: int
    waiting: int = 0
    trains: bool = False


@dataclass
class Loaders:
    """The loaders of a run seen so far.

    Attributes:
        ending: After the last step: each epoch of a training loader ends, with one batch at least, so that an epoch
            average never divides by zero.
        ended_epochs: Epochs that were cut short so far.
        read_ahead: Number of batches that the script's framework reads from its loader before it needs them.
    """

    ending: bool = False
    ended_epochs: int = 0
    read_ahead: int = 0
    _batches: int = 0
    _samples: int | None = None
    _size: int = 0
    _at_end: bool = False
    _epoch_over: bool = False
    _sources: deque[_Source] = field(default_factory=lambda: deque[_Source](maxlen=_MOST_SOURCES))
    _last: _Source | None = None
    _before: _Source | None = None
    _any_step: bool = False
    _fresh: bool = False
    _last_iterator: "weakref.ref[Any] | None" = None
    _training: _Source | None = None
    _had_batch: "weakref.WeakSet[Any]" = field(default_factory=weakref.WeakSet)

    def step_begins(self) -> None:
        """Call when a step begins: the batches read for it were for training."""
        source = self._last if self._fresh else None
        first, self._any_step, self._fresh = not self._any_step, True, False
        before, self._before = self._before, source
        if source is None or not (first or source.trains or source is before):
            return
        source.trains, self._training = True, source
        self._batches += source.waiting
        size = getattr(source.sampler, "batch_size", None)
        if isinstance(size, int):
            self._samples, self._size = (self._samples or 0) + source.waiting * size, size
        source.waiting = 0

    @property
    def batches(self) -> int:
        """Batches of the training loaders that went into steps."""
        return self._batches - self._ahead

    @property
    def samples(self) -> int | None:
        """Samples in these batches; None while the loader's batch size is unknown."""
        return None if self._samples is None else self._samples - self._ahead * self._size

    @property
    def _ahead(self) -> int:
        return 0 if self._at_end else min(self.read_ahead, self._batches)

    def is_training(self, iterator: Any) -> bool:
        """Whether this iterator belongs to a training loader."""
        source = self._source_of(iterator)
        if source is not None:
            return source.trains
        dataset = iterator._dataset  # noqa: SLF001
        return torch.is_grad_enabled() and any(source.trains and source.dataset is dataset for source in self._sources)

    def next_batch(
        self, fetch: Callable[[Any], Any], iterator: Any, treated: Callable[[Any], Any] = lambda batch: batch
    ) -> Any:
        """Fetch one batch, from a training loader or any other.

        Args:
            fetch: Reads the batch.
            iterator: The loader's iterator.
            treated: Maps a training batch to what the script gets instead.

        Raises:
            StopIteration: The last step is done and this epoch has had its batch.
        """
        if self.ending and iterator in self._had_batch:
            self.ended_epochs, self._epoch_over = self.ended_epochs + 1, True
            self._had_batch.discard(iterator)  # persistent workers use one iterator for all epochs
            raise StopIteration
        trains = self.is_training(iterator)
        cut_short = self.ending and trains
        try:
            batch = fetch(iterator)
        except StopIteration:
            if trains and torch.is_grad_enabled():
                self._at_end = self._epoch_over = True
            raise
        if trains and torch.is_grad_enabled():
            self._epoch_over, batch = False, treated(batch)
        if cut_short:
            self._had_batch.add(iterator)
        elif torch.is_grad_enabled():
            self._count(iterator)
        return batch

    def start_ending(self) -> None:
        """Call after the last step: from now on epochs end early. An epoch under way has had its batches already."""
        self.ending = True
        iterator = self._last_iterator() if self._last_iterator is not None else None
        if iterator is not None and self.is_training(iterator):
            self._had_batch.add(iterator)

    def epoch(self) -> int | None:
        """Batches of one epoch of the training loader; None if unknown."""
        return length_of(self._training.sampler) if self._training else None

    def dataset_length(self) -> int | None:
        """Samples of the training data set; None if unknown."""
        return length_of(self._training.dataset) if self._training else None

    def workers(self) -> int:
        """Worker processes of the training loader."""
        return self._training.workers if self._training else 0

    @property
    def epoch_end(self) -> bool | None:
        """Whether the training loader has ended and no batch was read since; None if there is no training loader."""
        return self._epoch_over if self.found else None

    @property
    def found(self) -> bool:
        """Whether a training loader feeds the steps."""
        return self._training is not None

    def _source_of(self, iterator: Any) -> _Source | None:
        sampler, dataset = iterator._index_sampler, iterator._dataset  # noqa: SLF001 - fastai's loaders share the sampler

        def is_it(source: _Source) -> bool:
            return source.sampler is sampler and source.dataset is dataset

        if self._last is not None and is_it(self._last):
            return self._last
        return next(filter(is_it, self._sources), None)

    def _count(self, iterator: Any) -> None:
        source = self._source_of(iterator)
        if source is None:
            source = _Source(iterator._index_sampler, iterator._dataset, iterator._num_workers)  # noqa: SLF001
            self._sources.append(source)
        source.waiting += 1
        self._fresh, self._at_end = True, False
        if self._last_iterator is None or self._last_iterator() is not iterator:
            self._last, self._last_iterator = source, weakref.ref(iterator)


def length_of(sized: Any) -> int | None:
    """Its length; None if it has none."""
    try:
        return len(sized)
    except (TypeError, NotImplementedError):
        return None
