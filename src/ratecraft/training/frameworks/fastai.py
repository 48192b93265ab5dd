"""fastai, whose optimizers are no torch optimizers: they are shown to the host as such, its recorder's row as figures.

Path:   `fastai.optimizer.Optimizer.step`, `Recorder`, `ParamScheduler` -> the host.

Its backward pass and the iterators of its loaders are torch's. An `OptimWrapper` steps a torch optimizer.
"""

import functools
import weakref
from collections import ChainMap
from collections.abc import Sequence
from typing import Any

from ratecraft.training.frameworks.hooks import Hooks

__all__ = ["MODULES", "adapt"]

MODULES: Sequence[str] = ("fastai.optimizer", "fastai.learner", "fastai.callback.schedule")


class Optimizer:
    """A fastai optimizer as the host knows optimizers: groups that can be written to, and a state."""

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = weakref.proxy(optimizer)

    @property
    def param_groups(self) -> list[Any]:
        """Its hyperparameters; its own property makes copies."""
        hypers, parameters = self._optimizer.hypers, self._optimizer.param_lists
        return [ChainMap(hyper, {"params": params}) for hyper, params in zip(hypers, parameters, strict=True)]

    @property
    def state(self) -> Any:
        """Its moments."""
        return self._optimizer.state


_views: "weakref.WeakKeyDictionary[Any, Any]" = weakref.WeakKeyDictionary()


def _view(optimizer: Any) -> Any:
    return _views.setdefault(optimizer, Optimizer(optimizer))


def adapt(module: Any, hooks: Hooks) -> None:
    """Follow the steps of its optimizers, what its recorder records, and schedules of momentum."""
    match module.__name__.rpartition(".")[2]:
        case "optimizer":
            _adapt_optimizer(module.Optimizer, hooks)
        case "learner":
            _adapt_recorder(module.Recorder, hooks)
        case _:
            _adapt_scheduler(module.ParamScheduler, hooks)


def _adapt_optimizer(kind: Any, hooks: Hooks) -> None:
    make, step = kind.__init__, kind.step

    @functools.wraps(make)
    def made(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        hooks.made(_view(self))

    @functools.wraps(step)
    def hooked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not hooks.active:
            return step(self, *args, **kwargs)
        if not hooks.step_begins(_view(self)):
            return None
        try:
            result = step(self, *args, **kwargs)
        except BaseException:
            hooks.step_raised()
            raise
        hooks.step_done()
        return result

    kind.__init__, kind.step = made, hooked


def _adapt_recorder(kind: Any, hooks: Hooks) -> None:
    before_fit, after_epoch = kind.before_fit, kind.after_epoch

    @functools.wraps(before_fit)
    def begins(self: Any) -> Any:
        hooks.horizon.framework += self.n_epoch * len(self.dls.train)
        return before_fit(self)

    @functools.wraps(after_epoch)
    def recorded(self: Any) -> Any:
        hooks.measured("fastai", dict(zip(self.metric_names, self.log, strict=False)))
        return after_epoch(self)

    kind.before_fit, kind.after_epoch = begins, recorded


def _adapt_scheduler(kind: Any, hooks: Hooks) -> None:
    before_fit = kind.before_fit

    @functools.wraps(before_fit)
    def begins(self: Any) -> Any:
        if "mom" in self.scheds and self.opt in _views:
            hooks.rates.cycles_momentum(_views[self.opt])
        return before_fit(self)

    kind.before_fit = begins
