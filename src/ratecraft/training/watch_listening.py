"""Listens to what every training passes through beside its optimizers: backward passes, gradient scalers, clipping.

Path:   `torch.autograd.backward`, `GradScaler`, `clip_grad_norm_` of this process -> every listener.

The functions are replaced while somebody listens, and do what they always did. A script that holds `clip_grad_norm_`
itself is heard too: that function calls the one that is replaced, whose name is private; a test holds it to torch.
"""

import functools
from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch.nn.utils import clip_grad
from torch.optim import Optimizer

__all__ = ["Listener", "listen"]


class Listener(Protocol):
    """Who is told."""

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


_listeners: list[Listener] = []
_undone: list[Callable[[], None]] = []


def listen(listener: Listener) -> Callable[[], None]:
    """Tell this listener from now on; what is returned ends it, and may be called again."""
    if not _listeners:
        _replace()
    _listeners.append(listener)

    def end() -> None:
        if listener in _listeners:
            _listeners.remove(listener)
            while not _listeners and _undone:
                _undone.pop()()

    return end


def _replace() -> None:
    _put(torch.autograd, "backward", _heard_backward)
    _put(torch.amp.GradScaler, "scale", _heard_scale)
    _put(torch.amp.GradScaler, "step", _heard_step)
    if hasattr(clip_grad, "_clip_grads_with_norm_"):
        _put(clip_grad, "_clip_grads_with_norm_", _heard_clip)


def _put(holder: Any, name: str, heard: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    before = getattr(holder, name)
    ours = functools.wraps(before)(heard(before))
    setattr(holder, name, ours)

    def undo() -> None:
        if getattr(holder, name) is ours:  # else somebody put theirs around ours, which stays and says nothing
            setattr(holder, name, before)

    _undone.append(undo)


def _heard_backward(backward: Callable[..., Any]) -> Callable[..., Any]:
    def heard(tensors: Any, *args: Any, **kwargs: Any) -> Any:
        if not torch.compiler.is_compiling():
            for listener in tuple(_listeners):
                listener.backward(tensors)
        return backward(tensors, *args, **kwargs)

    return heard


def _heard_scale(scale: Callable[..., Any]) -> Callable[..., Any]:
    def heard(self: Any, outputs: Any) -> Any:
        result = scale(self, outputs)
        if isinstance(outputs, torch.Tensor) and self.is_enabled():
            for listener in tuple(_listeners):
                listener.scaled(outputs, result)
        return result

    return heard


def _heard_step(step: Callable[..., Any]) -> Callable[..., Any]:
    def heard(self: Any, optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        result = step(self, optimizer, *args, **kwargs)
        if self.is_enabled():
            for listener in tuple(_listeners):
                listener.scaler_stepped(optimizer)
        return result

    return heard


def _heard_clip(clip: Callable[..., Any]) -> Callable[..., Any]:
    def heard(parameters: Any, max_norm: float, total_norm: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if not torch.compiler.is_compiling():
            for listener in tuple(_listeners):
                listener.clipped(float(max_norm), total_norm)
        return clip(parameters, max_norm, total_norm, *args, **kwargs)

    return heard
