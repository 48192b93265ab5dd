"""Hosts one unmodified script: counts its steps, sets its rates, follows its losses, leads it to its evaluation.

Path:   patches of torch call the host inside the script's process <- commands, events -> the supervisor, over a pipe.
Units:  a step is one round of the optimizers (`clock`).

The script's own control flow drives everything; the host only ever acts inside a call that the script makes. After the
last step of an `advance` it waits there, within the step hook, for its next command.

A call goes one way: `Steps` and the hooks here -> `RunEnd`, which pauses and ends -> `Commands` -> `Answers` ->
`ToldFigures`. What they share are the `Instruments` on the training, and the `Lifecycle` of the run.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ratecraft.records.outcome import Failure
from ratecraft.training.hosting.answers import Answers
from ratecraft.training.hosting.commands import Commands
from ratecraft.training.hosting.instruments import Instruments
from ratecraft.training.hosting.kept_models import KeptModels
from ratecraft.training.hosting.lifecycle import Lifecycle
from ratecraft.training.hosting.reasons import Reasons
from ratecraft.training.hosting.run_end import RunEnd, ScriptEnd
from ratecraft.training.hosting.run_facts import ScriptFacts, is_users
from ratecraft.training.hosting.steps import Steps
from ratecraft.training.hosting.told_figures import ToldFigures
from ratecraft.training.instrument.losses import Losses
from ratecraft.training.processes.control import Control
from ratecraft.training.processes.wire import Start
from ratecraft.training.scoring.figures import Figures
from ratecraft.training.suitability.horizon import Horizon


class Host:
    """One run of one script. Implements `patches.Hooks` and `frameworks.hooks.Hooks`.

    Args:
        start: How the script is run.
        control: The pipe to the supervisor.

    Attributes:
        active: False in a forked child of the script, which is not followed.
        loaders: Loaders of the script.
        passes: Whether the script has evaluated since its last update.
        rates: The rates of its optimizers.
        trackers: The experiment trackers that it uses.
        horizon: What is known about the length of a full run.
        reasons: Why it cannot be tuned, or only in part.
        told: The figures that it reports.
        models: The files of its model.
        commands: What the run must do.
        steps: Steps of its optimizers. Its hooks serve as the host's own, which saves a call.
    """

    def __init__(self, start: Start, control: Control) -> None:
        self.active = True
        run, instruments = Lifecycle(start), Instruments.of_script(control, start.schedules)
        figures = Figures(start.metric, start.best_by)
        self.loaders, self.passes, self.rates = instruments.loaders, instruments.passes, instruments.rates
        self.horizon = Horizon(lambda file: is_users(file, start))
        self.reasons = Reasons(start, self.rates, self.horizon, instruments.monitor, control.note)
        self.models = KeptModels(run, instruments.model, figures, control.note)
        facts = ScriptFacts(instruments, self.horizon, self.reasons.opponents, run, control.note)
        self.trackers, self.told = facts.trackers, ToldFigures(figures, control, run, instruments, self.models)
        answers = Answers(control, run, instruments, facts, self.told, self.models)
        self.commands = Commands(control, run, instruments, figures, answers, self.models)
        end = RunEnd(run, instruments, self.horizon, answers, self.commands, control.note)
        kept = figures, self.models
        self.steps = Steps(run, instruments, *kept, self.reasons, self.commands, end, control.command_waits)
        self.step_begins, self.step_done, self.step_raised = self.steps.begins, self.steps.done, self.steps.raised
        ends = self.commands, self.told, self.models, self.reasons.without_a_step
        self._script_end = ScriptEnd(run, instruments, answers, *ends)
        self._control, self._run, self._facts, self._end = control, run, facts, end
        self._clock, self._model, self._monitor = instruments.clock, instruments.model, instruments.monitor

    def begin(self) -> bool:
        """Take the first command before the script starts; returns whether the script must start at all."""
        self.commands.obey()
        return not self._run.over

    def script_ended(self, failure: Failure | None) -> None:
        """The script has ended: report how, and, if it ended by itself, stay for its score."""
        self._script_end.reached(failure)

    def leave(self) -> None:
        """Stop following: this is a forked child of the script's process."""
        if not self.commands.forking:
            self.active = False
            self._control.leave()

    # ------------------------------------------------------------------ hooks: optimizers, modules, loaders, seeds

    def made(self, optimizer: Optimizer) -> None:
        """A parameter group was added to an optimizer."""
        self.rates.made(optimizer)

    def scheduled(self, scheduler: LRScheduler) -> None:
        """A scheduler was made; whether it cycles a momentum is asked at the next step, when it is complete."""
        self.rates.scheduled(scheduler)
        self.horizon.scheduled(scheduler)

    def keeps_gradients(self) -> bool:
        """While weights are frozen, the last gradients stay for scripts that read them; a scaler needs true ones."""
        return self._run.evaluation is not None and not self._model.scalers

    def evaluates(self, module: nn.Module) -> None:
        """A module was put in eval mode."""
        if self._run.evaluation is not None:
            self._run.evaluation.in_eval_mode(module)

    def next_batch(self, fetch: Callable[[Any], Any], iterator: Any) -> Any:
        """A loader is asked for a batch."""
        if (self._run.over or self.loaders.ending) and self.loaders.is_training(iterator):
            self._end.check()
        return self.loaders.next_batch(fetch, iterator, self._monitor.treating.batch)

    def seeded(self) -> None:
        """The script seeded a generator itself: the job's seed changes nothing."""
        self._facts.seeds_itself = True

    # ------------------------------------------------------------------ hooks: losses, scaler

    @property
    def losses(self) -> Losses:
        """The losses that belong to the next step."""
        return self._monitor.losses if self._run.evaluation is None else self._run.evaluation.losses

    def backward(self, tensors: Any) -> bool:
        """A backward pass begins: note the loss. While frozen, passes are skipped unless a scaler needs gradients."""
        self._end.check()
        losses, given = self.losses, (tensors,) if isinstance(tensors, torch.Tensor) else tuple(tensors)
        is_frozen = self._run.evaluation is not None
        if self._run.evaluation is not None:
            self._run.evaluation.goes_backward()
        if reason := self.reasons.backward(given, begun=self._clock.step > 0 or is_frozen):
            self._end.end(reason)
        losses.add(*given, inside=self._clock.depth > 0)
        return not is_frozen or bool(self._model.scalers)

    def scaled(self, scaler: Any, loss: torch.Tensor, result: torch.Tensor) -> None:
        """A scaler scaled a loss: the unscaled one is the loss."""
        self._model.scaled_by(scaler)
        self.losses.scaled(loss, result)

    def scaler_stepped(self, optimizer: Optimizer) -> None:
        """A scaler's step returned. Losses still waiting belong to a step that it skipped."""
        evaluation = self._run.evaluation
        if evaluation is None and self.losses.skipped_too_often():
            self._end.blow_up()
        elif evaluation is not None and self.losses.waiting:
            evaluation.stepped(optimizer)

    # ------------------------------------------------------------------ what frameworks and libraries say

    def measured(self, source: str, metrics: Mapping[str, object]) -> None:
        """A framework's evaluation returned these metrics."""
        self.told.measured(source, metrics)

    def refuse(self, kind: str, name: str) -> None:
        """The script begins to train in an unsupported way: report it at once, unless torch trains here too."""
        if self.active and not self._model.optimizers:
            self._end.end(Failure(kind, name))

    def note(self, code: str, **values: object) -> None:
        """Tell the user something, once."""
        self._control.note(code, **values)
