"""fastai: shows its optimizers, which are not torch's, to the host as if they were; reads its recorder's figures.

Path:   `fastai.optimizer.Optimizer.step`, `Recorder`, `ParamScheduler` -> the host.

Its backward pass and the iterators of its loaders are torch's. An `OptimWrapper` steps a torch optimizer.
"""

import functools
import inspect
import sys
import weakref
from collections import ChainMap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ratecraft.training.frameworks.framework import Framework

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks


class Optimizer:
    """A fastai optimizer as the host knows optimizers: groups that can be written to, and a state."""

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = weakref.proxy(optimizer)
        self._groups: list[ChainMap[str, Any]] = []

    @property
    def param_groups(self) -> list[Any]:
        """The groups themselves, the same objects each time; the optimizer's own property makes copies."""
        hypers, parameters = list(self._optimizer.hypers), list(self._optimizer.param_lists)
        known = [(group.maps[0], group.maps[1]["params"]) for group in self._groups]
        given = list(zip(hypers, parameters, strict=True))
        if [tuple(map(id, each)) for each in known] != [tuple(map(id, each)) for each in given]:
            self._groups = [ChainMap(hyper, {"params": params}) for hyper, params in given]
        return self._groups

    @property
    def state(self) -> Any:
        """The optimizer's moments."""
        return self._optimizer.state

    def register_step_pre_hook(self, hook: Callable[[Any, Any, Any], object]) -> "_Around":
        """Have a function called just before each of its steps, until the handle is removed."""
        return _Around(self._optimizer, before=lambda: hook(self, (), {}))

    def register_step_post_hook(self, hook: Callable[[Any, Any, Any], object]) -> "_Around":
        """Have a function called just after each of its steps, until the handle is removed."""
        return _Around(self._optimizer, after=lambda: hook(self, (), {}))


def _nothing() -> None:
    pass


class _Around:
    """Stands for the step of one optimizer, and calls something beside it."""

    def __init__(
        self, optimizer: Any, before: Callable[[], object] = _nothing, after: Callable[[], object] = _nothing
    ) -> None:
        self._optimizer, self._step, self._before, self._after = optimizer, optimizer.step, before, after
        optimizer.step = self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._before()
        result = self._step(*args, **kwargs)
        self._after()
        return result

    def remove(self) -> None:
        """The optimizer steps as before. One that something else has been put around stays, and calls nothing."""
        self._before = self._after = _nothing
        if self._optimizer.step is not self:
            return
        if inspect.ismethod(self._step):  # that of its class
            del self._optimizer.step
        else:
            self._optimizer.step = self._step


_views: "weakref.WeakKeyDictionary[Any, Any]" = weakref.WeakKeyDictionary()


def _view(optimizer: Any) -> Any:
    return _views.setdefault(optimizer, Optimizer(optimizer))


def _own_optimizer(given: object) -> Any:
    """The optimizer of fastai in the host's form; if it wraps one of torch's, that one."""
    module: Any = sys.modules.get("fastai.optimizer")
    if isinstance(given, Optimizer) or module is None:
        return given if isinstance(given, Optimizer) else None
    if isinstance(given, module.OptimWrapper):
        return given.opt  # pyright: ignore
    return _view(given) if isinstance(given, module.Optimizer) else None


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
    _own_optimizer,
)
