"""Which batches the first steps are made from: the first one again and again, or one class after the other.

Path:   batches of `DataLoader`s, backward passes between them -> the one loader that feeds the training, how it draws,
        the labels of its data set -> facts of the run.

A loader is spoken of only where each pass was fed by one batch of it alone, and where its order is that of its data
set. Labels are read where the data set keeps them, and have to be those of the batches that were heard: not one
sample is drawn. That a batch is the same is seen by its numbers, since a data set may draw them again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from opcode import opmap
from types import FrameType
from typing import Any

import torch
from torch.utils.data import BatchSampler, SequentialSampler, Subset, TensorDataset

from ratecraft.training.observing.calls import tensors_in
from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.observing.listening import hear_batches
from ratecraft.training.scripts.libraries import frame_outside, is_library, is_ours

_LEAST = 4  # passes
_MOST_ENTRIES = 4096  # of a tensor, by which it is known again
_MOST_LABELS = 1_000_000
_FULL = 2  # batches that a class fills, so that most hold one class alone
_SAMPLES = 16  # of a class: a table of truth values is sorted by chance
_KEPT_AS = ("targets", "labels", "y")


@dataclass(frozen=True)
class _Fetched:
    """A batch that was fetched.

    Attributes:
        loader: How its loader draws.
        number: Number of the batch in its iterator, from 1.
        is_asked: Whether the script itself asked for it by `next`; a loop that ends after one batch means to.
        print: A fingerprint to recognize it by; None if its numbers do not give one.
        labels: Whole numbers, one a sample, among its tensors.
    """

    loader: Any
    number: int
    is_asked: bool
    print: int | None
    labels: tuple[torch.Tensor, ...]


class Batches:
    """Follows loaders until it is closed, within an error boundary."""

    def __init__(self, boundary: ErrorBoundary | None = None) -> None:
        self._since, self._fed = list[_Fetched](), list[_Fetched]()
        self._is_mixed = False
        self.close = hear_batches((boundary or ErrorBoundary()).wrap(self._fetched))

    def pass_begins(self) -> None:
        """A backward pass begins, for the batches fetched since the last one."""
        if not self._fed:
            del self._since[:-1]  # a script may look at a batch before it trains
        loaders = {id(batch.loader) for batch in (*self._since, *self._fed)}
        self._is_mixed = self._is_mixed or len(loaders) > 1 or len(self._since) > 1
        self._fed += self._since
        self._since.clear()

    def facts(self, classes: int | None) -> dict[str, float]:
        """The facts about the loader that fed the training; stops following it.

        Args:
            classes: Number of classes of the loss; None if it is not a loss over classes.
        """
        fed, self._fed = self._fed, []
        if self._is_mixed or len(fed) < _LEAST:
            return {}
        loader = fed[0].loader
        is_in_order = isinstance(loader, BatchSampler) and isinstance(loader.sampler, SequentialSampler)
        if not is_in_order or len(loader) < 2:
            return {}
        if all(batch.is_asked and batch.number == 1 for batch in fed):
            return {"same_batch_of": float(len(loader))} if len({batch.print for batch in fed} - {None}) == 1 else {}
        found = _classes_in_order(loader, fed) if classes else 0
        return {"classes_in_order": float(found)} if classes and 1 < found <= classes else {}

    def _fetched(self, iterator: Any, batch: Any) -> None:
        """An iterator gives a batch."""
        tensors = list(tensors_in((batch,)))
        labels = tuple(tensor.clone() for tensor in tensors if _are_labels(tensor))
        loader, number = iterator._index_sampler, iterator._num_yielded  # noqa: SLF001
        is_asked = _asks_itself(frame_outside(is_ours))
        self._since.append(_Fetched(loader, number, is_asked, _print_of(tensors), labels))


def _asks_itself(caller: FrameType | None) -> bool:
    """Whether the caller is the user's code, and calls `next`."""
    if caller is None:
        return False
    is_loop = caller.f_code.co_code[caller.f_lasti] == opmap["FOR_ITER"]
    return not is_loop and not is_library(caller.f_code.co_filename)


def _print_of(tensors: list[torch.Tensor]) -> int | None:
    plain = [
        tensor
        for tensor in tensors
        if tensor.device.type == "cpu" and tensor.layout is torch.strided and tensor.numel()
    ]
    if len(plain) < len(tensors):
        return None
    parts = [value.reshape(-1)[:: -(-value.numel() // _MOST_ENTRIES)] for value in plain]
    if all(bool((part == part[0]).all()) for part in parts):
        return None
    return hash(tuple(part.contiguous().view(torch.uint8).numpy().tobytes() for part in parts))


def _are_labels(tensor: torch.Tensor) -> bool:
    is_whole = not tensor.is_floating_point() and not tensor.is_complex() and tensor.dtype is not torch.bool
    return is_whole and tensor.dim() == 1 and tensor.device.type == "cpu"


def _classes_in_order(loader: BatchSampler, fed: list[_Fetched]) -> int:
    """How many classes there are, where the samples of each stand together and fill batches; else 0."""
    labels = _labels_of(loader.sampler.data_source)  # type: ignore[attr-defined]  # pyright: ignore
    if labels is None or not all(_is_part(batch, labels, loader) for batch in fed):
        return 0
    ends = (labels[1:] != labels[:-1]).nonzero()[:, 0] + 1
    edges = [0, *map(int, ends), len(labels)]
    full = sum(end - begin >= max(_SAMPLES, _FULL * loader.batch_size) for begin, end in pairwise(edges))
    classes = len(set(map(int, labels[edges[:-1]])))
    return classes if classes == len(edges) - 1 and full > 1 else 0


def _is_part(fetched: _Fetched, labels: torch.Tensor, loader: BatchSampler) -> bool:
    """Whether a batch has the labels that stand in its place."""
    first = (fetched.number - 1) * loader.batch_size
    there = labels[first : first + loader.batch_size].long()
    return any(torch.equal(label.long(), there) for label in fetched.labels)


def _labels_of(data: Any) -> torch.Tensor | None:
    """A whole number for each sample; None where they are not kept as such."""
    if isinstance(data, Subset):
        whole = _labels_of(data.dataset)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        return None if whole is None else whole[torch.as_tensor(list(data.indices))]
    kept = next(_kept(data), None)
    if not isinstance(kept, torch.Tensor):
        try:
            kept = None if kept is None or len(kept) > _MOST_LABELS else torch.as_tensor(kept)
        except (TypeError, ValueError, RuntimeError):
            return None
    return kept.cpu() if kept is not None and _are_labels(kept.cpu()) and 1 < len(kept) <= _MOST_LABELS else None


def _kept(data: Any) -> Iterator[Any]:
    if isinstance(data, TensorDataset):
        yield data.tensors[-1]
    yield from (value for name in _KEPT_AS if (value := getattr(data, name, None)) is not None)
