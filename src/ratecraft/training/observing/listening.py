"""Listens to what every training passes through beside its optimizers: backward passes, gradient scalers, clipping.

Path:   `torch.autograd.backward`, `GradScaler`, `clip_grad_norm_` of this process -> every listener; calls of modules,
        for a moment, by a way of their own, since a hook of torch's for all modules warns users of `torch.compile`;
        and, for who inspects the first steps, whole backward passes and changes of mode.

The functions are replaced while somebody listens, and do what they always did. A script that holds `clip_grad_norm_`
itself is heard too: that function calls the one that is replaced, whose name is private; a test holds it to torch.
"""

import functools
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grad
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import dataloader

_Member = TypeVar("_Member")
_Undo: TypeAlias = Callable[[], None]
_Called: TypeAlias = Callable[[nn.Module, tuple[Any, ...], dict[str, Any]], None]
_Passed: TypeAlias = Callable[[Any], None]
_Switched: TypeAlias = Callable[[nn.Module, bool], None]
_Fetched: TypeAlias = Callable[[Any, Any], None]
_Made: TypeAlias = Callable[[Any], None]


class Listener(Protocol):
    """Receives the events."""

    def backward(self, tensors: Any) -> None:
        """A backward pass begins."""
        ...

    def scaled(self, loss: torch.Tensor, result: torch.Tensor) -> None:
        """A scaler scaled a loss."""
        ...

    def scaler_stepped(self, optimizer: Optimizer) -> None:
        """A scaler's `step` returned; it may have skipped the optimizer's."""
        ...

    def clipped(self, limit: float, norm: torch.Tensor) -> None:
        """Gradients were clipped at a norm; theirs before is a 0-d tensor."""
        ...


def listen(listener: Listener) -> _Undo:
    """Tell this listener from now on; what is returned ends it, and may be called again."""
    return _both(_listeners.join(listener), _backward.join(listener))


def hear_calls(called: _Called) -> _Undo:
    """Tell each call of a module of this process just before it is made; what is returned ends it.

    Args:
        called: Takes the module, and what it is given in order and by name.
    """
    return _hearers.join(called)


def hear_passes(passed: _Passed) -> _Undo:
    """Tell each backward pass of this process when it begins and again when it is over; what is returned ends it.

    Args:
        passed: Takes what the pass begins at, and None at its end.
    """
    return _both(_passers.join(passed), _backward.join(passed))


def hear_modes(switched: _Switched) -> _Undo:
    """Tell each module of this process that is put into train or eval mode, its children first.

    Args:
        switched: Takes the module, and whether it trains now.
    """
    return _switchers.join(switched)


def hear_batches(fetched: _Fetched) -> _Undo:
    """Tell each batch of a loader of this process, its iterator before it; what is returned ends it."""
    return _fetchers.join(fetched)


def hear_schedulers(made: _Made) -> _Undo:
    """Tell each scheduler of this process that is made, once it is; what is returned ends it."""
    return _makers.join(made)


def hear_optimizers(made: _Made) -> _Undo:
    """Tell each optimizer of this process that is made, once it is; what is returned ends it."""
    return _beginners.join(made)


def hear_wrappers(made: _Made) -> _Undo:
    """Tell each DistributedDataParallel of this process that is made, once it is; what is returned ends it."""
    return _wrapping.join(made)


class _Circle(Generic[_Member]):
    """The listeners of functions that are replaced while there are any; a function is replaced by one circle alone.

    Args:
        replace: Replaces them; what it returns puts each back.
    """

    def __init__(self, replace: Callable[[], list[_Undo]] = list) -> None:
        self._replace, self._undone = replace, list[_Undo]()
        self.members: tuple[_Member, ...] = ()

    def join(self, member: _Member) -> _Undo:
        if not self.members:
            self._undone = self._replace()
        self.members = (*self.members, member)

        def leave() -> None:
            if member in self.members:
                self.members = tuple(one for one in self.members if one != member)
                while not self.members and self._undone:
                    self._undone.pop()()

        return leave


def _both(first: _Undo, second: _Undo) -> _Undo:
    def leave() -> None:
        first()
        second()

    return leave


def _replace() -> list[_Undo]:
    undone = [
        _put(torch.amp.GradScaler, "scale", _heard_scale),
        _put(torch.amp.GradScaler, "step", _heard_step),
    ]
    if hasattr(clip_grad, "_clip_grads_with_norm_"):
        undone.append(_put(clip_grad, "_clip_grads_with_norm_", _heard_clip))
    return undone


def _replace_calls() -> list[_Undo]:
    return [_put(nn.Module, "__call__", _heard_call)]


def _replace_backward() -> list[_Undo]:
    return [_put(torch.autograd, "backward", _heard_backward)]


def _replace_modes() -> list[_Undo]:
    return [_put(nn.Module, "train", _heard_mode)]


def _replace_batches() -> list[_Undo]:
    iterator: Any = dataloader._BaseDataLoaderIter  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return [_put(iterator, "__next__", _heard_batch)]


def _replace_schedulers() -> list[_Undo]:
    return [_put(LRScheduler, "__init__", functools.partial(_heard_making, listeners=_makers))]


def _replace_optimizers() -> list[_Undo]:
    return [_put(Optimizer, "__init__", functools.partial(_heard_making, listeners=_beginners))]


def _replace_wrappers() -> list[_Undo]:
    return [_put(DistributedDataParallel, "__init__", _heard_wrapper)]


_listeners = _Circle[Listener](_replace)
_hearers = _Circle[_Called](_replace_calls)
_passers = _Circle[_Passed]()
_backward = _Circle[Listener | _Passed](_replace_backward)
_switchers = _Circle[_Switched](_replace_modes)
_fetchers = _Circle[_Fetched](_replace_batches)
_makers = _Circle[_Made](_replace_schedulers)
_beginners = _Circle[_Made](_replace_optimizers)
_wrapping = _Circle[_Made](_replace_wrappers)


def _put(holder: Any, name: str, heard: Callable[[Callable[..., Any]], Callable[..., Any]]) -> _Undo:
    """Replace a function; what somebody else then puts around ours keeps ours alive, which tells nobody any more."""
    before = getattr(holder, name)
    current = heard(before)

    @functools.wraps(before)
    def ours(*args: Any, **kwargs: Any) -> Any:
        return current(*args, **kwargs)

    setattr(holder, name, ours)

    def undo() -> None:
        nonlocal current
        current = before
        if getattr(holder, name) is ours:
            setattr(holder, name, before)

    return undo


def _heard_backward(backward: Callable[..., Any]) -> Callable[..., Any]:
    def heard(tensors: Any, *args: Any, **kwargs: Any) -> Any:
        if torch.compiler.is_compiling():
            return backward(tensors, *args, **kwargs)
        for listener in _listeners.members:
            listener.backward(tensors)
        for passed in _passers.members:
            passed(tensors)
        try:
            return backward(tensors, *args, **kwargs)
        finally:  # a script may catch what it raises, as of memory that does not suffice, and go on
            for passed in _passers.members:
                passed(None)

    return heard


def _heard_scale(scale: Callable[..., Any]) -> Callable[..., Any]:
    def heard(self: Any, outputs: Any) -> Any:
        result = scale(self, outputs)
        if isinstance(outputs, torch.Tensor) and self.is_enabled():
            for listener in _listeners.members:
                listener.scaled(outputs, result)
        return result

    return heard


def _heard_step(step: Callable[..., Any]) -> Callable[..., Any]:
    def heard(self: Any, optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        result = step(self, optimizer, *args, **kwargs)
        if self.is_enabled():
            for listener in _listeners.members:
                listener.scaler_stepped(optimizer)
        return result

    return heard


def _heard_clip(clip: Callable[..., Any]) -> Callable[..., Any]:
    def heard(parameters: Any, max_norm: float, total_norm: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if not torch.compiler.is_compiling():
            for listener in _listeners.members:
                listener.clipped(float(max_norm), total_norm)
        return clip(parameters, max_norm, total_norm, *args, **kwargs)

    return heard


def _heard_call(call: Callable[..., Any]) -> Callable[..., Any]:
    def heard(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if not torch.compiler.is_compiling():
            for called in _hearers.members:
                called(self, args, kwargs)
        return call(self, *args, **kwargs)

    return heard


def _heard_mode(train: Callable[..., Any]) -> Callable[..., Any]:
    def heard(self: nn.Module, mode: bool = True) -> Any:
        result = train(self, mode)
        if not torch.compiler.is_compiling():
            for switched in _switchers.members:
                switched(self, mode)
        return result

    return heard


def _heard_batch(fetch: Callable[..., Any]) -> Callable[..., Any]:
    def heard(self: Any) -> Any:
        batch = fetch(self)
        for fetched in _fetchers.members:
            fetched(self, batch)
        return batch

    return heard


def _heard_making(make: Callable[..., Any], listeners: "_Circle[_Made]") -> Callable[..., Any]:
    """Making a scheduler or an optimizer, told to those who listen."""

    def heard(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        for made in listeners.members:
            made(self)

    return heard


def _heard_wrapper(make: Callable[..., Any]) -> Callable[..., Any]:
    def heard(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        for made in _wrapping.members:
            made(self)

    return heard
