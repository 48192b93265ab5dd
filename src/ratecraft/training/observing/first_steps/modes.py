"""In which mode a model trains: layers that normalise or drop units act otherwise in `eval` mode.

Path:   calls of modules in one step, changes of mode at any time -> facts of the run.

A part of a model may be kept in eval mode on purpose (frozen statistics), a whole model that is trained may not, unless
it was loaded. After an evaluation that puts known layers into eval mode, the next steps are looked at once more.
"""

import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase  # pyright: ignore[reportPrivateUsage]
from torch.nn.modules.dropout import _DropoutNd  # pyright: ignore[reportPrivateUsage]

from ratecraft.training.instrument.loaded_weights import was_loaded
from ratecraft.training.observing.calls import is_compiled
from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.observing.listening import hear_calls, hear_modes, hear_passes

_MOST_LOOKS = 8  # evaluations after which the training is looked at
_STEPS = 3  # in eval mode, one after another, before that is told


class Modes:
    """Follows the train and eval modes of the trained modules.

    Args:
        know: Takes what becomes known of the run.
        step: Tells which step it is.
        boundary: The boundary within which everything is heard.
    """

    def __init__(
        self, know: Callable[[str, float], None], step: Callable[[], int], boundary: ErrorBoundary | None = None
    ) -> None:
        self._know, self._step, self._boundary = know, step, boundary or ErrorBoundary()
        self._called: weakref.WeakSet[nn.Module] = weakref.WeakSet()
        self._training: weakref.WeakSet[nn.Module] = weakref.WeakSet()
        self._resting: weakref.WeakSet[nn.Module] = weakref.WeakSet()
        self._evaluates, self._looks, self._still, self._since = False, 0, 0, 0
        self._end_calls: Callable[[], None] | None = None
        self._end_passes: Callable[[], None] = lambda: None
        self._is_heard = False
        self._end_modes = hear_modes(self._boundary.wrap(self._switched))

    def begin(self) -> None:
        """Hear the calls of a step from now on; safe to call twice."""
        if self._end_calls is None:
            self._end_calls = hear_calls(self._boundary.wrap(self._hear))

    def end_calls(self, held: Iterable[torch.Tensor]) -> None:
        """The step is made; which parameters optimizers have. Safe to call twice."""
        if self._end_calls is None or self._is_heard:
            return
        self._end_calls()
        self._is_heard = True
        if not self._called:
            return
        known = {id(weight) for weight in held}
        resting = [module for module in self._resting - self._training if _is_trained(module, known)]
        self._know("layers_normalising", _count(self._training, _NormBase))
        self._know("layers_dropping", _count(self._training, _DropoutNd))
        self._know("layers_dropping_most", float(sum(map(_drops_most, self._training))))
        self._know("never_in_eval_mode", float(not self._evaluates))
        if resting and not self._training and self._rests_as_a_whole(known):
            self._tell(resting, 0)

    def close(self) -> None:
        """Hear no more; safe to call twice."""
        if self._end_calls is not None:
            self._end_calls()
        self._end_passes()
        self._end_modes()

    def _tell(self, resting: Iterable[nn.Module], since: int) -> None:
        layers = list(resting)
        self._know("resting_normalising", _count(layers, _NormBase))
        self._know("resting_dropping", _count(layers, _DropoutNd))
        self._know("resting_since", float(since))

    def _hear(self, module: nn.Module, *_: Any) -> None:
        """A module is called."""
        if not torch.is_grad_enabled():
            return
        self._called.add(module)
        if is_compiled(module):
            if self._end_calls is not None:
                self._end_calls()  # else what is compiled again now would be so once more without us
            layers: Iterable[nn.Module] = module.modules()
        else:
            layers = (module,)
        for layer in layers:
            if _acts_by_mode(layer):
                (self._training if layer.training else self._resting).add(layer)

    def _rests_as_a_whole(self, known: set[int]) -> bool:
        """Whether the outermost modules that are trained are in eval mode, and were not loaded."""
        below = {id(layer) for module in self._called for layer in module.modules() if layer is not module}
        outer = [module for module in self._called if id(module) not in below and _is_trained(module, known)]
        weights = [parameter for module in outer for parameter in module.parameters() if id(parameter) in known]
        loaded = sum(weight.numel() for weight in weights if was_loaded(weight))
        return not any(module.training for module in outer) and 2 * loaded <= sum(weight.numel() for weight in weights)

    # ------------------------------------------------------------------ after an evaluation

    def _switched(self, module: nn.Module, trains: bool) -> None:
        """A module was put into a mode."""
        if trains:
            return
        if not self._evaluates:
            self._evaluates = True
            self._know("never_in_eval_mode", 0.0)
        if module in self._training and self._looks < _MOST_LOOKS and not self._still:
            self._end_passes()
            self._looks, self._since = self._looks + 1, self._step()
            self._end_passes = hear_passes(self._boundary.wrap(self._look))
        elif self._looks >= _MOST_LOOKS:
            self._end_modes()

    def _look(self, tensors: Any) -> None:
        """A backward pass begins, of a step after an evaluation."""
        if tensors is None:
            return
        layers = list(self._training)
        if not layers or any(layer.training for layer in layers):
            self._still = 0
            self._end_passes()
            return
        self._still += 1
        if self._still >= _STEPS and self._step() - self._since >= _STEPS - 1:
            self._end_passes()
            self._tell(layers, self._since)


def _acts_by_mode(module: nn.Module) -> bool:
    if isinstance(module, _NormBase):
        return module.track_running_stats and module.running_mean is not None
    return isinstance(module, _DropoutNd) and module.p > 0


def _drops_most(module: nn.Module) -> bool:
    """Whether it drops more than half of the units."""
    return isinstance(module, _DropoutNd) and module.p > 0.5


def _is_trained(module: nn.Module, known: set[int]) -> bool:
    """Whether an optimizer trains a parameter of it; so of a layer that has none."""
    own = list(module.parameters())
    return not own or any(id(tensor) in known and tensor.requires_grad for tensor in own)


def _count(modules: Iterable[nn.Module], kind: type[nn.Module]) -> float:
    return float(sum(isinstance(module, kind) for module in modules))
