"""Whether the script has evaluated since its last update; if so, what it prints belongs to that evaluation.

Path:   eval mode, batches and forward passes without gradients -> here -> how the host reads a line (`figures`).

A forward pass is looked for only where gradients are off, and only until the first: no training step pays for it. Once
the script compiles, no pass is looked for, since a hook on all modules would be compiled along.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from ratecraft.training.instrument.state import Model, original


class Passes:
    """Whether the script has evaluated since its last update; unknown before the first one.

    Args:
        model: The model, as far as known.

    Attributes:
        on_evaluated: Called when training may continue after an evaluation, before anything else.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._seen = False
        self._hook: Any = None
        self.on_evaluated: Callable[[], object] = lambda: None

    @property
    def has_evaluated(self) -> bool:
        """An evaluation has begun since the last update."""
        return self._seen

    def trains(self) -> None:
        """A backward pass or a step begins."""
        if self._seen:
            self.on_evaluated()
        self._seen = False

    def in_eval_mode(self, module: nn.Module) -> None:
        """A module was put in eval mode. A mere part of the model may be one that is frozen during training."""
        self._seen = self._seen or any(original(module) is top for top in self._modules)

    def fetches(self) -> None:
        """A loader is asked for a batch; it may be the training loader, beginning its next epoch."""
        if self._seen and torch.is_grad_enabled():
            self.on_evaluated()
        self._seen = self._seen or (bool(self._modules) and not torch.is_grad_enabled())

    def gradients_off(self) -> None:
        """Gradients are switched off."""
        if not self._seen and self._hook is None and self._modules and not compiles():
            self._hook = register_module_forward_pre_hook(self._forward)

    def gradients_back(self) -> None:
        """Gradients are back on, unless this is inside another block without gradients."""
        if self._hook is not None and torch.is_grad_enabled():
            self._unhook()

    def _forward(self, module: nn.Module, inputs: Any) -> None:
        if not torch.is_grad_enabled():
            self._seen = True
            self._unhook()

    def _unhook(self) -> None:
        if self._hook is not None:
            self._hook.remove()
        self._hook = None

    @property
    def _modules(self) -> Sequence[nn.Module]:
        return self._model.modules


def compiles() -> bool:
    """Whether the script has compiled anything."""
    dynamo = sys.modules.get("torch._dynamo.utils")
    return dynamo is not None and bool(dynamo.counters["stats"])
