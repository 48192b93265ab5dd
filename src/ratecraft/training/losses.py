"""Training losses without a wait for the device at every step.

Path:   scalars that reach backward -> one number a step -> blocks for the supervisor, and the blow-up rule.

A loss stays a 0-d tensor until `read` stacks all unread ones and brings them over in one transfer. When `read` is
called so that something is decided is a matter of the step count alone: wall time decides nothing.
"""

import math
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from ratecraft.records.blow_up import BlowUp

__all__ = ["Losses", "transferred"]

_MOST_SKIPPED = 16  # steps that a scaler skips in a row for a non-finite loss before the run counts as blown up


@dataclass
class Losses:
    """The losses of a run, step by step.

    `waiting` are scalars whose optimizer has not stepped yet; `current` belong to the step that is open (two optimizers
    may add to one step); `unread` are closed steps. `state` is the blow-up rule after all that was read. Losses that
    are `opposed` pull against each other: of them only one that is not finite tells of a blow-up.
    """

    state: BlowUp = BlowUp()
    opposed: bool = False
    waiting: list[torch.Tensor] = field(default_factory=list[torch.Tensor])
    current: list[torch.Tensor] = field(default_factory=list[torch.Tensor])
    unread: list[list[torch.Tensor]] = field(default_factory=list[list[torch.Tensor]])
    _skipped: int = 0
    _scaled: list[tuple["weakref.ref[torch.Tensor]", torch.Tensor]] = field(
        default_factory=list[tuple["weakref.ref[torch.Tensor]", torch.Tensor]]
    )

    def scaled(self, loss: torch.Tensor, result: torch.Tensor) -> None:
        """A scaler made `result` of a loss: where that reaches backward, the loss is meant."""
        self._scaled.append((weakref.ref(result), loss.detach()))

    def add(self, tensor: object) -> None:
        """A tensor reached backward; a scalar is a loss of the step that its optimizer takes next."""
        if self._scaled:
            tensor = next((loss for result, loss in self._scaled if result() is tensor), tensor)
        if isinstance(tensor, torch.Tensor) and tensor.numel() == 1:
            loss = tensor.detach().clone()  # a compiled model may reuse the tensor's memory
            self.waiting.append(loss.reshape(()) if loss.dim() else loss)

    def rest(self) -> "Losses":
        """Of these, those whose optimizer has not stepped."""
        return Losses(opposed=self.opposed, waiting=self.waiting, _scaled=self._scaled)

    def anew(self) -> "Losses":
        """Those of a run that goes on from this one's state, none of them seen yet."""
        return Losses(self.state, self.opposed)

    def drop_waiting(self) -> None:
        """The step did not happen (a scaler skipped it): its losses belong to no step."""
        self.waiting.clear()
        if self._scaled:
            self._scaled.clear()

    def skipped_too_often(self) -> bool:
        """A scaler's step returned, and drops what still waits; whether it skipped too many in a row."""
        finite = not self.waiting or bool(torch.isfinite(self.waiting[-1]))  # a skip has waited for the device already
        self._skipped = 0 if finite else self._skipped + 1
        self.drop_waiting()
        if self._skipped < _MOST_SKIPPED:
            return False
        self._skipped = 0
        return True

    def stepped(self) -> None:
        """An optimizer stepped: what waited belongs to the open step."""
        self.current += self.waiting
        self.drop_waiting()

    def close_step(self) -> None:
        """The open step is complete."""
        self.unread.append(self.current)
        self.current = []

    def read(self) -> list[float]:
        """The losses of all closed steps since the last call, one a step (NaN where no loss was seen), in one transfer.

        Updates `state`; steps without a loss do not enter it.
        """
        steps, self.unread = self.unread, []
        flat = [scalar for step in steps for scalar in step]
        values = iter(transferred(flat))
        losses: list[float] = []
        for step in steps:
            losses.append(math.fsum(next(values) for _ in step) if step else math.nan)
            if step and not (self.opposed and math.isfinite(losses[-1])):
                self.state = self.state.add(losses[-1])
        return losses


def transferred(scalars: Sequence[torch.Tensor]) -> list[float]:
    """The numbers, in one transfer a device."""
    if len({scalar.device for scalar in scalars}) > 1:
        scalars = [scalar.cpu() for scalar in scalars]
    return torch.stack(list(scalars)).tolist() if scalars else []  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
