"""Mirrors ratecraft/diagnosis/proof/proving.py."""

from collections.abc import Mapping
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.diagnosis.runs import falling

from ratecraft.diagnosis.diagnosing import Diagnosis, diagnosis_of
from ratecraft.diagnosis.finding import Finding, Severity
from ratecraft.diagnosis.proof.proving import PROOFS, REFUTABLE, branch_steps, experiments, start_of
from ratecraft.records.proof import Experiment
from ratecraft.records.treatment import STANDARDISED, clip_norm_of
from ratecraft.records.watching.observed import ObservedRun, ObservedSeries
from ratecraft.translations.catalogue import has_sentence

PLANNED = 1000


def run_of(**series: object) -> ObservedRun:
    steps = np.arange(PLANNED)
    plain = {"loss": 0.5 + 2 / (1 + steps / 20), "rate": np.full(PLANNED, 0.1), **series}
    found = {name: ObservedSeries(name, steps, np.array(values, float)) for name, values in plain.items()}
    return ObservedRun(found, "step")


def said(*codes: str, steps: tuple[int, int] = (400, 900), severity: Severity = "warning") -> Diagnosis:
    return Diagnosis(tuple(Finding(code, severity, 0.9, steps, {}) for code in codes), (), ())


def by_start(found: tuple[Experiment, ...]) -> Mapping[int, list[str]]:
    return {each.start: [arm.name for arm in each.arms] for each in found}


def test_every_finding_that_could_be_shown_has_its_words() -> None:
    assert [code for code in PROOFS if not has_sentence(f"finding.{code}.title")] == []
    assert set(PROOFS) >= REFUTABLE


def test_the_run_as_it_is_comes_first_and_arms_by_their_likelihood() -> None:
    found = by_start(experiments(run_of(), said("too-small"), PLANNED))
    assert found == {400: ["as-it-is", "highest", "higher"]}


@pytest.mark.parametrize("code", ["parameters-left-out", "weights-small", "no-gradient"])
def test_no_rate_is_tried_where_the_watch_has_seen_an_exact_fault(code: str) -> None:
    assert experiments(run_of(), said(code), PLANNED) == ()


@pytest.mark.parametrize(("severity", "tried"), [("error", False), ("warning", False), ("info", True)])
def test_no_rate_is_tried_where_the_script_is_written_wrongly(severity: Severity, tried: bool) -> None:
    both = Diagnosis(
        (*said("gradients-never-cleared", severity=severity).findings, *said("too-small").findings), (), ()
    )
    assert bool(experiments(run_of(), both, PLANNED)) is tried


def test_findings_of_one_place_share_their_branches() -> None:
    found = by_start(experiments(run_of(), said("too-small", "still-learning", "clip-missing"), PLANNED))
    assert found == {400: ["as-it-is", "highest", "higher"], 375: ["as-it-is", "clipped"]}


def test_an_early_fault_is_tried_anew_with_what_only_a_beginning_can_show() -> None:
    early = experiments(run_of(), said("diverged", steps=(20, 900)), PLANNED)
    late = experiments(run_of(), said("diverged", steps=(600, 900)), PLANNED)
    assert {"warmed-up", "standardised"} <= set(by_start(early)[0])
    assert not {"warmed-up", "standardised"} & set(by_start(late)[575])


def test_without_a_finding_it_is_asked_whether_another_rate_is_clearly_better_first_where_the_run_is_under_way() -> (
    None
):
    found = experiments(run_of(), said(), PLANNED)
    assert by_start(found) == {
        333: ["as-it-is", "higher", "lower"],
        700: ["as-it-is", "held"],
        0: ["as-it-is", "higher", "lower"],
    }
    assert [each.waits for each in found] == [False, True, True]
    assert found == experiments(run_of(), said("overfit"), PLANNED)


def test_a_rate_that_decays_needs_no_decay_and_is_tried_where_it_is_near_its_peak() -> None:
    stairs = 0.1 * 0.1 ** np.floor(5 * np.arange(PLANNED) / PLANNED)
    found = experiments(run_of(rate=stairs), said(), PLANNED)
    assert list(by_start(found)) == [199, 0]
    assert found[0].rate == pytest.approx(0.1)


def test_a_hint_is_tried_beside_anything_else_and_a_warning_alone() -> None:
    hint = experiments(run_of(), said("rate-far-below", severity="info"), PLANNED)
    assert [(each.start, each.waits) for each in hint] == [(0, False), (333, True), (700, True)]
    assert list(by_start(experiments(run_of(), said("rate-far-below"), PLANNED))) == [0]


def test_a_decay_is_tried_at_the_end_of_the_run_by_validation() -> None:
    (found,) = experiments(run_of(), said("decay-missing"), PLANNED)
    assert (found.start, found.steps, found.validated) == (700, 150, True)
    assert [(arm.name, arm.cooled) for arm in found.arms] == [("as-it-is", 1.0), ("held", 0.0)]


def test_weight_decay_is_left_out_where_there_is_some() -> None:
    run = run_of()
    decayed = ObservedRun(run.series, "step", {"weight_decay": 0.01})
    assert "undecayed" in by_start(experiments(decayed, said(), PLANNED))[333]
    assert "undecayed" not in by_start(experiments(run, said(), PLANNED))[333]


@pytest.mark.parametrize(
    ("facts", "height", "tried"),
    [
        ({}, 1.0, False),
        ({}, 100.0, True),
        ({"input_mean": 100.0, "input_deviation": 50.0}, 1.0, True),
        ({"input_mean": 0.1, "input_deviation": 1.1}, 1.0, False),
    ],
)
def test_inputs_are_standardised_where_they_are_heard_to_be_unscaled_or_the_loss_begins_huge(
    facts: dict[str, float], height: float, tried: bool
) -> None:
    loss = 0.5 + 2 / (1 + np.arange(PLANNED) / 20)
    loss[:3] *= height
    run = ObservedRun(run_of(loss=loss).series, "step", facts)
    found = experiments(run, said(), PLANNED)
    assert any(arm.name == "standardised" for each in found for arm in each.arms) is tried
    assert not tried or (found[0].start, found[0].waits) == (0, False)


@given(st.integers(64, 3000))
def test_what_is_tried_without_a_finding_lies_within_the_run(planned: int) -> None:
    for each in experiments(run_of(), said(), planned):
        assert each.start + 2 * each.steps <= planned


def test_the_rate_is_that_of_the_place() -> None:
    run = run_of(rate=0.1 * (1 - np.arange(PLANNED) / PLANNED))
    (late,) = experiments(run, said("too-small", steps=(500, 900)), PLANNED)
    (new,) = experiments(run, said("creeping"), PLANNED)
    assert (late.rate, new.rate) == pytest.approx((0.05, 0.1))


def test_a_warm_up_of_the_run_s_own_is_kept_in_every_arm() -> None:
    ramp = np.minimum(1.0, (np.arange(PLANNED) + 1) / 20)
    (found,) = experiments(run_of(rate=0.1 * ramp), said("creeping"), PLANNED)
    assert {arm.warm_up for arm in found.arms} == {found.arms[0].warm_up}
    assert 15 <= found.arms[0].warm_up <= 25


def test_a_missing_warm_up_gets_branches_that_hold_one() -> None:
    (found,) = experiments(run_of(), said("warm-up-missing", steps=(2, 40)), PLANNED)
    warmed = next(arm for arm in found.arms if arm.name == "warmed-up")
    assert found.steps > branch_steps(PLANNED)
    assert 10 < warmed.warm_up <= found.steps / 2


@pytest.mark.parametrize(("series", "norm"), [({"grad_norm": np.full(PLANNED, 2.5)}, 2.5), ({}, 1.0)])
def test_gradients_are_clipped_at_the_run_s_own_norm(series: Mapping[str, np.ndarray], norm: float) -> None:
    (found,) = experiments(run_of(**series), said("clip-missing"), PLANNED)
    assert clip_norm_of(found.arms[1].treatment) == norm


def test_gradients_without_a_norm_are_not_clipped() -> None:
    (measured,) = experiments(run_of(), said("spikes"), PLANNED)
    (without,) = experiments(run_of(grad_norm=np.full(PLANNED, np.nan)), said("spikes"), PLANNED)
    assert "clipped" in [arm.name for arm in measured.arms]
    assert without.arms == tuple(arm for arm in measured.arms if arm.name != "clipped")


@pytest.mark.parametrize(
    ("facts", "code", "name", "offered"),
    [
        ({"loader": 1.0}, "not-learning", "loss", True),
        ({}, "not-learning", "loss", False),
        ({"loader": 1.0, "opponents": 2.0}, "not-learning", "loss", False),
        ({"loader": 1.0}, "not-learning", "loss_g", False),
        ({"loader": 1.0}, "too-small", "loss", False),
    ],
)
def test_one_batch_waits_where_the_loss_stands_a_loader_feeds_the_steps_and_losses_are_one(
    facts: dict[str, float], code: str, name: str, offered: bool
) -> None:
    run = ObservedRun({**run_of().series, name: run_of().series["loss"]}, "step", facts)
    found = [each for each in experiments(run, said(code), PLANNED) if each.is_on_one_batch]
    assert bool(found) is offered
    for each in found:
        assert (each.start, each.waits, each.arms[0].is_on_one_batch) == (0, True, False)
        assert [arm.factor for arm in each.arms[1:]] == [1.0, 10.0, 0.1]


def test_standardised_inputs_are_a_treatment() -> None:
    found = experiments(run_of(), said("not-learning"), PLANNED)[0]
    assert next(arm for arm in found.arms if arm.name == "standardised").treatment == STANDARDISED


def test_what_has_no_rate_cannot_be_tried() -> None:
    losses = ObservedSeries("loss", np.arange(9), np.ones(9))
    assert experiments(ObservedRun({"loss": losses}, "step"), said("too-small"), PLANNED) == ()
    assert experiments(run_of(), said("too-small"), 20) == ()


@given(st.sampled_from(sorted(PROOFS)), st.integers(0, 3000), st.integers(0, 3000), st.integers(32, 3000))
def test_branches_lie_within_the_run(code: str, first: int, length: int, planned: int) -> None:
    finding = Finding(code, get_args(Severity)[0], 0.9, (first, first + length), {})
    start, steps = start_of(finding, PROOFS[code], planned), branch_steps(planned)
    assert not start or steps <= start <= planned - 2 * steps
    assert 32 <= steps <= 50


def test_a_run_that_learns_is_asked_whether_another_rate_is_better() -> None:
    run = run_of(loss=falling(PLANNED))
    assert next(iter(by_start(experiments(run, diagnosis_of(run), PLANNED)))) == 333
