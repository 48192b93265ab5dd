"""The host of one unmodified script: counts its steps, sets its rates, follows its losses, leads it to its evaluation.

Path:   patches of torch call the host inside the script's process <- commands, events -> the supervisor, over a pipe.
Units:  a step is one round of the optimizers (`clock`).

The script's own control flow drives everything; the host only ever acts inside a call that the script makes. After the
last step of an `advance` it waits there, within the step hook, for its next command.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ratecraft.records.job import Evaluate
from ratecraft.records.metrics import normal_name
from ratecraft.records.outcome import Ending, Failure, Figure, Note, RunFacts
from ratecraft.records.running import Passage, Score, SeriesBlock
from ratecraft.records.series import pack
from ratecraft.training.forking.branch import branch_off
from ratecraft.training.hosting.loss_monitor import LossMonitor
from ratecraft.training.hosting.reasons import Reasons
from ratecraft.training.hosting.run_facts import facts_of, is_users, saved
from ratecraft.training.instrument.clock import Clock, will_skip
from ratecraft.training.instrument.loaders import Loaders
from ratecraft.training.instrument.losses import Losses
from ratecraft.training.instrument.passes import Passes
from ratecraft.training.instrument.rates import Rates
from ratecraft.training.instrument.state import Model
from ratecraft.training.processes.control import Control
from ratecraft.training.processes.wire import Advance, Branch, Line, Scored, Start, Stepped, Told
from ratecraft.training.sandbox.quiet_trackers import Trackers
from ratecraft.training.scoring.evaluation import Evaluation
from ratecraft.training.scoring.figures import Figures
from ratecraft.training.scoring.raw_output import raw_figures
from ratecraft.training.scripts.ending import Ends
from ratecraft.training.suitability.horizon import Horizon, census

__all__ = ["Host"]


class Host:
    """One run of one script. Implements `patches.Hooks` and `frameworks.hooks.Hooks`.

    Args:
        start: How the script is run.
        control: The pipe to the supervisor.
    """

    def __init__(self, start: Start, control: Control) -> None:
        self.active, self._forking, self._ends = True, False, Ends(lambda: self.note("end-swallowed"))
        self.on_branch: Callable[[Start, int], object] = lambda start, output: None
        self.on_first_step: Callable[[], object] = lambda: None
        self._start, self._control = start, control
        self._clock, self.loaders, self._model = Clock(), Loaders(), Model()
        self.rates, self._figures = Rates(expected=start.schedules), Figures(start.metric, start.best_by)
        self._monitor = LossMonitor.of_script(control, self._model)
        self.horizon, self.passes = Horizon(lambda file: is_users(file, start)), Passes(self._model)
        self.reasons = Reasons(start, self.rates, self.horizon, self._monitor, self.note)
        self._evaluation, self._answered, self._over, self._closed, self._ended = None, True, False, False, False
        self._figures.tell = lambda text, by: (
            self._start.tell_lines and control.tell(Line(text, self._clock.step, by, self.loaders.epoch_end))
        )
        self._target, self._entered, self._seeds_itself, self.trackers = None, 0, False, Trackers()

    # ------------------------------------------------------------------ commands and answers

    def begin(self) -> bool:
        """Take the first command, before the script starts; whether it is to start at all."""
        self._obey()
        return not self._over

    def _obey(self) -> None:
        """Wait for the next command and take it in."""
        match self._control.next_command():
            case Advance(schedules, scale, to_step, stop_rule, treatment):
                self.rates.schedules, self.rates.scale, self._figures.rule = schedules, scale, stop_rule
                self._monitor.enter(stop_rule, treatment)
                self._target, self._answered, self._entered = to_step, False, self._clock.complete
                if to_step is not None and 0 < to_step <= self._clock.complete:
                    self._answer_step(Ending.DONE)
                    self._obey()
            case Evaluate() as how:
                self._answered = False
                self._evaluation = Evaluation(how, self._clock.anew(), self._model.modules)
                if self._ended or how.kind == "natural":
                    if how.kind in ("figure", "natural"):
                        self._evaluation.value = self._figures.last(how.metric)
                    self._answer_score()
                else:
                    self._freeze(self._evaluation)
            case Branch():
                self._branch()
                self._obey()
            case _:
                self._over = self._closed = True

    def _branch(self) -> None:
        """Fork a second run from here and tell its number; in the second run, become it."""
        self._forking = True
        begun = branch_off(self._control)
        self._forking = False
        if begun is not None:
            self.on_branch(start := begun.start, begun.output)
            begun.have_threads()
            # What loaded files are called still holds the folders of the run that was left.
            self._start = replace(start, directory=self._start.directory, mirror=self._start.mirror)
            self._figures.best_by = start.best_by

    def _answer_step(self, ending: Ending, failure: Failure | None = None) -> None:
        if self._answered:
            return
        self._answered = True
        self._monitor.tell()
        step, halvings = self._clock.complete, tuple(self._monitor.halvings)
        self._control.tell(Stepped(Passage(step, ending, step - self._entered, halvings, failure), self._facts()))

    def _answer_score(self, failure: Failure | None = None) -> None:
        evaluation = self._evaluation
        if self._answered or evaluation is None:
            return
        self._hear_raw(evaluation.how.metric, evaluation.place if evaluation.how.kind == "figure" else 0)
        self._answered, value, model = True, evaluation.value, ""
        good = evaluation.how.kind == "natural" or (value is not None and math.isfinite(value))
        if good and self._start.model:
            model, unsaved = saved(self._model, self._start)
            failure = failure or unsaved
        if evaluation.values:
            self._control.tell(SeriesBlock("frozen_loss", self._clock.complete, pack(evaluation.values)))
        self._control.tell(Scored(Score(value, evaluation.frozen, model, failure), self._facts()))

    def _freeze(self, evaluation: Evaluation) -> None:
        evaluation.watch(remembers=not self._model.scalers and self._start.ranks == 1)
        evaluation.losses = self._monitor.losses.rest()
        if evaluation.ends_epochs:
            self.loaders.start_ending()

    def _check(self) -> None:
        """The script begins a training act: has its end come?"""
        self.passes.trains()
        if self._clock.step == 1 and not self._clock.depth:
            self.horizon.one_step_is_done()
        if self._evaluation is not None and self._evaluation.complete:
            self._answer_score()
            self._over = True
        if self._over:
            self._end()

    def _end(self, reason: Failure | None = None) -> None:
        if reason is not None and self._evaluation is not None:
            self._answer_score(reason)
        elif reason is not None:
            self._answer_step(Ending.FAILED, reason)
        self._over = True
        self._ends.end()

    # ------------------------------------------------------------------ the script's own end

    def script_ended(self, failure: Failure | None) -> None:
        """The script is over; say how, and stay for the score of a natural end."""
        if not self._closed and self._evaluation is not None:
            self._evaluation.ended()
            self._answer_score(failure if self._evaluation.value is None else None)
        elif not self._over:
            self._training_ended(failure)
        self._over = True

    def _training_ended(self, failure: Failure | None) -> None:
        self._ended = True
        if self._clock.step > self._clock.complete:
            self._complete()
        if failure is None and self._clock.step == 0:
            failure = self.reasons.without_a_step()
        if self._monitor.has_blown_up(failed=failure is not None):
            self._answer_step(Ending.BLOWN_UP)
        elif failure is not None:
            self._answer_step(Ending.FAILED, failure)
        else:
            self._hear_raw()
            self._answer_step(Ending.DONE)
            self._obey()

    # ------------------------------------------------------------------ hooks: optimizers

    def made(self, optimizer: Optimizer) -> None:
        """A parameter group was added to an optimizer."""
        self.rates.made(optimizer)

    def scheduled(self, scheduler: LRScheduler) -> None:
        """A scheduler was made; whether it cycles a momentum is asked at the next step, when it is complete."""
        self.rates.scheduled(scheduler)
        self.horizon.scheduled(scheduler)

    def step_begins(self, optimizer: Optimizer) -> bool:
        """A step begins: write its rate. False after the last step, when none happens any more."""
        clock = self._clock
        if clock.depth == 0:
            self._check()
            if reason := self.reasons.turn(optimizer):
                self._end(reason)
            if self._evaluation is None and not self._may_step(optimizer):
                return False
            if self._evaluation is not None:
                self._evaluation.stepped(optimizer)
                return False
            if will_skip(optimizer):  # a skipped step is not a step
                self._monitor.losses.drop_waiting()
                clock.depth = 1
                return True
            self._tick(optimizer)
            self._monitor.treat(optimizer, clock.step - 1)
        self.rates.write(optimizer, clock.step - 1)
        clock.depth += 1
        return True

    def step_done(self) -> None:
        """A step is done: put the script's own rate back, close the round when every optimizer had its turn."""
        clock = self._clock
        clock.depth -= 1
        if clock.depth:
            return
        self.rates.restore()
        self._monitor.losses.stepped()
        # Whether there is a second optimizer is known only when the first steps again.
        if clock.step > clock.complete and clock.all_had_turn and (clock.step > 1 or self._target == 1):
            self._round_done()

    def step_raised(self) -> None:
        """A step ended with an exception: nothing of ours may stay behind."""
        self._clock.depth -= 1
        if self._clock.depth == 0:
            self.rates.restore()

    def keeps_gradients(self) -> bool:
        """While frozen the last gradients stay, for scripts that look at them; a scaler needs true ones."""
        return self._evaluation is not None and not self._model.scalers

    def evaluates(self, module: nn.Module) -> None:
        """A module was put in eval mode."""
        if self._evaluation is not None:
            self._evaluation.in_eval_mode(module)

    def _may_step(self, optimizer: Optimizer) -> bool:
        """Close the round before; False if its end took the weights back that this step's gradient belongs to."""
        if self._control.command_waits():  # nothing is ever sent while a run advances, but for its end
            self._obey()
            self._check()
        halvings = len(self._monitor.halvings)
        if self._clock.step > self._clock.complete and self._clock.opens(optimizer):
            self._round_done()
        while self._clock.step == 0 and self._target == 0 and self._evaluation is None:
            self._pause()
        if self._figures.turned:
            self._pause(Ending.ENDED_EARLY)
        return len(self._monitor.halvings) == halvings

    def _tick(self, optimizer: Optimizer) -> None:
        if self._clock.step == 0:
            self.on_first_step()
        opened = self._clock.tick(optimizer)
        self._model.stepped_by(optimizer, self._clock.in_use)
        if opened:
            self._monitor.step_begins()
        own = self.rates.read(optimizer, opens=opened)
        if opened:
            self._monitor.own_rates.append(own)
            self.loaders.step_begins()
            if self._clock.step <= 2 and (reason := self.reasons.step(self._clock.step, self.loaders)):
                self._end(reason)

    def _round_done(self) -> None:
        """Look at the losses where it is time to; go back or end where they blew up; pause where that was asked for."""
        self._complete()
        step = self._clock.complete
        if self._monitor.look(step, arrived=step == self._target):
            self._blow_up()
        if step == self._target:
            self._pause()

    def _pause(self, ending: Ending = Ending.DONE) -> None:
        """The target is reached: wait for what is next, after an early end the last that is asked for."""
        self._answer_step(ending)
        self._obey()
        if self._over or ending is not Ending.DONE:
            self._end()

    def _complete(self) -> None:
        self._monitor.losses.close_step()
        self._clock.complete = self._clock.step

    def _blow_up(self) -> None:
        """Go back to the last good copy at half the rate, step and data go on; or end the run."""
        if not self._monitor.go_back(self._clock.complete):
            self._answer_step(Ending.BLOWN_UP)
            self._end()
        self.rates.factor /= 2

    # ------------------------------------------------------------------ hooks: losses, scaler, loaders, seeds

    @property
    def losses(self) -> Losses:
        """The losses that belong to the next step."""
        return self._monitor.losses if self._evaluation is None else self._evaluation.losses

    def backward(self, tensors: Any) -> bool:
        """A backward pass begins: note the loss; while frozen there is none, except that a scaler wants gradients."""
        self._check()
        losses, given = self.losses, (tensors,) if isinstance(tensors, torch.Tensor) else tuple(tensors)
        if reason := self.reasons.backward(given, begun=self._clock.step > 0 or self._evaluation is not None):
            self._end(reason)
        losses.add(*given, inside=self._clock.depth > 0)
        return self._evaluation is None or bool(self._model.scalers)

    def scaled(self, scaler: Any, loss: torch.Tensor, result: torch.Tensor) -> None:
        """A scaler scaled a loss: the unscaled one is the loss."""
        self._model.scaled_by(scaler)
        self.losses.scaled(loss, result)

    def scaler_stepped(self, optimizer: Optimizer) -> None:
        """A scaler's step returned. Losses that still wait are those of a step that it skipped."""
        if self._evaluation is None and self.losses.skipped_too_often():
            self._blow_up()
        elif self._evaluation is not None and self.losses.waiting:
            self._evaluation.stepped(optimizer)

    def next_batch(self, fetch: Callable[[Any], Any], iterator: Any) -> Any:
        """A loader is asked for a batch."""
        if (self._over or self.loaders.ending) and self.loaders.is_training(iterator):
            self._check()
        return self.loaders.next_batch(fetch, iterator)

    def seeded(self) -> None:
        """The script seeded a generator itself: the job's seed changes nothing."""
        self._seeds_itself = True

    def leave(self) -> None:
        """This is a forked child of the script's process: the script is on its own here."""
        if not self._forking:
            self.active = False
            self._control.leave()

    # ------------------------------------------------------------------ what the run tells

    def heard(self, line: str) -> None:
        """The script printed a line."""
        for name, value, source in self._figures.read(line, evaluated=self.passes.has_evaluated):
            self._figure(name, value, source)

    def logged(self, name: str, value: float) -> None:
        """The script called `ratecraft.log`."""
        self._figure(normal_name(name), value, "logged")

    def measured(self, source: str, metrics: Mapping[str, object]) -> None:
        """An evaluation of a framework gave these metrics."""
        for name, value in self._figures.among(metrics, source, evaluated=self.passes.has_evaluated):
            self._figure(name, value, source)

    def _hear_raw(self, name: str = "", place: int = 0) -> None:
        """Where nothing told this figure, or any, look for it in what was written otherwise."""
        for figure, value in () if self._figures.told(name) else raw_figures(name, place, self._start.metric):
            self.note("raw-figures", metric=figure)
            self._figure(figure, value, "raw")

    def refuse(self, kind: str, name: str) -> None:
        """The script begins to train in a way that cannot be followed: told at once, unless torch trains here too."""
        if self.active and not self._model.optimizers:
            self._end(Failure(kind, name))

    def note(self, code: str, **values: object) -> None:
        """Tell the user something, once."""
        if self.active:
            self._control.note(Note(code, values))

    def _figure(self, name: str, value: float, source: str) -> None:
        """A figure was told, by whichever way."""
        if self._over or not self.active or self._figures.is_superfluous(name, source):
            return
        self._control.tell(Told(Figure(self._clock.step, name, value, source, self.loaders.epoch_end)))
        is_best = self._figures.keep(name, value, source, self._clock.step)
        if self._evaluation is not None:
            self._evaluation.heard(name, value, source)
        elif is_best and self._clock.complete and self._start.model:
            self._model.save(Path(f"{self._start.model}-best.pt"))

    def _facts(self) -> RunFacts:
        if self.rates.momentum_frozen:
            self.note("momentum-frozen")
        counted, looked = None, self._evaluation
        if looked is not None and looked.how.kind == "census" and looked.complete:
            steps, most = self._clock.complete + looked.frozen, looked.how.steps
            counted = census(self.loaders, self.horizon.first_batches, steps, most, ended=self._ended)
        known, parts = self.horizon.known(counted), (self.rates, self.loaders, self._monitor, self._clock)
        facts = facts_of(*parts, known, self._seeds_itself, self.trackers, self._start)
        return replace(facts, opponents=self.reasons.opponents.found)
