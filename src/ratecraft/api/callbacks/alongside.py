"""What every framework's callback does during training: watch it, guard it, lead its rates by a study.

Path:   events of a framework (`integrations`) -> `Watch`, a study's schedules -> its optimizers, its own logger.

Where ratecraft itself runs or watches the script, a callback does nothing: the study or the watch leads and warns.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ratecraft.api.callbacks.leading import Lead, Studied, lead_of
from ratecraft.api.results.attaching import leader_of
from ratecraft.api.watch.record import Keeping
from ratecraft.api.watch.watch import EVERY, Watch, begin_watch
from ratecraft.diagnosis.finding import Finding
from ratecraft.errors import StudyError
from ratecraft.importers.names import meaning_of
from ratecraft.records.logging import is_heard
from ratecraft.reporting.findings.finding_lines import finding_line
from ratecraft.reporting.text.language import choose_language
from ratecraft.reporting.text.page import Page
from ratecraft.watching.guard import Guard

if TYPE_CHECKING:  # torch is loaded when a training begins
    from ratecraft.training.instrument.group_values import GroupLead
    from ratecraft.training.instrument.schedule_lr import ScheduleLR
    from ratecraft.training.observing.checked_arguments import Model


class Alongside:
    """Follows one training of a framework from its beginning to its end, then the next one.

    Args:
        warn: Called with each line of a warning; usually the framework's own logger.
        study: The study whose schedules lead the training; None to only watch.
        stretch: Stretch the schedules to a training of another length.
        guard: What may be changed if the training goes wrong; None for nothing.
        every: Steps between two readings, as for `watch`.
        record: Folder that keeps a record of the run; None keeps none.
        language: Code of a language; None for the usual one.
    """

    def __init__(
        self,
        warn: Callable[[str], object],
        study: Studied | None = None,
        *,
        stretch: bool = False,
        guard: Guard | None = None,
        every: int = EVERY,
        record: str | Path | None = None,
        language: str | None = None,
    ) -> None:
        self._warn, self._study, self._stretch = warn, study, stretch
        self._guard, self._every, self._record = guard, every, record
        self._page = Page(language=choose_language(language, os.environ))
        self._schedulers: Sequence[ScheduleLR | GroupLead] = ()
        self.watched: Watch | None = None
        """The training that is followed, or was the last to be."""

    def begin(
        self,
        optimizers: Sequence[Any] | None,
        model: "Model | None" = None,
        *,
        steps: int | None = None,
        adds: bool = False,
    ) -> None:
        """A training begins.

        Args:
            optimizers: Optimizers of torch, wrapped ones, or the framework's own. None: the framework reports its steps
                (`told`), and its callback leads them itself (`lead_by`).
            model: What is trained.
            steps: Steps of the whole training, where the framework knows.
            adds: The framework divides each loss by what a step holds, so that those of one step add up.

        Raises:
            InvalidInput: Same as `watch` and `lead_of`.
            StudyError: Same as `lead_of`.
            NoAnswer: Same as `lead_of`.
        """
        self.end(over=False)
        if is_heard():
            return
        plain = None if optimizers is None else self._led(optimizers, steps)
        keeping = Keeping(None if self._record is None else Path(self._record), self._unkept)
        watched = begin_watch(plain, model, self._every, self._guard, keeping, self._told, self._ended)
        if steps is not None:
            watched.log(total_steps=steps)
        if adds:
            watched.losses_add()
        self.watched = watched

    def _led(self, optimizers: Sequence[Any], steps: int | None) -> Sequence[Any]:
        """The optimizers as torch knows them, led by the study where there is one."""
        from ratecraft.training.observing.checked_arguments import optimizers_of

        plain = optimizers_of(optimizers)
        self.lead_by(steps, lambda lead: self._attach(plain, lead))
        return plain

    def lead_by(self, steps: int | None, take: Callable[[Lead], object]) -> None:
        """Hand over the study's schedules for a training of `steps` steps; nothing if the study gained nothing.

        Raises:
            InvalidInput, StudyError, NoAnswer: As `lead_of`.
        """
        if self._study is None or is_heard():
            return
        lead = lead_of(self._study, steps, stretch=self._stretch)
        if lead.schedules:
            take(lead)
        else:
            self._warn("ratecraft: " + self._page.words("screen.alongside.kept", study=lead.study))

    def lead(self, step: int) -> None:
        """The next step is about to be made: its values are written, over whatever the training has written itself."""
        for scheduler in self._schedulers:
            scheduler.go_to(step)

    @property
    def rates(self) -> Sequence[Any] | None:
        """The rates of all groups where a study leads them."""
        return [rate for each in self._schedulers for rate in each.get_last_lr()] if self._schedulers else None

    def measured(self, metrics: Mapping[str, Any]) -> None:
        """The framework has evaluated: what it says of validation data is a figure."""
        if self.watched is None:
            return
        for name, value in metrics.items():
            is_one = isinstance(value, int | float) or getattr(value, "numel", lambda: 0)() == 1
            if is_one and meaning_of(name).name.startswith("val_"):
                self.watched.log(**{meaning_of(name).name: value})

    def told(self, **figures: float) -> None:
        """Take what the framework reports about a step if no torch optimizer is followed; the loss comes last."""
        if self.watched is not None:
            self.watched.log(**figures)

    @property
    def should_stop(self) -> bool:
        """The guard has ended the training."""
        return self.watched is not None and self.watched.should_stop

    def end(self, *, over: bool = True) -> None:
        """The training is over, or was broken off. Where the guard has ended it, its best weights are put back."""
        self._schedulers = ()
        if self.watched is None:
            return
        self.watched.close(over=over)
        if self.watched.should_stop:
            self.watched.restore_best()

    def _attach(self, optimizers: Sequence[Any], lead: Lead) -> None:
        self._schedulers = [leader_of(lead.schedules, lead.answer, each, at) for at, each in enumerate(optimizers)]

    def _unkept(self, error: StudyError) -> None:
        self._warn(self._page.words("screen.watch.unkept", reason=error.message(self._page.language)))

    def _ended(self, reason: str, steps: int) -> None:
        self._warn(self._page.words("screen.watch.ended", reason=reason, steps=steps))

    def _told(self, finding: Finding) -> None:
        self._warn(finding_line(finding, self._page))


class CallbackAlongside:
    """What the callbacks of all frameworks have in common: their arguments, and the training that they watch.

    A copied or unpickled callback keeps its arguments but follows nothing, since hooks belong to one process.
    """

    _logger: ClassVar[Any]
    """The framework's own logger."""

    def __init__(
        self,
        study: Studied | None = None,
        *,
        stretch: bool = False,
        guard: Guard | None = None,
        every: int = EVERY,
        record: str | Path | None = None,
        language: str | None = None,
    ) -> None:
        self.study, self.stretch, self.guard, self.every = study, stretch, guard, every
        self.record, self.language = record, language
        self._beside = self._made()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_beside"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__dict__["_beside"] = self._made()  # past what a framework's own class does where something is set

    def _made(self) -> Alongside:
        decided: dict[str, Any] = {"stretch": self.stretch, "guard": self.guard, "every": self.every}
        return Alongside(self._logger.warning, self.study, **decided, record=self.record, language=self.language)

    @property
    def watched(self) -> Watch | None:
        """The training that is followed, or was the last to be: `watched.findings`, `print(watched.report())`."""
        return self._beside.watched
