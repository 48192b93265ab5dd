"""Mirrors ratecraft/controllers/tune/bracket_branch_continue.py: whole studies of formulas and of runs trained once."""

import ast
import hashlib
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.controllers.worlds import FAILED, Formula, Table, follow, planned_runs

import ratecraft.controllers.settings.tune
import ratecraft.laws.losses.noise
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.bracket_branch_continue import BracketBranchContinue
from ratecraft.errors import InvalidInput, NoAnswer, ScriptFailed
from ratecraft.records.answer import Answer
from ratecraft.records.events import Finished
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending, RunFacts
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.builders.cyclic import onecycle
from ratecraft.schedules.sets import set_of

formulas = st.builds(
    Formula,
    horizon=st.integers(320, 10_000),
    own_rate=st.sampled_from([1e-5, 0.001, 0.1, 1.0]),
    bottom=st.floats(-12, 12),
    slope=st.floats(-1.2, 0.3),
    floor=st.sampled_from([0.0, 1.0, -3.0, 1e-8]),
    height=st.floats(-0.2, 0.5),
    width=st.floats(0.0, 0.5),
    edge=st.floats(-12, 12),
    noise=st.sampled_from([0.0, 0.01, 0.2]),
    sign=st.just(1.0),
    metric=st.sampled_from(["val_loss", ""]),
    loader=st.booleans(),
    every=st.sampled_from([0, 37, 250]),
    passes=st.sampled_from([1.0, 12.0, None]),
    wobble=st.sampled_from([0.0, 0.1]),
)
SHAPES = (
    *map(set_of, (warmup(0.05) >> cosine(), constant(), linear(0, 1, 0.3) >> exponential(0.1, 0.2))),
    onecycle(),
)
choices = st.builds(
    TunerSettings,
    baseline=st.booleans(),
    budget=st.sampled_from([1.75, 1.85, 1.9, 2.6, 4.0]),
    branching=st.sampled_from(["replay", "fork"]),
    mode=st.sampled_from(["whole", "cheap"]),
    stop_when_saturated=st.booleans(),
    schedule=st.none() | st.sampled_from(SHAPES),
    compare_constant=st.booleans(),
)
some = settings(max_examples=settings().max_examples // 2)  # a whole study each


@some
@given(world=formulas, chosen=choices, free=st.integers(1, 4), order=st.integers(0, 10**6))
def test_neither_the_order_of_outcomes_nor_the_number_of_workers_changes_anything(
    world: Formula, chosen: TunerSettings, free: int, order: int
) -> None:
    first, second = follow(world, chosen), follow(world, chosen, free=free, order=order)
    assert second.answer == first.answer
    assert {each.job.key for each in second.proposed} == {each.job.key for each in first.proposed}


@some
@given(world=formulas, chosen=choices)
def test_every_study_comes_to_an_answer_within_its_budget(world: Formula, chosen: TunerSettings) -> None:
    found = follow(world, chosen)
    probes = [job.stop or 0 for job in found.scored("bracket")]
    # What closes the bracket is made whatever it costs, and so is a new start where no trunk is left, or none is near.
    forced = max(probes) * max(0, sum(code.startswith("extended") for code in found.codes()) - 2)
    if {"restarted-without-trunk", "restarted"} & set(found.codes()):
        forced += world.horizon // 8
    in_doubt = {"one-more-up", "one-more-down", "longer"} & set(found.codes())
    doubt = chosen.doubt_budget - chosen.budget_of(world.horizon) if in_doubt and chosen.has_usual_budget else 0.0
    assert (
        planned_runs(found, chosen, world.horizon) <= chosen.most_runs(world.horizon) + doubt + forced / world.horizon
    )


@some
@given(world=formulas, chosen=choices, data=st.data())
def test_a_study_taken_up_again_goes_the_way_it_would_have_gone(
    world: Formula, chosen: TunerSettings, data: st.DataObject
) -> None:
    found = follow(world, chosen)
    tuner = BracketBranchContinue(chosen)
    state = tuner.init()
    for each in found.proposed[: data.draw(st.integers(0, len(found.proposed)))]:
        state = tuner.observe(state, each)
        if data.draw(st.booleans()):
            state = tuner.observe(state, Finished(found.outcomes[each.job.key], 1))
    wanted = tuner.wanted(state, 8)
    assert isinstance(wanted, Answer) or set(wanted) <= set(found.proposed) - {
        each for each in found.proposed if each.job.key in state.proposed
    }


@some
@given(world=formulas, factor=st.sampled_from([2.0**-20, 0.5, 2.0, 2.0**15]))
def test_the_unit_of_the_rate_changes_nothing_else(world: Formula, factor: float) -> None:
    other = replace(world, own_rate=world.own_rate * factor, noise=0.0)
    one, two = follow(replace(world, noise=0.0)).answer, follow(other).answer
    assert one.verdict == two.verdict
    assert (one.rate is None) == (two.rate is None)
    if one.rate is not None and two.rate is not None:
        assert two.rate == pytest.approx(one.rate * factor, rel=0.01)  # both have three digits


@some
@given(world=formulas)
def test_a_figure_that_is_better_when_larger_leads_to_the_same_rate(world: Formula) -> None:
    losses = replace(world, metric="val_loss", noise=0.0, loader=True)
    accuracies = replace(losses, metric="val_acc", sign=-1.0)
    one, two = follow(losses).answer, follow(accuracies).answer
    assert (one.verdict, one.rate) == (two.verdict, two.rate)


@some
@given(world=formulas, chosen=choices)
def test_probed_rates_are_exact_multiples_of_the_scripts_own(world: Formula, chosen: TunerSettings) -> None:
    for probe in follow(world, chosen).answer.probes:
        octave = math.log2(probe.rate / world.own_rate)
        assert probe.rate == world.own_rate * 2.0 ** round(octave)


@pytest.mark.parametrize("budget", [1.52, 1.55, 1.6, 1.66, 1.7, 1.75])
@pytest.mark.parametrize("bottom", [-4.5, -2.0, 0.0, 3.0])
def test_a_smaller_budget_drops_probes_and_is_kept(budget: float, bottom: float) -> None:
    chosen = TunerSettings(budget=budget)
    found = follow(Formula(horizon=3200, bottom=bottom, slope=0.0, width=0.2), chosen)
    extended = sum(code.startswith("extended") for code in found.codes())
    assert planned_runs(found, chosen, 3200) <= budget + max(0, extended - 2) * 0.04


@pytest.mark.parametrize(("branching", "most"), [("replay", 1.85), ("fork", 1.75)])
@pytest.mark.parametrize("bottom", [-5.0, -2.0, 0.0, 1.0, 3.0, 5.0])
def test_the_targets_of_cost_are_kept(branching: str, most: float, bottom: float) -> None:
    chosen = TunerSettings(branching=branching)  # type: ignore[arg-type]
    assert planned_runs(follow(Formula(horizon=3200, bottom=bottom), chosen), chosen, 3200) <= most


def test_the_phases_come_in_order() -> None:
    phases = [each.phase for each in follow(Formula()).proposed]
    assert list(dict.fromkeys(phases)) == ["baseline", "untrained", "bracket", "branch", "final"]


def test_a_census_comes_first_without_a_baseline() -> None:
    found = follow(Formula(), TunerSettings(baseline=False))
    assert found.proposed[0].job == Job(stop=1, evaluate=Evaluate("census"))


def test_a_named_metric_is_followed_throughout() -> None:
    chosen = TunerSettings(metric=Metric("val_loss", "min", chosen_by="user"))
    found = follow(Formula(), chosen)
    named = {job.evaluate.metric for each in found.proposed if (job := each.job).evaluate is not None}
    assert named == {"val_loss"}


def test_the_seed_reaches_every_job() -> None:
    assert {each.job.seed for each in follow(Formula(), TunerSettings(seed=7)).proposed} == {7}


@pytest.mark.parametrize(
    ("world", "error", "text"),
    [
        (Formula(horizon=191), InvalidInput, "A run of 191 steps is too short"),
        (Formula(baseline=FAILED), ScriptFailed, "KeyError"),
        (Formula(baseline={"steps": 0}), InvalidInput, "ended without an optimizer step"),
        (
            Formula(baseline={"ending": Ending.BLOWN_UP, "facts": RunFacts()}, told=False),
            InvalidInput,
            "could not be determined",
        ),
        (Formula(metric="val_acc"), NoAnswer, r"`val_loss` was never printed. Seen: val_acc \(2×\)"),
    ],
)
def test_what_the_baseline_shows_may_end_the_study(world: Formula, error: type[Exception], text: str) -> None:
    chosen = TunerSettings(metric=Metric("val_loss", "min", chosen_by="user"))
    with pytest.raises(error, match=text):
        follow(world, chosen)


def test_a_script_without_a_rate_is_begun_below_the_edge_of_a_ramp() -> None:
    found = follow(Formula(silent=True, edge=5.0, slope=0.0))
    (ramp,) = found.of("ramp")
    assert ramp.stop == 83
    assert found.answer.ramp is not None
    assert found.answer.ramp.edge == found.answer.edge == pytest.approx(0.32, rel=0.3)
    assert "ramp-edge" in found.codes()
    assert found.answer.rate == pytest.approx(0.01 * 2**-0.67, rel=0.2)
    assert found.answer.own_rate is None


def test_a_ramp_that_never_rises_is_begun_below_its_end() -> None:
    found = follow(Formula(silent=True, edge=99.0, bottom=8.0, slope=0.0, width=0.2))
    assert "ramp-without-edge" in found.codes()
    assert found.answer.rate == pytest.approx(2.5 * 2**-0.67, rel=0.3)


@pytest.mark.parametrize(
    ("chosen", "world", "digest"),
    [
        (TunerSettings(), Formula(), "b14dec499721f057"),
        (TunerSettings(), Formula(loader=False, every=40), "d099209dbc721fa3"),
        (TunerSettings(budget=2.6), Formula(horizon=500), "a27e8ab12299f54f"),
        (TunerSettings(mode="cheap"), Formula(passes=1.0), "b0a0c6f3f3cac5ba"),
        (TunerSettings(baseline=False, seed=3), Formula(), "6e8b4cd1aa6e6657"),
    ],
)
def test_jobs_have_the_keys_that_they_had_since_the_choice_lies_lower(
    chosen: TunerSettings, world: Formula, digest: str
) -> None:
    keys = "".join(each.job.key for each in follow(world, chosen).proposed)
    assert hashlib.sha256(keys.encode()).hexdigest().startswith(digest)


# ---- runs that were trained once: benchmarks/frozen_tables.py


def full_runs(table: Table) -> dict[int, float]:
    """Octave to the final score of a full run, the mean of all seeds."""
    rows = [scores[str(table.data["horizon"])] for scores in table.data["scores"]]
    return {
        int(octave): math.fsum(row[octave] for row in rows) / len(rows)
        for octave in rows[0]
        if all(row[octave] is not None for row in rows)
    }


def regret(table: Table) -> float:
    """How much worse the mean full run at the chosen rate is than at the best rate of the table, as a share."""
    answer = follow(table).answer
    assert answer.rate is not None
    octave, runs = math.log2(answer.rate / table.data["own_rate"]), full_runs(table)
    low = math.floor(octave)
    chosen = runs[low] + (octave - low) * (runs.get(low + 1, math.inf) - runs[low])
    return chosen / min(runs.values()) - 1


@pytest.mark.parametrize("seed", range(3))
def test_a_single_pass_over_text_is_tuned_to_within_a_percent_of_the_best(seed: int) -> None:
    table = Table("text-mlp-adam", seed)
    assert regret(table) < 0.01
    assert follow(table).answer.verdict == "gain"


@pytest.mark.parametrize("seed", range(3))
def test_images_seen_often_are_tuned_to_within_their_seed_noise(seed: int) -> None:
    table = Table("digits-mlp-momentum", seed)  # its seeds differ by 20 %, and it was trained without a warm-up
    assert regret(table) < 0.3
    answer = follow(table).answer
    assert answer.tuned is not None
    assert answer.baseline is not None
    assert (answer.tuned.final or math.inf) < 0.5 * (answer.baseline.final or 0.0)


@pytest.mark.parametrize("seed", range(3))
def test_a_run_that_is_too_long_is_found_out_or_tuned(seed: int) -> None:
    table = Table("diabetes-mlp-adam", seed)
    found = follow(table)
    best = min(scores for row in table.data["scores"][seed].values() for scores in row.values() if scores is not None)
    best_of_study = min(probe.score for probe in found.answer.probes if probe.score is not None)
    assert found.answer.verdict in ("saturated", "gain")
    assert best_of_study < 1.05 * best
    assert found.answer.tuned is not None
    assert (found.answer.tuned.final or math.inf) < 0.7 * table.data["baseline"][seed]


def test_two_of_three_seeds_of_the_run_that_is_too_long_are_called_saturated() -> None:
    verdicts = [follow(Table("diabetes-mlp-adam", seed)).answer.verdict for seed in range(3)]
    assert verdicts.count("saturated") == 2


# ---- purity


@pytest.mark.parametrize("room", [ratecraft.controllers.settings.tune, ratecraft.laws.losses.noise])
def test_controllers_and_laws_import_nothing_that_acts(room: object) -> None:
    allowed = {
        "collections",
        "dataclasses",
        "fractions",
        "functools",
        "itertools",
        "math",
        "numpy",
        "ratecraft",
        "re",
        "scipy",
        "statistics",
        "typing",
    }
    files = sorted(Path(str(room.__file__)).parent.glob("*.py"))  # type: ignore[attr-defined]
    imported = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
    assert len(files) > 3
    assert imported <= allowed
