"""A `Run` of a task, trained in this process on copies.

Path:   an executor advances, branches, evaluates -> the engine trains -> losses, own rates and figures to the listener.
Units:  steps count from the run's step 0.

`loss_monitor` decides when losses are looked at and what a blow-up is, as in a hosted script: a task and a script that
train alike have the same outcomes. A run validates at the same steps whatever asks it to advance, so that a branch and
a replay tell the same figures.
"""

import copy
import math
import statistics
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Ending, Failure, Figure, Note, RunFacts
from ratecraft.records.running import ALIKE, Listener, Passage, Score, SeriesBlock
from ratecraft.records.storage.series import pack
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.hosting.loss_monitor import LossMonitor
from ratecraft.training.instrument.model_facts import model_facts
from ratecraft.training.instrument.rates import Rates
from ratecraft.training.scoring.figures import Figures
from ratecraft.training.tasks.engine import Engine, Seat
from ratecraft.training.tasks.failures import failure_of
from ratecraft.training.tasks.kept_states import KeptStates, States, states_of
from ratecraft.training.tasks.rates import twin_of

_SKIPPED_LIMIT = 16  # steps that a scaler skips in a row for a non-finite loss before the run counts as blown up
_CLOSED = Failure("killed", "closed")


@dataclass
class _Teller:
    """Tells a listener what a run tells.

    Attributes:
        listener: Hears it.
        first: The first step to report: where the run branched off its trunk.
    """

    listener: Listener
    first: int = 0
    _counts: dict[str, int] = field(default_factory=dict[str, int])

    def tell_series(self, name: str, values: Sequence[float]) -> None:
        """Send the next values of a series with one value per step."""
        if values:
            count = self._counts.get(name, 0)
            self.listener.block(SeriesBlock(name, self.first + count, pack(values)))
            self._counts[name] = count + len(values)


@dataclass(slots=True)
class _State:
    """The state of one run, apart from what all runs share.

    Attributes:
        seat: The run's place at the engine.
        teller: Tells its listener.
        monitor: Losses of the run, and the stop rule.
        rates: What it knows of the task's own rates, and the schedule in force.
        figures: The last ones and the best one.
        step: Steps done.
        skipped: Steps that a scaler skipped in a row for a loss that was not finite.
        best: The model's state at the best figure.
        validated: The step of the last validation and what it gave.
    """

    seat: Seat
    teller: _Teller
    monitor: LossMonitor
    rates: Rates
    figures: Figures
    step: int = 0
    skipped: int = 0
    best: States | None = None
    validated: tuple[int, Mapping[str, float]] | None = None

    def twin(self, engine: Engine, listener: Listener) -> "_State":
        """A copy for a branch."""
        teller = _Teller(listener, self.step)
        monitor = replace(
            self.monitor,
            control=teller,
            losses=self.monitor.losses.anew(),
            own_rates=[],
            halvings=list(self.monitor.halvings),
            treating=self.monitor.treating.twin(),
        )
        return replace(
            self,
            seat=engine.branch(self.seat),
            teller=teller,
            monitor=monitor,
            rates=twin_of(self.rates, engine.training.live.optimizer),
            figures=copy.deepcopy(self.figures),
        )


def begin_run(
    engine: Engine,
    seed: int,
    listener: Listener,
    *,
    kept: KeptStates | None = None,
    best_by: Evaluate | None = None,
) -> "TaskRun":
    """A run at its step 0.

    Args:
        engine: Shared by all runs of the task.
        seed: Seed of the generators.
        listener: Hears losses, own rates and figures.
        kept: Takes the state of a run that is scored, by the key of the listener's job; None keeps none.
        best_by: Figure that tells the best state of a run to its end; None if none does.
    """
    teller = _Teller(listener)
    monitor = LossMonitor(teller, engine.training.state)  # pyright: ignore[reportArgumentType] - of a control it uses `tell_series` alone
    state = _State(engine.seat(seed), teller, monitor, engine.rates(), Figures(best_by=best_by))
    return TaskRun(engine, state, kept)


class TaskRun:
    """A run of a task, made by `begin_run` and by `branch`."""

    def __init__(self, engine: Engine, state: _State, kept: KeptStates | None) -> None:
        self._engine, self._training, self._state, self._kept = engine, engine.training, state, kept
        self._closed = threading.Event()

    def advance(
        self,
        schedules: Mapping[str, Schedule],
        to_step: int | None,
        stop_rule: StopRule,
        scale: Mapping[str, float] = ALIKE,
        treatment: str = "",
    ) -> Passage:
        """Train until `to_step` steps are done; None: to the end of the task."""
        state, entered = self._state, self._state.step
        if self._closed.is_set():
            return Passage(entered, Ending.FAILED, 0, failure=_CLOSED)
        state.rates.schedules, state.rates.scale = schedules, scale
        state.monitor.enter(stop_rule, treatment)
        state.figures.rule = stop_rule
        ending, failure = Ending.DONE, None
        if entered < self._goal(to_step):
            with self._at_work():
                ending, failure = self._train(to_step)
                state.seat.over = ending not in (Ending.DONE, Ending.ENDED_EARLY)
        return Passage(state.step, ending, state.step - entered, tuple(state.monitor.halvings), failure)

    def branch(self, listener: Listener) -> "TaskRun":
        """A second run that continues from this state; this one is left as it is.

        Raises:
            CannotBranch: This run is over.
        """
        if self._closed.is_set() or self._state.seat.over:
            raise CannotBranch("cannot-branch", reason="gone")
        return TaskRun(self._engine, self._state.twin(self._engine, listener), self._kept)

    def evaluate(self, how: Evaluate) -> Score:
        """Score the weights as they are now; where the score is a number, or the run went to its end, they are kept."""
        try:
            with self._at_work():
                value, frozen = self._score(how)
                return Score(value, frozen, self._keep(how, value))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the task's functions raise is an outcome
            return Score(None, failure=failure_of(error))

    def gradients(self, batches: int) -> list[list[torch.Tensor]]:
        """The gradient of each of the next batches at the weights of now; the run goes on as if it had none of them."""
        with self._engine.at_work(self._state.seat):
            return self._training.gradients(batches)

    def facts(self) -> tuple[RunFacts, tuple[Note, ...]]:
        """The facts of the task, and notes for the user."""
        training, rates, samples = self._training, self._state.rates, self._training.samples
        groups, leading = rates.groups()
        facts = RunFacts(
            optimizers=(type(training.task.optimizer).__name__,),
            groups=groups,
            leading=leading,
            own_rate=rates.own_max,
            samples_per_step=None if samples is None else float(samples * training.task.accumulate),
            dataset_length=training.batches.dataset_length(),
            steps_per_epoch=(epoch := training.batches.epoch()) and epoch / training.task.accumulate,
            loader=True,  # it can be scored after any step
            horizon=training.task.steps,
            horizon_source="steps",
            hyperparameters=rates.hyperparameters(),
            model=model_facts(training.state.modules),
            parts=rates.splitting.found() if rates.splitting else None,
            inputs=self._state.monitor.treating.inputs,
        )
        held = (Note("momentum-frozen"),) if rates.momentum_frozen else ()
        return facts, (*held, *training.batches.notes())

    def close(self) -> None:
        """End the run; safe to call twice and from another thread."""
        self._closed.set()
        self._state.seat.over = True
        self._state.seat.snapshot = self._state.best = None

    # ------------------------------------------------------------------ training

    @contextmanager
    def _at_work(self) -> Generator[None, None, None]:
        """This run acts, under its treatment."""
        monitor = self._state.monitor
        with self._engine.at_work(self._state.seat), monitor.treating.over(self._training.state.modules):
            yield

    def _goal(self, to_step: int | None) -> int:
        return self._training.task.steps if to_step is None else min(to_step, self._training.task.steps)

    def _train(self, to_step: int | None) -> tuple[Ending, Failure | None]:
        """Steps until the goal, or until something ends them."""
        state, goal = self._state, self._goal(to_step)
        while state.step < goal:
            if self._closed.is_set():
                return Ending.FAILED, _CLOSED
            try:
                blew_up = self._train_step(arrives=state.step + 1 == to_step)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the task's functions raise is an outcome
                if state.monitor.has_blown_up(failed=True):
                    return Ending.BLOWN_UP, None
                return Ending.FAILED, failure_of(error)
            if blew_up:
                return Ending.BLOWN_UP, None
            if state.figures.turned and state.step < goal:
                state.monitor.tell()
                return Ending.ENDED_EARLY, None
        blew_up = state.monitor.has_blown_up(failed=False)
        return (Ending.BLOWN_UP if blew_up and goal != to_step else Ending.DONE), None

    def _train_step(self, *, arrives: bool) -> bool:
        """One round of batches and, unless a scaler skips it, one step. Whether the run has blown up for good."""
        training, state, monitor = self._training, self._state, self._state.monitor
        training.backward(monitor.losses.add, monitor.treating)
        monitor.step_begins()
        own = state.rates.read(training.live.optimizer)
        if not training.update(state.rates, state.step, monitor.treating):
            return self._was_skipped()
        monitor.losses.stepped()
        monitor.losses.close_step()
        monitor.own_rates.append(own)
        state.skipped = 0
        state.step += 1
        if monitor.look(state.step, arrived=arrives) and not self._go_back():
            return True
        figures = self._validate() if training.task.evaluates_at(state.step) else None
        training.step_scheduler(state.step, figures)
        return False

    def _was_skipped(self) -> bool:
        """A scaler skipped the step, which is then none. Many in a row without a finite loss are a blow-up."""
        state, losses = self._state, self._state.monitor.losses
        finite = bool(torch.isfinite(losses.waiting[-1].loss))  # a skip has waited for the device already
        losses.drop_waiting()
        state.skipped = 0 if finite else state.skipped + 1
        if state.skipped < _SKIPPED_LIMIT:
            return False
        state.skipped = 0
        return not self._go_back()

    def _go_back(self) -> bool:
        """Go back to the last good copy at half the rate; False if the rule ends the run instead."""
        if not self._state.monitor.go_back(self._state.step):
            return False
        self._state.rates.factor /= 2
        return True

    # ------------------------------------------------------------------ scoring

    def _score(self, how: Evaluate) -> tuple[float | None, int]:
        """The value, and how many frozen steps it took."""
        state = self._state
        match how.kind:
            case "natural":
                return state.figures.last(how.metric), 0
            case "frozen":
                losses = self._training.frozen_losses(how.steps, state.monitor.treating)
                if losses:
                    state.teller.listener.block(SeriesBlock("frozen_loss", state.step, pack(losses)))
                return statistics.fmean(losses) if losses else None, how.steps
            case "figure":
                return self._validate().get(how.metric), 0
            case "census":
                self._validate()
                return None, 0

    def _validate(self) -> Mapping[str, float]:
        """The figures at this step, told once."""
        state = self._state
        if state.validated is not None and state.validated[0] == state.step:
            return state.validated[1]
        figures = self._training.validate()
        state.validated = (state.step, figures)
        for name, value in figures.items():
            state.teller.listener.figure(Figure(state.step, name, value, "task"))
            if state.figures.keep(name, value, "task", state.step):
                state.best = states_of(self._training.live.model)
        return figures

    def _keep(self, how: Evaluate, value: float | None) -> str:
        """Keep the state that was scored, of a run to its end the best one too; what it is found by."""
        natural = how.kind == "natural"
        if self._kept is None or not (natural or (value is not None and math.isfinite(value))):
            return ""
        name = self._state.teller.listener.job.key
        return self._kept.keep(name, states_of(self._training.live.model), self._state.best if natural else None)
