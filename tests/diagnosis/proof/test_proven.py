"""Mirrors ratecraft/diagnosis/proof/proven.py."""

import math
from dataclasses import replace
from typing import Any

import pytest

from ratecraft.diagnosis.diagnosing import Diagnosis
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.proof.comparing import FACTORS
from ratecraft.diagnosis.proof.next_tries import long_steps
from ratecraft.diagnosis.proof.one_batch import ONE_BATCH_ARMS
from ratecraft.diagnosis.proof.proven import AsItIs, proven
from ratecraft.diagnosis.proof.proving import PROOFS, start_of
from ratecraft.records.proof import AS_IT_IS, Arm, TriedArm
from ratecraft.records.treatment import STANDARDISED, clipped

PLANNED = 1000
ARMS = {
    "as-it-is": AS_IT_IS,
    **{name: Arm(name, factor) for name, factor in FACTORS.items()},
    "clipped": Arm("clipped", treatment=clipped(1.5)),
    "warmed-up": Arm("warmed-up", warm_up=20),
    "standardised": Arm("standardised", treatment=STANDARDISED),
    "held": Arm("held", cooled=0.0),
    "undecayed": Arm("undecayed", weight_decay=0.0),
    **ONE_BATCH_ARMS,
}


def row(start: int, before: float = 2.0, metric: str = "", steps: int = 50, **losses: float | None) -> list[TriedArm]:
    """Arms by their names, each three times within a hundredth of a loss; validated where they last longer than 50."""
    found: list[TriedArm] = []
    for name, loss in losses.items():
        arm = ARMS[name.replace("_", "-")]
        scores = tuple(None if loss is None else loss * (1 + 0.001 * repeat) for repeat in range(3))
        kind = (metric, steps > 50)
        found.append(TriedArm(start, steps, 0.1 * arm.factor, arm, scores, (before,) * 3, ("",) * 3, *kind))
    return found


def finding(code: str, *advice: str, first: int = 400) -> Finding:
    return Finding(code, "warning", 0.8, (first, 900), {}, tuple(Advice(each) for each in advice))


def judged(code: str, *advice: str, first: int = 400, before: float = 2.0, **tries: Any) -> Finding:
    observed = finding(code, *advice, first=first)
    tried = row(start_of(observed, PROOFS[code], PLANNED) or 0, before, **tries)
    return next(each for each in proven(said(observed), tried, PLANNED).findings if each.code == code)


def said(*findings: Finding) -> Diagnosis:
    return Diagnosis(findings, (), ())


def test_a_higher_rate_that_does_better_shows_a_small_one_and_says_what_to_set() -> None:
    found = judged("too-small", "find-rate", as_it_is=1.0, higher=0.7, highest=0.5)
    assert found.status == "seen"
    assert found.advice == (Advice("raise-rate", {"rate": 1.0, "before": 0.1, "factor": 10.0}), Advice("find-rate"))
    shown = found.shown
    assert shown is not None
    assert (shown.arm, shown.repeats) == ("highest", 3)
    assert (shown.loss, shown.as_it_is) == pytest.approx((0.5005, 1.001), rel=1e-3)
    assert shown.gain == pytest.approx(math.log(2))
    assert shown.low <= shown.gain <= shown.high


def test_what_no_arm_betters_is_refuted_and_no_warning_any_more() -> None:
    found = judged("too-small", as_it_is=1.0, higher=1.1, highest=1.5)
    assert (found.status, found.severity) == ("refuted", "info")


def test_a_fact_is_never_refuted() -> None:
    assert judged("diverged", as_it_is=1.0, lowest=1.2, clipped=1.3).status == "observed"


def test_what_was_not_tried_is_observed_still() -> None:
    found = judged("too-small", as_it_is=1.0)
    assert (found.status, found.shown) == ("observed", None)
    assert proven(said(finding("overfit")), row(0, as_it_is=1.0, higher=0.1), PLANNED).findings[0].status == "observed"


def test_an_arm_that_lasts_where_the_run_blows_up_shows_it() -> None:
    found = judged("diverged", "clip", "warm-up", first=10, as_it_is=None, lowest=0.5, clipped=None, warmed_up=None)
    assert (found.status, found.shown and found.shown.arm) == ("seen", "lowest")
    assert [each.code for each in found.advice] == ["set-rate"]  # clipping and a warm-up did not help


def test_of_several_that_last_the_one_with_the_lowest_loss_is_advised() -> None:
    found = judged("diverged", first=10, as_it_is=None, lowest=0.5, clipped=0.2)
    assert [each.code for each in found.advice] == ["clip-usual"]


@pytest.mark.parametrize(("lower", "arm"), [(0.505, "lower"), (0.7, "lowest")])
def test_of_lower_rates_that_do_as_well_in_a_short_branch_the_highest_is_advised(lower: float, arm: str) -> None:
    found = judged("collapsed", as_it_is=1.5, lower=lower, lowest=0.5, thirtieth=0.499)
    assert found.shown is not None
    assert found.shown.arm == arm
    assert found.advice[0].values["factor"] == pytest.approx(1 / FACTORS[arm])


def test_a_lower_rate_is_believed_where_the_run_does_not_learn_or_by_a_wide_margin_alone() -> None:
    assert judged("zigzag", as_it_is=1.0, lower=0.9).status == "observed"
    assert judged("zigzag", as_it_is=1.0, lower=0.5).status == "seen"
    assert judged("zigzag", before=1.0, as_it_is=1.0, lower=0.9).status == "seen"


def test_a_cool_down_that_wins_shows_that_the_decay_is_missing() -> None:
    found = judged("decay-missing", "cool-down", steps=150, metric="val_loss", as_it_is=0.8, held=1.0)
    assert (found.status, found.shown and found.shown.arm) == ("seen", "cooled")
    assert found.shown is not None
    assert (found.shown.loss, found.shown.as_it_is) == pytest.approx((0.8, 1.0), rel=0.01)
    assert [each.code for each in found.advice] == ["cool-down"]
    assert judged("decay-missing", steps=150, as_it_is=1.0, held=0.99).status == "refuted"


def test_a_difference_that_nobody_would_see_proves_nothing() -> None:
    assert judged("too-small", before=1e-3, as_it_is=1e-6, higher=1e-9).status == "observed"


def test_what_a_short_branch_alone_shows_of_a_run_that_learns_is_a_hint() -> None:
    (found,) = proven(said(), row(333, as_it_is=1.0, higher=0.5, lower=1.4), PLANNED).findings
    assert (found.code, found.severity, found.status) == ("higher-rate-wins", "info", "seen")


@pytest.mark.parametrize(
    ("arm", "code", "advice"),
    [
        ("higher", "higher-rate-wins", Advice("raise-rate", {"rate": 0.6, "before": 0.2, "factor": 3.0})),
        ("lower", "lower-rate-wins", Advice("set-rate", {"rate": 0.2 / 3, "before": 0.2, "factor": 3.0})),
        ("undecayed", "no-decay-wins", Advice("lower-decay", {"decay": 0.0})),
    ],
)
def test_what_a_long_one_shows_by_validation_is_a_warning_whose_advice_is_about_the_peak(
    arm: str, code: str, advice: Advice
) -> None:
    start = 0 if arm == "lower" else 333
    tried = row(start, metric="val_loss", steps=250, as_it_is=1.0, **{arm: 0.9})
    (found,) = proven(said(), tried, PLANNED, AsItIs(peak=0.2)).findings
    assert (found.code, found.severity, found.status) == (code, "warning", "proven")
    assert found.shown is not None
    assert (found.shown.metric, found.shown.steps) == ("val_loss", 250)
    assert (found.advice[0].code, dict(found.advice[0].values)) == (advice.code, pytest.approx(dict(advice.values)))


@pytest.mark.parametrize(
    ("steps", "metric", "status"), [(250, "val_loss", "proven"), (240, "val_loss", "seen"), (250, "", "seen")]
)
def test_proven_is_only_what_validation_shows_over_a_quarter_of_the_run(steps: int, metric: str, status: str) -> None:
    (found,) = proven(said(), row(333, steps=steps, metric=metric, as_it_is=1.0, higher=0.7), PLANNED).findings
    assert found.status == status


def test_no_more_than_ten_times_the_rate_is_advised_from_short_tries() -> None:
    found = judged("too-small", as_it_is=1.0, highest=0.8, thirtyfold=0.3)
    assert found.shown is not None
    assert (found.shown.arm, found.advice[0].values["factor"]) == ("thirtyfold", 10.0)


FLAT = {"as_it_is": 2.3, "lowest": 2.3, "higher": 2.3, "highest": 2.31, "hundredfold": None}


def test_where_no_rate_over_three_decades_moves_the_loss_it_is_not_the_rate() -> None:
    observed = replace(finding("not-learning"), severity="error")
    found = proven(said(observed), row(0, before=2.3, **FLAT), PLANNED)  # pyright: ignore[reportArgumentType]
    (first,) = found.findings
    assert (first.code, first.severity, first.status) == ("not-the-rate", "error", "seen")
    assert (first.evidence["low"], first.evidence["high"]) == pytest.approx((0.01, 10.0))
    assert [(each.finding.code, each.by) for each in found.explained] == [("not-learning", "not-the-rate")]


@pytest.mark.parametrize(
    ("losses", "samples", "code", "first_advice"),
    [
        ((0.4, 1.1, 2.2), 32, "one-batch-fits", "keep-pairs"),
        ((2.2, None, 1.8), 32, "one-batch-fails", "look-at-graph"),
        ((1.5, 2.2, 2.2), 32, "not-the-rate", "one-batch"),
        ((0.4, 1.1, 2.2), 4, "not-the-rate", "one-batch"),
        ((2.2, 2.2, 2.2), 4, "one-batch-fails", "look-at-graph"),
        ((None, None, None), 32, "not-the-rate", "one-batch"),
    ],
)
def test_one_batch_tells_what_it_is_where_it_is_not_the_rate(
    losses: tuple[float | None, ...], samples: int, code: str, first_advice: str
) -> None:
    names = [name.replace("-", "_") for name in ONE_BATCH_ARMS]
    tried = row(0, before=2.3, **FLAT, **dict(zip(names, losses, strict=True)))  # pyright: ignore[reportArgumentType]
    found = proven(said(finding("not-learning")), tried, PLANNED, AsItIs(samples=samples))
    (first,) = found.findings
    assert (first.code, first.status, first.advice[0].code) == (code, "seen", first_advice)
    assert [(each.finding.code, each.by) for each in found.explained] == [("not-learning", code)]


def test_a_batch_that_is_fitted_says_nothing_of_a_run_that_learns() -> None:
    learns = {**FLAT, "as_it_is": 1.0, "one_batch": 0.1}
    tried = row(0, before=2.3, **learns)  # pyright: ignore[reportArgumentType]
    assert [each.code for each in proven(said(finding("not-learning")), tried, PLANNED).findings] == ["not-learning"]


@pytest.mark.parametrize("change", [{"highest": 1.9}, {"hundredfold": 2.0}, {"as_it_is": None}])
def test_where_one_of_them_moves_it_the_rate_may_be_to_blame(change: dict[str, float | None]) -> None:
    tried = row(0, before=2.3, **(FLAT | change))  # pyright: ignore[reportArgumentType]
    assert "not-the-rate" not in {each.code for each in proven(said(finding("not-learning")), tried, PLANNED).findings}
    few = row(0, before=2.3, as_it_is=2.3, lowest=2.3, highest=2.3)
    assert "not-the-rate" not in {each.code for each in proven(said(finding("not-learning")), few, PLANNED).findings}


def test_by_training_losses_alone_a_higher_rate_has_to_win_clearly() -> None:
    (little,) = proven(said(), row(333, steps=250, as_it_is=1.0, higher=0.95), PLANNED).findings
    (much,) = proven(said(), row(333, steps=250, as_it_is=1.0, higher=0.8), PLANNED).findings
    assert (little.severity, much.severity) == ("info", "warning")


def test_a_long_branch_takes_back_what_a_short_one_showed() -> None:
    short = row(333, as_it_is=1.0, higher=0.5)
    long = row(333, metric="val_loss", steps=250, as_it_is=1.0, higher=1.0)
    assert proven(said(), short + long, PLANNED).findings == ()


def test_a_decay_that_wins_by_validation_is_a_warning() -> None:
    tried = row(700, metric="val_loss", steps=150, as_it_is=0.9, held=1.0)
    (alone,) = proven(said(), tried, PLANNED).findings
    assert (alone.code, alone.severity) == ("cool-down-wins", "warning")
    assert alone.advice == (Advice("cool-down", {"share": 0.15, "steps": 150}),)
    hint = replace(finding("decay-missing"), severity="info")
    (judged,) = proven(said(hint), tried, PLANNED).findings
    assert (judged.code, judged.severity, judged.status) == ("decay-missing", "warning", "seen")


def test_a_run_that_does_not_learn_needs_no_long_branch() -> None:
    (found,) = proven(said(), row(0, before=1.0, as_it_is=1.0, higher=0.8), PLANNED).findings
    assert (found.code, found.severity) == ("higher-rate-wins", "warning")


def test_a_good_run_on_which_nothing_does_better_stays_silent() -> None:
    tried = row(333, as_it_is=1.0, higher=1.05, lower=0.97) + row(0, as_it_is=1.0, clipped=0.95, warmed_up=0.9)
    assert proven(said(), tried, PLANNED).findings == ()


def test_a_higher_rate_that_does_better_at_the_very_beginning_is_no_hint_unless_a_long_one_wins_by_far() -> None:
    assert proven(said(), row(0, as_it_is=1.0, higher=0.7), PLANNED).findings == ()
    by_validation = {"metric": "val_loss", "steps": 250}
    assert proven(said(), row(0, as_it_is=1.0, higher=0.8, **by_validation), PLANNED).findings == ()
    (shown,) = proven(said(), row(0, as_it_is=1.0, higher=0.5, **by_validation), PLANNED).findings
    assert shown.severity == "warning"


def test_standardised_inputs_are_a_fault_where_they_change_much() -> None:
    by_validation = {"metric": "val_loss", "steps": 250}
    (little,) = proven(said(), row(0, as_it_is=1.0, standardised=0.8, **by_validation), PLANNED).findings
    (much,) = proven(said(), row(0, as_it_is=1.0, standardised=0.3, **by_validation), PLANNED).findings
    assert (little.severity, much.severity) == ("info", "warning")
    assert much.advice == (Advice("standardise", {}),)


def test_beside_a_proven_cause_the_arms_say_nothing_more() -> None:
    observed = finding("too-small")
    tried = row(400, as_it_is=1.0, higher=0.5) + row(0, as_it_is=1.0, standardised=0.1)
    assert [each.code for each in proven(said(observed), tried, PLANNED).findings] == ["too-small"]


def test_beside_an_observed_warning_they_are_a_hint() -> None:
    found = proven(said(finding("overfit")), row(333, as_it_is=1.0, higher=0.5), PLANNED).findings
    assert [(each.code, each.severity) for each in found] == [("overfit", "warning"), ("higher-rate-wins", "info")]


def test_refuted_findings_come_last() -> None:
    observed = finding("too-small"), finding("overfit")
    found = proven(said(*observed), row(400, as_it_is=1.0, higher=1.2, highest=1.5), PLANNED).findings
    assert [(each.code, each.status) for each in found] == [("overfit", "observed"), ("too-small", "refuted")]


def test_a_hint_is_a_warning_where_it_keeps_the_run_from_learning() -> None:
    hint = replace(finding("rate-far-below"), severity="info")
    still = proven(said(hint), row(0, before=1.0, as_it_is=1.0, highest=0.9), PLANNED).findings[0]
    moves = proven(said(hint), row(0, before=2.0, as_it_is=1.0, highest=0.9), PLANNED).findings[0]
    assert [(each.status, each.severity) for each in (still, moves)] == [("seen", "warning"), ("seen", "info")]


def test_where_nothing_moves_nothing_is_refuted() -> None:
    assert judged("too-small", before=1.0, as_it_is=1.0, higher=1.0, highest=0.999).status == "observed"
    assert judged("rate-far-above", as_it_is=None, lowest=None, lower=None).status == "observed"


def whole(lowest: float) -> AsItIs:
    return AsItIs(lowest={"val_loss": lowest, "": lowest})


@pytest.mark.parametrize("metric", ["val_loss", ""])
def test_a_higher_rate_that_comes_no_lower_than_the_whole_run_gets_there_sooner(metric: str) -> None:
    tried = row(333, metric=metric, steps=250, as_it_is=1.0, higher=0.8)
    (sooner,) = proven(said(), tried, PLANNED, whole(0.85)).findings
    (better,) = proven(said(), tried, PLANNED, whole(0.95)).findings
    assert (sooner.code, sooner.severity, sooner.status) == ("higher-rate-sooner", "info", "seen")
    assert sooner.evidence["lowest"] == 0.85
    assert [each.code for each in sooner.advice] == ["find-rate"]
    assert (better.code, better.severity) == ("higher-rate-wins", "warning")


def over_fitting(lowest: float) -> list[tuple[str, str]]:
    """What is said of a run that over-fits, whose lowest validation loss this was: a lower rate came to 0.8 of its."""
    tried = row(0, metric="val_loss", steps=250, as_it_is=1.0, lower=0.8)
    return [
        (each.code, each.status) for each in proven(said(finding("overfit")), tried, PLANNED, whole(lowest)).findings
    ]


def test_lower_rate_that_only_overfits_less_within_a_quarter_of_the_run_is_not_to_blame() -> None:
    assert over_fitting(0.75) == [("overfit", "observed")]


def test_lower_rate_that_comes_below_the_lowest_of_a_run_that_overfits_is_proven() -> None:
    assert over_fitting(0.9) == [("lower-rate-wins", "proven"), ("overfit", "observed")]


def test_a_hint_stays_one_where_a_higher_rate_only_gets_there_sooner() -> None:
    hint = replace(finding("still-learning", "more-steps"), severity="info")
    tried = row(400, metric="val_loss", steps=250, as_it_is=1.0, higher=0.8)
    (sooner,) = proven(said(hint), tried, PLANNED, whole(0.82)).findings
    (better,) = proven(said(hint), tried, PLANNED, whole(1.0)).findings
    assert (sooner.severity, sooner.status, sooner.advice) == ("info", "seen", hint.advice)
    assert (better.severity, better.status) == ("warning", "proven")


def test_a_run_that_stands_is_shown_by_any_rate_that_moves_it() -> None:
    (found,) = proven(said(), row(0, before=1.0, as_it_is=1.0, higher=0.8), PLANNED, whole(0.81)).findings
    assert (found.code, found.severity) == ("higher-rate-wins", "warning")


def test_a_lower_rate_is_held_against_its_twin_alone() -> None:
    tried = row(0, metric="val_loss", steps=250, as_it_is=1.0, lower=0.8)
    (found,) = proven(said(), tried, PLANNED, whole(0.5)).findings
    assert (found.code, found.severity) == ("lower-rate-wins", "warning")


@pytest.mark.parametrize("planned", [997, 998, 999, 1000])
def test_a_long_branch_is_long_enough_for_a_proof_whatever_the_length_of_the_run(planned: int) -> None:
    steps = long_steps(planned // 3, planned)
    tried = row(planned // 3, metric="val_loss", steps=steps, as_it_is=1.0, higher=0.7)
    assert proven(said(), tried, planned).findings[0].status == "proven"
    shorter = row(planned // 3, metric="val_loss", steps=steps - 1, as_it_is=1.0, higher=0.7)
    assert proven(said(), shorter, planned).findings[0].status == "seen"
