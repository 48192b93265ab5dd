"""What a rank is fed with: checksums of its batches, and whether a sampler orders each epoch alike.

Path:   batches of `DataLoader`s, backward passes between them -> a checksum for each pass; the epochs of the
        `DistributedSampler` that feeds the training -> how many were in one order.

A sampler is told its epoch by `set_epoch`; without that it shuffles each epoch as the one before. Two epochs alike may
be a trial before the training, so that the second is told at the end alone. Where the labels of the first batch change
all the same, the data set has an order of its own.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch.utils.data import BatchSampler, DistributedSampler

from ratecraft.training.observing.calls import tensors_in

_MOST_ENTRIES = 4096  # of a tensor, by which it is known again
_SURE = 3  # epochs in one order
_LEAST = 2  # passes that make an epoch of what a loader gives


@dataclass
class _Ordered:
    """The epochs of one sampler.

    Attributes:
        key: Epoch and seed of the sampler in the last pass.
        first: Checksum of the labels of the first batch in the last one; None where there are none.
        passes: Number of passes since the last epoch began.
        alike: Epochs in a row that were trained on in one order.
    """

    key: tuple[int, int]
    first: int | None
    passes: int = 0
    alike: int = 1


@dataclass
class Epochs:
    """Follows the samplers of a rank over epochs."""

    _known: "WeakKeyDictionary[Any, _Ordered]" = field(default_factory=WeakKeyDictionary)
    _feeding: Any = None

    def fetched(self, iterator: Any, batch: Any) -> None:
        """An iterator gives a batch."""
        sampler: Any = _sampler_of(iterator)
        self._feeding = None if sampler is None else self._known.get(sampler)
        if sampler is None or iterator._num_yielded != 1:  # noqa: SLF001
            return
        key, first = (sampler.epoch, sampler.seed), checksum(filter(_are_labels, tensors_in((batch,))))
        before = self._known.get(sampler)
        if before is not None and before.passes < _LEAST:  # looked into
            before.key, before.first, before.passes = key, first, 0
        elif before is not None and (before.key, before.first) == (key, first):
            before.alike, before.passes = before.alike + 1, 0
        else:
            self._known[sampler] = _Ordered(key, first)
        self._feeding = self._known[sampler]

    def pass_begins(self) -> None:
        """A backward pass begins, for the batch fetched last."""
        if self._feeding is not None:
            self._feeding.passes += 1

    def alike(self, *, is_over: bool = False) -> int:
        """The largest number of epochs that a sampler ordered alike, if certain; else 0.

        Args:
            is_over: Whether no further epoch follows.
        """
        counts = [each.alike - (each.passes < _LEAST) for each in self._known.values()]
        return max((count for count in counts if count >= (_SURE - is_over)), default=0)


def checksum(tensors: Iterable[torch.Tensor]) -> int | None:
    """A checksum, equal in every process for equal numbers; None without tensors, or if all numbers are the same.

    Example:
        >>> checksum([torch.zeros(3)]), checksum([torch.arange(3)])
        (None, 1334598860)
    """
    total, is_plain = 0, False
    for tensor in tensors:
        if tensor.device.type != "cpu" or tensor.layout is not torch.strided or not tensor.numel():
            return None
        part = tensor.detach().reshape(-1)[:: -(-tensor.numel() // _MOST_ENTRIES)].contiguous()
        is_plain = is_plain or bool((part != part[0]).any())
        total = zlib.crc32(part.view(torch.uint8).numpy().tobytes(), total)
    return total if is_plain else None


def _sampler_of(iterator: Any) -> Any:
    """The sampler that shuffles for this rank, as torch's own does; None for any other, and where one batch is all."""
    batches = iterator._index_sampler  # noqa: SLF001
    sampler: Any = getattr(batches, "sampler", None) if isinstance(batches, BatchSampler) else None
    shuffles: Any = DistributedSampler.__iter__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    orders: Any = getattr(sampler.__class__, "__iter__", None)
    return sampler if orders is shuffles and sampler.shuffle and len(batches) > 1 else None


def _are_labels(tensor: torch.Tensor) -> bool:
    is_whole = not tensor.is_floating_point() and not tensor.is_complex() and tensor.dtype is not torch.bool
    return is_whole and tensor.dim() == 1
