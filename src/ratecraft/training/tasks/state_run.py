"""A `Run` of a `StateTask`, which holds a state and passes it on to its branches.

Path:   an executor advances, branches, evaluates -> the task's functions -> losses, rates, figures to the listener.
Units:  steps count from the run's step 0. What is decided depends on the step alone, so that a replay decides the same.

When losses are looked at, and what a blow-up means, is as for tasks and scripts (`hosting.course`): at 1, 2, 4 … 64
steps, so that a step of a device is not waited for. A run with the rule `halve` keeps the state that it may go back to.
"""

import copy
import statistics
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ratecraft.errors import CannotBranch, InvalidInput
from ratecraft.records.blow_up import BlowUp, look_every
from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Ending, Failure, Figure, Group, ModelFacts, Note, RunFacts
from ratecraft.records.running import ALIKE, Listener, Passage, Score, SeriesBlock
from ratecraft.records.storage.series import pack
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.scoring.figures import Figures
from ratecraft.training.tasks.failures import failure_of
from ratecraft.training.tasks.named_figures import named_figures
from ratecraft.training.tasks.state_task import StateTask

_CLOSED = Failure("killed", "closed")


@dataclass(frozen=True, slots=True)
class KeptState:
    """What a run left: its state when it was scored, and the best validated one of a run to its end."""

    final: Any
    best: Any = None


@dataclass
class StateRun:
    """A run, made at its step 0.

    Attributes:
        task: What is trained.
        listener: Hears losses, own rates and figures.
        kept: Takes what scored runs leave, by the key of the listener's job.
        state: Where it is.
        figures: The last ones and the best one.
    """

    task: StateTask
    listener: Listener
    kept: dict[str, KeptState]
    state: Any
    figures: Figures = field(default_factory=Figures)
    _step: int = 0
    _factor: float = 1.0
    _blow_up: BlowUp = BlowUp()
    _halvings: tuple[int, ...] = ()
    _untold: list[Any] = field(default_factory=list[Any])
    _own: list[float] = field(default_factory=list[float])
    _back: tuple[Any, BlowUp] | None = None
    _best: Any = None
    _validated: tuple[int, Mapping[str, float]] | None = None
    _own_most: float = 0.0
    _over: bool = False
    _closed: threading.Event = field(default_factory=threading.Event)

    def advance(
        self,
        schedules: Mapping[str, Schedule],
        to_step: int | None,
        stop_rule: StopRule,
        scale: Mapping[str, float] = ALIKE,
        treatment: str = "",
    ) -> Passage:
        """Train until `to_step` steps are done; None: to the end of the task.

        Raises:
            InvalidInput: A treatment: the gradients are the task's own (`state-task-treatment`).
        """
        if treatment:
            raise InvalidInput("state-task-treatment", treatment=treatment)
        entered, self.figures.rule, self._back = self._step, stop_rule, None
        goal = self.task.steps if to_step is None else min(to_step, self.task.steps)
        ending, failure = Ending.DONE, None
        try:
            while self._step < goal and ending is Ending.DONE:
                if self._closed.is_set():
                    return Passage(self._step, Ending.FAILED, self._step - entered, self._halvings, _CLOSED)
                self._train_step(schedules, stop_rule)
                ending = self._ending(stop_rule, arrived=self._step == to_step, goal=goal)
            self._tell()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the task's functions raise is an outcome
            ending, failure = self._broken(error)
        self._over = ending in (Ending.BLOWN_UP, Ending.FAILED)
        return Passage(self._step, ending, self._step - entered, self._halvings, failure)

    def branch(self, listener: Listener) -> "StateRun":
        """A second run that continues from this state; this one is left as it is.

        Raises:
            CannotBranch: This run is over.
        """
        if self._closed.is_set() or self._over:
            raise CannotBranch("cannot-branch", reason="gone")
        apart: dict[str, Any] = {"_untold": [], "_own": [], "_closed": threading.Event()}
        figures = copy.deepcopy(self.figures)
        return replace(self, listener=listener, state=self.task.copy(self.state), figures=figures, **apart)

    def evaluate(self, how: Evaluate) -> Score:
        """Score the state as it is now; where the score is a number, or the run went to its end, it is kept."""
        try:
            value, frozen = self._score(how)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the task's functions raise is an outcome
            return Score(None, failure=failure_of(error))
        if how.kind == "natural":
            self.kept[self.listener.job.key] = KeptState(self.task.copy(self.state), self._best)
        return Score(value, frozen)

    def facts(self) -> tuple[RunFacts, tuple[Note, ...]]:
        """The facts of the task."""
        task, own = self.task, self._own_most or self.task.own_rate(0)
        facts = RunFacts(
            optimizers=(task.optimizer,),
            groups=(Group(0, task.own_rate(0), 1.0, task.optimizer),),
            own_rate=own if own > 0 else None,
            samples_per_step=None if task.batch_size is None else float(task.batch_size),
            steps_per_epoch=None if callable(task.data) else float(len(task.data)),
            loader=True,  # it can be scored after any step
            horizon=task.steps,
            horizon_source="steps",
            model=ModelFacts(),
            hyperparameters=("rate",),
        )
        return facts, ()

    def close(self) -> None:
        """End the run; safe to call twice and from another thread."""
        self._closed.set()

    # ------------------------------------------------------------------ training

    def _train_step(self, schedules: Mapping[str, Schedule], rule: StopRule) -> None:
        if rule.blown_up == "halve" and self._back is None:
            self._back = (self.task.copy(self.state), self._blow_up)
        own = self.task.own_rate(self._step)
        rate = (schedules["rate"].at(self._step) if "rate" in schedules else own) * self._factor
        self.state, loss = self.task.update(self.state, self.task.batch(self._step), rate)
        self._untold.append(loss)
        self._own.append(own)
        self._own_most = max(self._own_most, own)
        self._step += 1

    def _ending(self, rule: StopRule, *, arrived: bool, goal: int) -> Ending:
        """Whether the run goes on after this step, asked where it is time to."""
        copies = rule.blown_up == "halve" and rule.copy_every > 0 and self._step % rule.copy_every == 0
        if arrived or copies or self._step == goal or self._step % look_every(self._step) == 0:
            self._tell()
            if self._blow_up.happened:
                if not self._go_back(rule):
                    return Ending.BLOWN_UP
            elif copies and not self._blow_up.is_high:
                self._back = (self.task.copy(self.state), self._blow_up)
        if self.task.evaluates_at(self._step):
            self._validate()
        return Ending.ENDED_EARLY if self.figures.turned and self._step < goal else Ending.DONE

    def _go_back(self, rule: StopRule) -> bool:
        """Take the last good state at half the rate; False if the rule ends the run instead."""
        if rule.blown_up == "end" or self._back is None or len(self._halvings) >= rule.most_halvings:
            return False
        state, self._blow_up = self._back
        self.state, self._back = self.task.copy(state), (state, self._blow_up)
        self._halvings += (self._step,)
        self._factor /= 2
        return True

    def _broken(self, error: Exception | SystemExit) -> tuple[Ending, Failure | None]:
        """The outcome after a function raised. If a loss was NaN or infinite before, the run blew up."""
        failure = failure_of(error)
        try:
            self._tell()
        except (Exception, SystemExit):  # noqa: BLE001 - the losses of what failed cannot be read either
            return Ending.FAILED, failure
        return (Ending.BLOWN_UP, None) if self._blow_up.happened else (Ending.FAILED, failure)

    def _tell(self) -> None:
        """Read the losses of all steps so far, and tell them."""
        losses = [number_of(each) for each in self._untold]
        first, own = self._step - len(losses), self._own
        self._untold, self._own = [], []
        self._tell_series("loss", first, losses)
        self._tell_series("own_rate", first, own)
        for loss in losses:
            self._blow_up = self._blow_up.add(loss)

    def _tell_series(self, name: str, first: int, values: Sequence[float]) -> None:
        if values:
            self.listener.block(SeriesBlock(name, first, pack(values)))

    # ------------------------------------------------------------------ scoring

    def _score(self, how: Evaluate) -> tuple[float | None, int]:
        """The value, and how many frozen steps it took."""
        match how.kind:
            case "natural":
                return self.figures.last(how.metric), 0
            case "frozen":
                losses = self._frozen_losses(how.steps)
                self._tell_series("frozen_loss", self._step, losses)
                return statistics.fmean(losses) if losses else None, how.steps
            case "figure":
                return self._validate().get(how.metric), 0
            case "census":
                self._validate()
                return None, 0

    def _frozen_losses(self, steps: int) -> list[float]:
        """The losses of the next batches for the weights of now: what each step makes of the state is dropped."""
        batches = (self.task.batch(self._step + each) for each in range(steps))
        return [number_of(self.task.update(self.task.copy(self.state), batch, 0.0)[1]) for batch in batches]

    def _validate(self) -> Mapping[str, float]:
        """The figures at this step, told once."""
        if self._validated is not None and self._validated[0] == self._step:
            return self._validated[1]
        evaluate = self.task.evaluate
        figures = dict[str, float]() if evaluate is None else named_figures(evaluate, evaluate(self.state))
        self._validated = (self._step, figures)
        for name, value in figures.items():
            self.listener.figure(Figure(self._step, name, value, "task"))
            if self.figures.keep(name, value, "task", self._step):
                self._best = self.task.copy(self.state)
        return figures


def number_of(loss: Any) -> float:
    """The loss of a step.

    Raises:
        InvalidInput: It is not a single number (`state-task-loss`).
    """
    try:
        return float(loss)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidInput("state-task-loss", given=type(loss).__name__) from error
