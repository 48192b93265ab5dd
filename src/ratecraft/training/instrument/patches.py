"""Patches the few torch functions that every training script passes through.

Path:   `install` before the script starts -> every optimizer, backward pass, scaler and loader calls the host.

Public names, but for one: `_BaseDataLoaderIter.__next__`; a test holds each to the installed torch. A hook alone cannot
keep a step from happening, so `profile_hook_step`, which torch wraps each class's `step` with, is replaced before the
script makes an optimizer. The order within a step: a scheduler's wrapper, the host (which writes the rate), the
optimizer's own hooks around the step, the host again (which puts the script's own rate back).
"""

import functools
import random
from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import dataloader

from ratecraft.training.instrument.passes import Passes


class Hooks(Protocol):
    """The events that patches report to the host.

    Attributes:
        active: False in a forked child of the script, which is not followed.
        passes: Follows whether the script evaluates.
    """

    active: bool
    passes: Passes

    def made(self, optimizer: Optimizer) -> None:
        """A parameter group was added to an optimizer."""
        ...

    def scheduled(self, scheduler: LRScheduler) -> None:
        """A scheduler was made."""
        ...

    def step_begins(self, optimizer: Optimizer) -> bool:
        """A step begins; returns False if it must not happen."""
        ...

    def step_done(self) -> None:
        """A step is done."""
        ...

    def step_raised(self) -> None:
        """A step ended with an exception."""
        ...

    def keeps_gradients(self) -> bool:
        """Whether gradients must stay as they are."""
        ...

    def evaluates(self, module: nn.Module) -> None:
        """A module was put in eval mode."""
        ...

    def backward(self, tensors: Any) -> bool:
        """A backward pass begins; returns False if it must be skipped."""
        ...

    def scaled(self, scaler: Any, loss: torch.Tensor, result: torch.Tensor) -> None:
        """A scaler scaled a loss."""
        ...

    def scaler_stepped(self, optimizer: Optimizer) -> None:
        """A scaler's `step` returned; it may have skipped the optimizer's."""
        ...

    def next_batch(self, fetch: Callable[[Any], Any], iterator: Any) -> Any:
        """A loader is asked for a batch."""
        ...

    def seeded(self) -> None:
        """Torch's generator was seeded."""
        ...


def install(hooks: Hooks) -> None:
    """Patch torch for the rest of this process. A worker lives for one run, so nothing is undone."""
    _patch_steps(hooks)
    _patch_optimizers(hooks)
    _patch_gradients(hooks)
    _patch_modules(hooks)
    _patch_gradient_modes(hooks)
    _patch_scaler(hooks)
    _patch_loaders(hooks)
    _patch_seeds(hooks)


def _untraced(hook: Callable[..., Any]) -> Callable[..., Any]:
    """The hook, which is not compiled along where a script compiles what calls it."""
    disabled: Callable[..., Any] = torch.compiler.disable(hook)  # pyright: ignore[reportUnknownMemberType]

    def called(*args: Any) -> Any:
        return disabled(*args) if torch.compiler.is_compiling() else hook(*args)

    return called


def _patch_steps(hooks: Hooks) -> None:
    make = Optimizer.profile_hook_step
    begins, done = _untraced(hooks.step_begins), _untraced(hooks.step_done)

    def hooked(function: Callable[..., Any]) -> Callable[..., Any]:
        inner = make(function)

        @functools.wraps(function)
        def step(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
            if not hooks.active:
                return inner(self, *args, **kwargs)
            if not begins(self):
                closure = args[0] if args else kwargs.get("closure")
                return closure() if closure else None
            try:
                result = inner(self, *args, **kwargs)
            except BaseException:
                hooks.step_raised()
                raise
            done()
            return result

        return step

    Optimizer.profile_hook_step = staticmethod(hooked)  # pyright: ignore[reportAttributeAccessIssue]


def _patch_optimizers(hooks: Hooks) -> None:
    add, schedule = Optimizer.add_param_group, LRScheduler.__init__

    @functools.wraps(add)
    def add_param_group(self: Optimizer, param_group: dict[str, Any]) -> None:
        add(self, param_group)
        hooks.made(self)

    @functools.wraps(schedule)
    def scheduled(self: LRScheduler, *args: Any, **kwargs: Any) -> None:
        hooks.scheduled(self)
        schedule(self, *args, **kwargs)

    Optimizer.add_param_group = add_param_group
    LRScheduler.__init__ = scheduled


def _patch_gradients(hooks: Hooks) -> None:
    backward = torch.autograd.backward
    begins, keeps = _untraced(hooks.backward), _untraced(hooks.keeps_gradients)

    @functools.wraps(backward)
    def observed(tensors: Any, *args: Any, **kwargs: Any) -> None:
        if not hooks.active or begins(tensors):
            backward(tensors, *args, **kwargs)

    torch.autograd.backward = observed  # `Tensor.backward` looks it up at every call

    def kept(zero_grad: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(zero_grad)
        def unless_kept(self: Any, *args: Any, **kwargs: Any) -> None:
            if not hooks.active or not keeps():
                zero_grad(self, *args, **kwargs)

        return unless_kept

    Optimizer.zero_grad, nn.Module.zero_grad = kept(Optimizer.zero_grad), kept(nn.Module.zero_grad)


def _patch_modules(hooks: Hooks) -> None:
    train = nn.Module.train

    @functools.wraps(train)
    def set_mode(self: nn.Module, mode: bool = True) -> nn.Module:
        if hooks.active and not mode:
            hooks.passes.in_eval_mode(self)
            hooks.evaluates(self)
        return train(self, mode)

    nn.Module.train = set_mode


def _patch_gradient_modes(hooks: Hooks) -> None:
    def patch(mode: Any) -> None:
        enter, leave = mode.__enter__, mode.__exit__

        @functools.wraps(enter)
        def entered(self: Any) -> Any:
            result = enter(self)
            if hooks.active and not torch.compiler.is_compiling():
                hooks.passes.gradients_off()
            return result

        @functools.wraps(leave)
        def left(self: Any, *error: Any) -> Any:
            result = leave(self, *error)
            if hooks.active and not torch.compiler.is_compiling():
                hooks.passes.gradients_back()
            return result

        mode.__enter__, mode.__exit__ = entered, left

    patch(torch.no_grad)
    patch(torch.inference_mode)


def _patch_scaler(hooks: Hooks) -> None:
    scaler = torch.amp.GradScaler
    scale: Callable[..., Any] = scaler.scale
    step: Callable[..., Any] = scaler.step

    @functools.wraps(scale)
    def scaled(self: Any, outputs: Any) -> Any:
        result = scale(self, outputs)
        if hooks.active and isinstance(outputs, torch.Tensor) and self.is_enabled():
            hooks.scaled(self, outputs, result)
        return result

    @functools.wraps(step)
    def stepped(self: Any, optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        result = step(self, optimizer, *args, **kwargs)
        if hooks.active and self.is_enabled():
            hooks.scaler_stepped(optimizer)
        return result

    scaler.scale, scaler.step = scaled, stepped


def _patch_loaders(hooks: Hooks) -> None:
    iterator: Any = dataloader._BaseDataLoaderIter  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    fetch = iterator.__next__

    @functools.wraps(fetch)
    def next_batch(self: Any) -> Any:
        if not hooks.active:
            return fetch(self)
        hooks.passes.fetches()
        return hooks.next_batch(fetch, self)

    iterator.__next__ = next_batch


def _patch_seeds(hooks: Hooks) -> None:
    manual_seed: Callable[..., Any] = torch.manual_seed  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    @functools.wraps(manual_seed)
    def seeded(*args: Any, **kwargs: Any) -> Any:
        hooks.seeded()
        return manual_seed(*args, **kwargs)

    torch.manual_seed = torch.random.manual_seed = seeded


def seed_everything(seed: int) -> None:
    """Seed Python, numpy (if installed) and torch, and numpy generators that are made without a seed."""
    random.seed(seed)
    torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]
    try:
        import numpy as np  # the script's own dependency, not ours
    except ImportError:
        return
    np.random.seed(seed)  # scripts draw from the global generator
    make, count = np.random.default_rng, iter(range(2**32))

    @functools.wraps(make)
    def default_rng(*args: Any, **kwargs: Any) -> Any:
        given = args[0] if args else kwargs.get("seed")
        return make([seed, next(count)] if given is None else given)

    np.random.default_rng = default_rng
