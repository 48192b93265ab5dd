"""Mirrors ratecraft/api/running/models.py: real files in a real folder, events by hand."""

import math
from pathlib import Path

import pytest

from ratecraft.api.running.models import ModelKeeper
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.job import Evaluate, Job, Phase
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.storage.study import StudyFolder
from ratecraft.reporting.progress.screen import SilentScreen
from ratecraft.schedules.builders.constructors import constant, linear


class Listening(SilentScreen):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Event | str] = []

    def hear(self, event: Event) -> None:
        self.heard.append(event)

    def say(self, line: str) -> None:
        self.heard.append(line)


def probe(rate: float, stop: int = 36, direction: str = "min") -> Job:
    schedule = constant(rate, stop - 8) >> linear(rate, 0.0, 8)
    how = Evaluate("figure", "val_loss", direction=direction)  # pyright: ignore[reportArgumentType]
    return Job({"rate": schedule}, start=stop - 8, stop=stop, parent="trunk", evaluate=how)


FINAL = Job({"rate": constant(0.1)}, stop=344, evaluate=Evaluate("natural", "val_loss"), in_place=True)
UNVALIDATED = Job({"rate": constant(0.1)}, stop=344, evaluate=Evaluate("natural"), in_place=True)
BASELINE = Job(evaluate=Evaluate("natural"))


class Models:
    """A folder of models that jobs leave in as they end."""

    def __init__(self, folder: StudyFolder) -> None:
        self.folder, self.screen = folder, Listening()
        folder.models.mkdir(parents=True)
        self.keeper = ModelKeeper(self.screen, folder, ())
        self.events: list[Event] = []

    def end(self, job: Job, score: float | None, phase: Phase = "bracket", best: float | None = None) -> None:
        """The job leaves its state, and its end is told."""
        names = [f"{job.key}.pt", *([f"{job.key}-best.pt"] if best is not None else [])]
        for name in names:
            (self.folder.models / name).touch()
        model = str(self.folder.models / names[0])
        outcome = Outcome(job.key, Ending.DONE, score=score, model=model, best_score=best)
        self.events += [Proposed(job, phase), Finished(outcome, 1)]
        for event in self.events[-2:]:
            self.keeper.hear(event)

    @property
    def kept(self) -> set[str]:
        """Keys of the jobs whose last state is there."""
        return {path.stem for path in self.folder.models.iterdir() if not path.stem.endswith("-best")}


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(StudyFolder(tmp_path / "study"))


def test_a_shorter_full_run_keeps_the_state_that_was_scored_and_ranks_by_it(models: Models) -> None:
    shorter = Job({"rate": constant(0.1)}, stop=150, evaluate=Evaluate("figure", "val_loss"))
    models.end(probe(1e-3), 1.0)
    models.end(shorter, 2.0, "final", best=None)
    models.end(probe(4e-3), 1.5)
    assert models.kept == {shorter.key, probe(1e-3).key}


@pytest.mark.parametrize("scores", [(1.0, 2.0, 3.0), (3.0, 2.0, 1.0), (2.0, 1.0, 3.0)])
def test_of_the_probes_only_the_best_keeps_its_state(models: Models, scores: tuple[float, ...]) -> None:
    jobs = [probe(rate) for rate in (1e-3, 4e-3, 1.6e-2)]
    for job, score in zip(jobs, scores, strict=True):
        models.end(job, score)
    assert models.kept == {jobs[scores.index(1.0)].key}


def test_larger_is_better_where_the_metric_says_so(models: Models) -> None:
    jobs = [probe(rate, direction="max") for rate in (1e-3, 4e-3)]
    models.end(jobs[0], 0.9)
    models.end(jobs[1], 0.8)
    assert models.kept == {jobs[0].key}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_equal_probes_the_shorter_and_then_the_lower_rate_is_kept(models: Models, order: tuple[int, ...]) -> None:
    jobs = [probe(1e-3), probe(4e-3), probe(1e-3, stop=144)]
    for at in order:
        models.end(jobs[at], 0.5)
    assert models.kept == {jobs[0].key}


@pytest.mark.parametrize("score", [None, math.nan, math.inf])
def test_a_probe_without_a_score_keeps_nothing(models: Models, score: float | None) -> None:
    models.end(probe(1e-3), score)
    assert models.kept == set()


def test_a_full_run_that_was_better_at_its_best_takes_the_place_of_the_probe(models: Models) -> None:
    models.end(probe(1e-3), 1.0)
    models.end(FINAL, 1.2, "final", best=0.9)
    assert models.kept == {FINAL.key}


def test_a_full_run_that_was_never_as_good_leaves_the_probe_its_state(models: Models) -> None:
    better = probe(1e-3)
    models.end(better, 0.8)
    models.end(FINAL, 1.2, "final", best=0.9)
    assert models.kept == {better.key, FINAL.key}
    assert (models.folder.models / f"{FINAL.key}-best.pt").exists()


def test_a_full_run_that_nothing_validated_stands_above_the_probes(models: Models) -> None:
    models.end(probe(1e-3), 0.1)
    models.end(UNVALIDATED, None, "final")
    assert models.kept == {UNVALIDATED.key}


def test_a_full_run_that_left_no_state_takes_no_place(models: Models) -> None:
    best = probe(1e-3)
    models.end(best, 0.1)
    models.keeper.hear(Proposed(UNVALIDATED, "final"))
    models.keeper.hear(Finished(Outcome(UNVALIDATED.key, Ending.FAILED), 1))
    assert models.kept == {best.key}


def test_the_baseline_s_state_is_neither_compared_nor_removed(models: Models) -> None:
    models.end(BASELINE, 0.01, "baseline")
    best = probe(1e-3)
    models.end(best, 0.8)
    assert models.kept == {BASELINE.key, best.key}


def test_after_a_resume_the_best_of_before_is_still_known(models: Models) -> None:
    best = probe(1e-3)
    models.end(best, 0.8)
    models.keeper = ModelKeeper(models.screen, models.folder, models.events)
    models.end(probe(4e-3), 0.9)
    assert models.kept == {best.key}


def test_everything_is_passed_on_to_the_screen(models: Models) -> None:
    models.end(probe(1e-3), 0.8)
    models.keeper.say("epoch 1")
    assert models.screen.heard == [*models.events, "epoch 1"]
