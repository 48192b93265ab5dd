"""fastai, whose optimizers are no torch optimizers: they are shown to the host as such, its recorder's row as figures.

Path:   `fastai.optimizer.Optimizer.step`, `Recorder`, `ParamScheduler` -> the host.

Its backward pass and the iterators of its loaders are torch's. An `OptimWrapper` steps a torch optimizer.
"""

import functools
import weakref
from collections import ChainMap
from typing import TYPE_CHECKING, Any

from ratecraft.training.frameworks.framework import Framework

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks

__all__ = ["FASTAI"]


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


def _adapt_optimizers(module: Any, hooks: "Hooks") -> None:
    """Follow their steps."""
    kind = module.Optimizer
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


def _adapt_recorder(module: Any, hooks: "Hooks") -> None:
    """Hear what it records."""
    kind = module.Recorder
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


def _adapt_scheduler(module: Any, hooks: "Hooks") -> None:
    """Know which optimizers have a schedule of their momentum."""
    kind = module.ParamScheduler
    before_fit = kind.before_fit

    @functools.wraps(before_fit)
    def begins(self: Any) -> Any:
        if "mom" in self.scheds and self.opt in _views:
            hooks.rates.cycles_momentum(_views[self.opt])
        return before_fit(self)

    kind.before_fit = begins


FASTAI = Framework(
    {
        "fastai.optimizer": _adapt_optimizers,
        "fastai.learner": _adapt_recorder,
        "fastai.callback.schedule": _adapt_scheduler,
    },
    ("fastai",),
)
