"""skorch: a callback that watches a training, guards it, and leads its rates by a study.

Path:   notifications of the net -> `CallbackAlongside`; what is found is a warning of the logger `skorch.ratecraft`.
"""

import logging
from typing import Any

from skorch.callbacks import Callback  # pyright: ignore

from ratecraft.api.callbacks.alongside import CallbackAlongside

__all__ = ["RatecraftCallback"]

_GIVEN = ("study", "stretch", "guard", "every", "record", "language")


class RatecraftCallback(CallbackAlongside, Callback):  # pyright: ignore
    """Watches a training: `NeuralNetClassifier(..., callbacks=[RatecraftCallback()])`.

    With the name of a study, its schedules lead the optimizer: at each step their rates are written, over whatever an
    `LRScheduler` has written. Where the study says to keep the training as it is, nothing is written. A net that trains
    on (`partial_fit`, `warm_start`, `LoadInitState`) goes on at the step that its history has reached. In a script that
    ratecraft itself runs or watches it does nothing.

    Args:
        study: A finished study: its name, its folder, or what `tune` returned.
        stretch: The training has another length than those of the study: fit the schedules to it.
        guard: What may be changed where the training goes wrong (`rc.Guard()`). Where it ends the training, the best
            weights are put back.
        every: Steps between two readings of the norm of the gradient, as for `watch`.
        record: Folder that keeps a record of the run, for `ratecraft diagnose` and `report`.
        language: Code of a language; by default the usual one.

    Example:
        >>> callback = RatecraftCallback()
        >>> callback.watched is None  # until a training begins
        True
        >>> sorted(callback.get_params())
        ['every', 'guard', 'language', 'record', 'stretch', 'study']
    """

    _logger = logging.getLogger("skorch.ratecraft")
    _step: int | None = None

    def on_train_begin(self, net: Any, X: Any = None, y: Any = None, **known: Any) -> None:  # noqa: N803 - skorch's name
        """The optimizer is there; how long the training is, its first epoch tells."""
        self._step = None

    def on_epoch_begin(self, net: Any, dataset_train: Any = None, dataset_valid: Any = None, **known: Any) -> None:
        """At the first one, follow the optimizer."""
        if self._step is not None:
            return
        self._step = sum(row.get("train_batch_count", 0) for row in net.history)
        now = net.max_epochs * len(net.get_iterator(dataset_train, training=True))
        self._beside.begin([net.optimizer_], net.module_, steps=self._step + now)

    def on_batch_begin(self, net: Any, batch: Any = None, training: bool | None = None, **known: Any) -> None:
        """Write the rates of the step."""
        if training and self._step is not None:
            self._beside.lead(self._step)
            self._step += 1

    def on_batch_end(self, net: Any, batch: Any = None, training: bool | None = None, **known: Any) -> None:
        """Stop where the guard has ended the training, as skorch's own callbacks stop it."""
        self._stop_where_asked()

    def on_epoch_end(self, net: Any, dataset_train: Any = None, dataset_valid: Any = None, **known: Any) -> None:
        """Take in the figures."""
        figures = {name: value for name, value in net.history[-1].items() if name.startswith("valid_")}
        self._beside.measured(figures)
        self._stop_where_asked()

    def on_train_end(self, net: Any, X: Any = None, y: Any = None, **known: Any) -> None:  # noqa: N803 - skorch's name
        """Look at the whole run."""
        self._beside.end()

    def _stop_where_asked(self) -> None:
        if self._beside.should_stop:
            raise KeyboardInterrupt  # which a net takes as the end of its training

    def _get_param_names(self) -> list[str]:
        """What a clone of the net hands on."""
        return list(_GIVEN)
