"""Changes that a job makes besides the rate: to gradients, to the model's inputs, or to the batches it reads.

Path:   `Job.treatment` -> `advance` -> `Treating` -> gradients just before a step, inputs of forward passes, batches of
        the training loader; where a run is measured, norms of its gradients, and what its networks are given.
Units:  steps count from the run's step 0.
Source: standardised inputs: LeCun et al. 1998, "Efficient BackProp", 4.3; clipping by norm: Pascanu et al. 2013.

A treatment begins within the first step that it covers, for only then it is known what a script trains. The gradient
of that step was made before: where inputs are standardised or one batch is repeated it is set to 0, so that neither
weights nor momentum keep anything of what was there before. A branch and its replay do the same. After a rest, through
which a run stands still at a rate of 0, an optimizer has the state that it had before: else its momentum would begin at
full strength.
"""

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from ratecraft.errors import InvalidInput
from ratecraft.records.treatment import (
    MEASURED,
    SAME_BATCH,
    STANDARDISED,
    after_rest,
    clip_norm_of,
    is_treatment,
    rest_of,
)
from ratecraft.records.watching.observed import Fact
from ratecraft.training.instrument.losses import transferred
from ratecraft.training.observing.beside import WatchBeside
from ratecraft.training.observing.calls import Calls
from ratecraft.training.observing.norms import gradient_norm, together

_FARTHEST = 10.0  # standard deviations: those of one batch are an estimate


@dataclass
class Treating:
    """The treatment of one run.

    Attributes:
        name: One of `records.treatment`; empty for none.
        watches: Whether a measured run is watched too, by hooks on the whole process.
    """

    name: str = ""
    watches: bool = False
    _beside: WatchBeside | None = None
    _what: str = ""
    _rest: int = 0
    _clip: float | None = None
    _first: int | None = None
    _measured: int | None = None
    _repeats: bool = False
    _batch: Any = None
    """The batch that is repeated; None until it was read."""
    _before: dict[int, dict[Any, Any]] = field(default_factory=dict[int, dict[Any, Any]])
    """By optimizer, its state before its first step of a rest."""
    _stepped: list[Optimizer] = field(default_factory=list[Optimizer])
    _calls: Calls | None = None
    _norms: list[list[torch.Tensor]] = field(default_factory=list[list[torch.Tensor]])
    _moments: dict[int, tuple[torch.Tensor, torch.Tensor]] = field(
        default_factory=dict[int, tuple[torch.Tensor, torch.Tensor]]
    )

    @property
    def clips(self) -> bool:
        """Whether gradients are clipped."""
        return self._clip is not None

    @property
    def inputs(self) -> tuple[float, float] | None:
        """Mean and standard deviation of the inputs of weight layers, if measured; None if no input was seen."""
        heard = None if self._calls is None else self._calls.inputs
        return None if heard is None else (float(heard[0]), float(heard[1]))

    @property
    def seen(self) -> dict[str, Fact]:
        """What the watch of a measured run has reported; the watch ended with the run."""
        return {} if self._beside is None else self._beside.told()

    def enter(self, name: str) -> None:
        """An advance begins; the previous treatment continues if it is the same.

        Raises:
            InvalidInput: There is no such treatment (`treatment-unknown`).
        """
        if not is_treatment(name):
            raise InvalidInput("treatment-unknown", given=name)
        if name != self.name:
            self.name, self._what = name, after_rest(name)
            self._rest, self._clip, self._before = rest_of(name), clip_norm_of(name), {}
            self._first, self._measured, self._norms, self._moments = None, None, [], {}
            self._repeats, self._batch = False, None
            self._beside = WatchBeside() if self.watches and name == MEASURED else None

    def twin(self) -> "Treating":
        """A copy for a branch."""
        return replace(self, _calls=None, _norms=[], _moments=dict(self._moments), _before=dict(self._before))

    def treat(self, optimizer: Optimizer, step: int) -> bool:
        """An optimizer is about to make a step: change its gradients, or read their norm.

        Args:
            optimizer: The optimizer, with gradients.
            step: Step of the run.

        Returns:
            Whether inputs must be treated from now on.
        """
        if not self.name:
            return False
        self._first = step if self._first is None else self._first
        if step <= self._rest:
            self._forget(optimizer, step)
        self._repeats = self._what == SAME_BATCH and step >= self._rest
        begins = max(self._first, self._rest) if self._what == SAME_BATCH else self._first
        if step == begins and self._what in (STANDARDISED, SAME_BATCH):
            for parameter in _trained(optimizer):
                parameter.grad = None if parameter.grad is None else torch.zeros_like(parameter.grad)
        elif self._clip is not None:
            scale = getattr(optimizer, "grad_scale", None)  # that a fused optimizer divides by itself
            nn.utils.clip_grad_norm_(_trained(optimizer), self._clip * (1.0 if scale is None else float(scale)))
        elif self._what == MEASURED:
            self._measure(optimizer, step)
            self._hear(optimizer, step)
        return self._what == STANDARDISED

    def read(self) -> list[float]:
        """The gradient norms since the last call, one per step, if they are measured; NaN for none."""
        steps, self._norms = self._norms, []
        norms = iter(transferred([together(step) for step in steps if step]))
        return [next(norms) if step else math.nan for step in steps]

    def batch(self, read: Any) -> Any:
        """The batch that a script gets for one read from its training loader, usually the same.

        A repeated batch is copied each time, since a script may change it in place.
        """
        if not self._repeats:
            return read
        self._batch = _copied(read) if self._batch is None else self._batch
        return _copied(self._batch)

    @contextmanager
    def over(self, modules: Iterable[nn.Module]) -> Generator[None, None, None]:
        """While this context is open, inputs of these modules are treated, if the treatment has begun."""
        handles = self.hook(modules) if self._what == STANDARDISED else ()
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
            if self._calls is not None:
                self._calls.end()

    def hook(self, modules: Iterable[nn.Module]) -> Sequence[Any]:
        """Treat the inputs of these modules from now on; returns the hooks, to be removed later."""
        return [module.register_forward_pre_hook(partial(self._treated, place)) for place, module in enumerate(modules)]

    def _forget(self, optimizer: Optimizer, step: int) -> None:
        """Before its first step, keep what an optimizer begins with; after the rest, give it back.

        Most begin with nothing. Only the state is put back: its rates are those of now.
        """
        if step < self._rest:
            self._before.setdefault(id(optimizer), {key: deepcopy(state) for key, state in optimizer.state.items()})
        elif id(optimizer) in self._before:
            optimizer.state.clear()
            optimizer.state.update(self._before.pop(id(optimizer)))

    def _measure(self, optimizer: Optimizer, step: int) -> None:
        if step != self._measured:
            self._measured = step
            self._norms.append([])
        norm = gradient_norm(optimizer)
        if norm is not None:
            self._norms[-1].append(norm)

    def _hear(self, optimizer: Optimizer, step: int) -> None:
        """Hear what networks are given between the first step and the second."""
        if step == self._first:
            self._stepped.append(optimizer)
            self._calls = Calls(self._parameters) if self._calls is None else self._calls
            self._calls.begin()
        elif self._calls is not None:
            self._calls.end()

    def _parameters(self) -> Iterator[torch.Tensor]:
        return (
            parameter
            for optimizer in self._stepped
            for group in optimizer.param_groups
            for parameter in group["params"]
        )

    def _treated(self, place: int, module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a module takes in, the first tensor of numbers standardised."""
        at = next((at for at, tensor in enumerate(given) if _has_scale(tensor)), None)
        if at is None or self._first is None or self._what != STANDARDISED:
            return given
        if place not in self._moments:
            self._moments[place] = _moments_of(given[at].detach())
        mean, deviation = self._moments[place]
        return (*given[:at], ((given[at] - mean) / deviation).clamp(-_FARTHEST, _FARTHEST), *given[at + 1 :])


def _trained(optimizer: Optimizer) -> list[torch.Tensor]:
    return [
        parameter for group in optimizer.param_groups for parameter in group["params"] if parameter.grad is not None
    ]


def _copied(batch: Any) -> Any:
    try:
        return deepcopy(batch)
    except Exception:  # noqa: BLE001 - a batch may be of any class; what cannot be copied is given as it is
        return batch


def _has_scale(given: object) -> bool:
    """Whether it holds numbers, and not indices: those of tokens have no scale."""
    return isinstance(given, torch.Tensor) and given.is_floating_point() and given.dim() >= 2


def _moments_of(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation of each column of a table, of each channel of images, else of the last axis.

    What does not vary within this batch gets the deviation of all: it may vary in others.
    """
    kept = 1 if inputs.dim() in (2, 4, 5) else inputs.dim() - 1
    others = [axis for axis in range(inputs.dim()) if axis != kept]
    mean = inputs.mean(others, keepdim=True)
    deviation = (inputs - mean).square().mean(others, keepdim=True).sqrt()
    whole = (inputs - mean).square().mean().sqrt()
    one = torch.ones_like(whole)
    return mean, torch.where(deviation > 0, deviation, torch.where(whole > 0, whole, one))
