"""Mirrors benchmarks/faulty_runs on a slice: frozen runs of two tasks, and runs of the tuning benchmark's oracle."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "faulty_runs"))

from cases import Case, by_name
from judging import RIGHT_CODES, TIERS, answer_of, false_warnings, is_right, seen_at
from mending import followed
from oracle_runs import GOOD, OracleRun, oracle_runs
from truth import Judged, judged_runs, load

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.records.watching.observed import ObservedRun, ObservedSeries
from ratecraft.watching.judging import FIRST_CHECK, next_check

NEARLY_ALL = 0.9
FAR = 1000  # times its median: a norm that no healthy run comes near
LOOKS = (FIRST_CHECK, next_check(FIRST_CHECK))
LARGE = {"diverged", "collapsed", "collapsed-at-once", "too-large-noise", "zigzag", "level-shift", "rate-far-above"}


@pytest.fixture(scope="module")
def digits() -> list[Judged]:
    return judged_runs("digits_mlp", load("digits_mlp"))


def test_nearly_all_faults_are_named_with_everything_logged(digits: list[Judged]) -> None:
    faulty = [each for each in digits if each.label == "faulty"]
    named = {
        each.name: any(is_right(each, one, {}) for one in answer_of(diagnosis_of(seen_at(each, "everything"))))
        for each in faulty
    }
    assert len({each.case.kind for each in faulty}) >= 12
    assert sum(named.values()) >= NEARLY_ALL * len(faulty), [name for name, is_named in named.items() if not is_named]


@pytest.mark.parametrize("tier", TIERS)
def test_no_healthy_run_is_warned_of(tier: str, digits: list[Judged]) -> None:
    healthy = [each for each in digits if each.label == "healthy"]
    false = {each.name: false_warnings(each, answer_of(diagnosis_of(seen_at(each, tier)))) for each in healthy}
    assert len(healthy) > 60
    assert {name: codes for name, codes in false.items() if codes} == {}


def test_nothing_exact_is_found_wrong_with_a_healthy_run_at_its_first_looks(digits: list[Judged]) -> None:
    """What is exact is told at the first look, so there it has to be right."""
    healthy = [seen_at(each, "everything") for each in digits if each.label == "healthy"]
    said = [
        (steps, finding) for run in healthy for steps in LOOKS for finding in diagnosis_of(until(run, steps)).findings
    ]
    assert [(steps, each.code) for steps, each in said if each.exact and each.severity != "info"] == []


@pytest.mark.parametrize("severity", [1, 2, 3])
def test_a_recurrent_net_without_its_clip_explodes_and_is_worse_for_it(severity: int) -> None:
    runs = [each for each in judged_runs("source_rnn", load("source_rnn")) if each.case.name == f"unclipped-{severity}"]
    norms = [each.run.series["grad_norm"].values for each in runs]
    assert len(runs) > 1
    assert all(each.max() > FAR * np.median(each) for each in norms)
    assert {each.label for each in runs} == {"faulty"}


def until(run: ObservedRun, steps: int) -> ObservedRun:
    """What was seen of a run before a step."""
    series = {
        name: ObservedSeries(name, each.steps[each.steps < steps], each.values[each.steps < steps])
        for name, each in run.series.items()
        if each.steps[0] < steps
    }
    return ObservedRun(series, run.unit, run.facts, run.source)


def made(case: Case, finals: dict[str, list[float]]) -> list[Judged]:
    """Judged runs of a case, of which only the ends are told."""
    series = {"loss": [0, 1, [2.0, 1.0]], "val_loss": [[2], 0, [1.0]]}
    facts = {"total_steps": 2, "batch_size": 1}
    line = {"before": 2.0, "rate": 1.0, "series": series, "facts": facts}
    lines = {(name, seed): {**line, "final": final} for name, ends in finals.items() for seed, final in enumerate(ends)}
    return [each for each in judged_runs("made", lines) if each.case == case and not each.way]


@pytest.mark.parametrize(
    ("ends", "label"),
    [
        ([1.2, 1.21, 1.19], "faulty"),
        ([1.01, 1.012, 1.009], "harmless"),
        ([1.0, 1.4, 0.9], "harmless"),
        ([float("nan"), float("inf"), 1e30], "faulty"),
    ],
)
def test_a_run_is_faulty_only_where_its_mended_twin_is_clearly_better(ends: list[float], label: str) -> None:
    case = by_name("too-large-1")
    runs = made(case, {"linear": [1.0, 1.01, 0.99], case.name: ends})
    assert {each.label for each in runs} == {label}
    assert all(each.final <= each.untrained for each in runs)


def test_a_healthy_look_that_another_rate_beats_is_dropped() -> None:
    case = by_name("cosine")
    linear = {"linear": [1.0, 1.01, 0.99]}
    beaten = made(case, {**linear, "cosine": [1.0, 1.01, 0.99], "cosine/3": [0.9], "cosine*3": [1.2]})
    best = made(case, {**linear, "cosine": [1.0, 1.01, 0.99], "cosine/3": [0.99], "cosine*3": [1.2]})
    assert ({each.label for each in beaten}, {each.label for each in best}) == ({"dropped"}, {"healthy"})


def test_advice_to_look_where_nothing_is_wrong_gives_way_to_the_next() -> None:
    case = by_name("large-weights-2")
    (judged, *_) = made(case, {"linear": [1.0], case.name: [1.9]})
    advice = (Advice("standardise"), Advice("initialise"))
    chosen = followed(judged, Finding("first-loss-high", "warning", 0.9, (0, 0), {}, advice))
    assert chosen == Advice("initialise")


def test_every_kind_of_fault_has_codes_that_name_it() -> None:
    from cases import KINDS

    assert set(KINDS) == set(RIGHT_CODES)


@pytest.fixture(scope="module")
def oracle() -> list[OracleRun]:
    return list(oracle_runs(("digits_mlp", "source_gru", "diabetes_mlp")))


def test_no_healthy_run_of_the_oracle_is_warned_of(oracle: list[OracleRun]) -> None:
    healthy, false = [each for each in oracle if each.regret <= GOOD], {}
    for each in healthy:
        checks = each.run.series["val_loss"].values
        rose = checks[-1] > 1.05 * checks.min()
        codes = {finding.code for finding in diagnosis_of(each.run).findings if finding.severity != "info"}
        false[each.name] = codes - ({"overfit"} if rose else set())
    assert len(healthy) > 30
    assert {name: codes for name, codes in false.items() if codes} == {}


def test_a_rate_16_times_too_large_is_named_where_it_is_held(oracle: list[OracleRun]) -> None:
    """Where over-fitting does not hide it."""
    far = [each for each in oracle if each.octave == 4 and each.name.startswith("digits_mlp constant")]
    missed = [each.name for each in far if not LARGE & {finding.code for finding in diagnosis_of(each.run).findings}]
    assert len(far) == 3
    assert missed == []


@pytest.mark.parametrize("task", ["digits_mlp", "diabetes_mlp", "topics_mlp"])
def test_a_constant_added_or_a_factor_changes_nothing_that_is_said_of_recorded_runs(task: str) -> None:
    """But for what holds a loss against guessing among a known number of classes."""
    runs = [seen_at(each, "everything") for each in judged_runs(task, load(task)) if not each.way and not each.seed]
    assert len(runs) > 60
    for run in runs[::3]:
        plain = replace(
            run, facts={name: value for name, value in run.facts.items() if name not in ("classes", "clip")}
        )
        said = [finding.code for finding in diagnosis_of(plain).findings]
        for added, factor in ((100.0, 1.0), (-100.0, 1.0), (0.0, 64.0)):
            assert [finding.code for finding in diagnosis_of(moved(plain, added, factor)).findings] == said


def moved(run: ObservedRun, added: float, factor: float) -> ObservedRun:
    """The run, had its losses been logged with a constant added and multiplied."""
    terms = {"loss": added, "val_loss": added, "grad_norm": 0.0}
    series = {
        name: ObservedSeries(name, each.steps, factor * each.values + terms[name]) if name in terms else each
        for name, each in run.series.items()
    }
    return replace(run, series=series)
