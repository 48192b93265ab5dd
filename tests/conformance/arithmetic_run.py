"""A real trainer in this process, without torch: linear regression by gradient descent with momentum on noisy batches.

It is a whole implementation of `Run`, small enough to read: the executor and the driver are tested with it, and the
conformance suite of `Run` is held on it as on every other implementation.
"""

import copy
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ratecraft.errors import CannotBranch
from ratecraft.records.blow_up import BlowUp
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.outcome import Ending, Failure, Figure, Group, Note, RunFacts
from ratecraft.records.running import ALIKE, Listener, Passage, Score, SeriesBlock
from ratecraft.records.storage.series import pack
from ratecraft.records.treatment import clip_norm_of
from ratecraft.schedules.trees.nodes import Schedule

BLOCK = 8  # steps whose losses are told together


@dataclass(frozen=True)
class Problem:
    """What is trained: `horizon` steps, or fewer where the script stops itself; `every` so many steps it evaluates.

    `at_step` is the script's own line in the training loop: it may wait, and it may raise. `cannot_branch` says why a
    run at this step has no way to; empty where it has.
    """

    horizon: int = 160
    every: int = 20
    own_rate: float = 0.002
    batch: int = 8
    at_step: Callable[[int, float, float], None] = lambda step, rate, loss: None
    cannot_branch: Callable[[int], str] = lambda step: ""

    def features(self, random: np.random.Generator, count: int) -> NDArray[np.float64]:
        return random.normal(size=(count, 6)) * np.array([3.0, 2.0, 1.0, 1.0, 0.5, 0.25])


TRUE_WEIGHTS = np.array([1.0, -2.0, 3.0, -1.0, 2.0, -4.0])


def draw(problem: Problem, random: np.random.Generator, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    features = problem.features(random, count)
    return features, features @ TRUE_WEIGHTS + random.normal(size=count)


@dataclass
class Model:
    """What learns: weights and momentum; what a rollback puts back."""

    weights: NDArray[np.float64] = field(default_factory=lambda: np.zeros(6))
    velocity: NDArray[np.float64] = field(default_factory=lambda: np.zeros(6))


class Killed(Exception):
    """A line of the script that kills its own process."""


class ArithmeticRun:
    """One run of a `Problem`; with `prints` it tells the lines that it would print."""

    def __init__(self, problem: Problem, seed: int, listener: Listener, *, prints: bool = False) -> None:
        self.problem = problem
        self._prints = prints
        self.model = Model()
        self.step = 0
        self._listener = listener
        self._random = np.random.default_rng(seed)
        self._validation = draw(problem, np.random.default_rng(1), 256)
        self._blow_up = BlowUp()
        self._factor = 1.0
        self._closed = threading.Event()
        self._losses: list[float] = []
        self._last_figure: float | None = None
        self._horizon: int | None = None
        self._clip: float | None = None

    def advance(
        self,
        schedules: Mapping[str, Schedule],
        to_step: int | None,
        stop_rule: StopRule,
        scale: Mapping[str, float] = ALIKE,
        treatment: str = "",
    ) -> Passage:
        self._clip = clip_norm_of(treatment)
        first, halvings, failure = self.step, list[int](), None
        saved = (copy.deepcopy(self.model), self._blow_up)
        ending = Ending.DONE
        while ending is Ending.DONE and self.step < (self.problem.horizon if to_step is None else to_step):
            if self.step >= self.problem.horizon:
                break  # the script's own end
            if self._closed.is_set():
                ending, failure = Ending.FAILED, Failure("killed", "closed")
                break
            if stop_rule.copy_every and self.step % stop_rule.copy_every == 0:
                saved = (copy.deepcopy(self.model), self._blow_up)
            try:
                self._train(schedules)
            except Exception as error:  # noqa: BLE001 - the script's own exception is how this run ended
                ending, failure = Ending.FAILED, failure_of(error)
            if self._blow_up.happened and stop_rule.blown_up == "halve" and len(halvings) < stop_rule.most_halvings:
                self.model, self._blow_up = copy.deepcopy(saved[0]), saved[1]
                self._factor /= 2
                halvings.append(self.step)
            elif self._blow_up.happened:
                ending, failure = Ending.BLOWN_UP, None
        self._tell_losses()
        if self.step >= self.problem.horizon:
            self._horizon = self.step
        return Passage(self.step, ending, self.step - first, tuple(halvings), failure)

    def branch(self, listener: Listener) -> "ArithmeticRun":
        reason = self.problem.cannot_branch(self.step)
        if reason:
            raise CannotBranch("cannot-branch", reason=reason)
        twin = copy.copy(self)
        twin._listener = listener
        twin.model, twin._random = copy.deepcopy(self.model), copy.deepcopy(self._random)
        twin._closed, twin._losses = threading.Event(), list(self._losses)
        return twin

    def evaluate(self, how: Evaluate) -> Score:
        match how.kind:
            case "natural":
                return Score(self._last_figure)
            case "frozen":
                losses = [self._loss(*draw(self.problem, self._random, self.problem.batch)) for _ in range(how.steps)]
                self._listener.block(SeriesBlock("frozen_loss", self.step, pack(losses)))
                return Score(float(np.mean(losses)), how.steps)
            case "figure":
                frozen = -self.step % self.problem.every
                if frozen > how.steps:
                    return Score(None, how.steps)
                return Score(self._tell_figure(), frozen)
            case "census":
                self._horizon = self.problem.horizon
                return Score(None, self.problem.horizon - self.step)

    def facts(self) -> tuple[RunFacts, tuple[Note, ...]]:
        facts = RunFacts(
            optimizers=("Momentum",),
            groups=(Group(6, self.problem.own_rate, 1.0),),
            own_rate=self.problem.own_rate,
            samples_per_step=float(self.problem.batch),
            horizon=self._horizon,
            horizon_source="run" if self._horizon is not None else "",
        )
        return facts, (Note("own-batches"),)

    def close(self) -> None:
        self._closed.set()

    def _train(self, schedules: Mapping[str, Schedule]) -> None:
        features, targets = draw(self.problem, self._random, self.problem.batch)
        model = self.model
        loss = self._loss(features, targets)
        rate = (schedules["rate"].at(self.step) if "rate" in schedules else self.problem.own_rate) * self._factor
        self._losses.append(loss)
        self._blow_up = self._blow_up.add(loss)
        with np.errstate(all="ignore"):
            gradient = 2 * features.T @ (features @ model.weights - targets) / len(targets)
            norm = float(np.linalg.norm(gradient))
            if self._clip is not None and norm > self._clip:
                gradient *= self._clip / norm
            model.velocity = 0.5 * model.velocity + gradient
            model.weights = model.weights - rate * model.velocity
        self.step += 1
        if self.step % self.problem.every == 0:
            self._last_figure = self._tell_figure()
        if len(self._losses) == BLOCK:
            self._tell_losses()
        self.problem.at_step(self.step, rate, loss)

    def _loss(self, features: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
        with np.errstate(all="ignore"):
            return float(np.mean((features @ self.model.weights - targets) ** 2))

    def _tell_figure(self) -> float:
        value = self._loss(*self._validation)
        if self._prints:
            self._listener.line(f"step {self.step}: val_loss {value:.4f}")
        self._listener.figure(Figure(self.step, "val_loss", value))
        return value

    def _tell_losses(self) -> None:
        if self._losses:
            first, own = self.step - len(self._losses), [self.problem.own_rate] * len(self._losses)
            self._listener.block(SeriesBlock("loss", first, pack(self._losses)))
            self._listener.block(SeriesBlock("own_rate", first, pack(own)))
            self._losses = []


def failure_of(error: Exception) -> Failure:
    if isinstance(error, Killed):
        return Failure("killed", "SIGKILL")
    frame = traceback.extract_tb(error.__traceback__)[-1]
    text = "".join(traceback.format_exception(error))
    return Failure("exception", type(error).__name__, str(error), frame.filename, frame.lineno or 0, text)


def start_run(problem: Problem) -> Callable[[Job, int, Listener], ArithmeticRun]:
    """What the executor makes its runs with."""
    return lambda job, attempt, listener: ArithmeticRun(problem, job.seed, listener, prints=job.in_place)
