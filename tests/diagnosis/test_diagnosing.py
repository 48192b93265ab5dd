"""Each fault is named, with the numbers to set; what follows from another finding is set aside."""

import math

import numpy as np
import pytest
from tests.diagnosis.runs import SHAPES, codes, constant, falling, run, series, told

from ratecraft.diagnosis.diagnosing import EXPLAINS, RULES
from ratecraft.diagnosis.finding import Finding
from ratecraft.records.watching.observed import ObservedRun

RNG = np.random.default_rng


def only(observed: ObservedRun) -> Finding:
    """The first finding, which there must be."""
    return told(observed).findings[0]


def advised(finding: Finding) -> dict[str, dict[str, float | str]]:
    return {advice.code: dict(advice.values) for advice in finding.advice}


# ---- values that are no numbers


def test_a_loss_that_is_no_number_to_the_end_is_lost_from_its_first_step() -> None:
    losses = falling(1000)
    losses[600:] = math.nan
    found = only(run(losses))
    assert (found.code, found.severity, found.steps) == ("non-finite", "error", (600, 999))
    assert found.evidence["wasted"] == 399


def test_one_that_followed_a_growth_is_told_apart_and_the_rate_is_blamed() -> None:
    losses = falling(1000)
    losses[570:600] *= np.geomspace(1, 1e4, 30)
    losses[600:] = math.inf
    found = only(run(losses, shape=constant, peak=0.3))
    assert found.code == "non-finite-after-growth"
    assert advised(found)["set-rate"]["rate"] == pytest.approx(0.1)


def test_the_series_that_broke_first_is_named() -> None:
    losses, norms = falling(1000), np.ones(1000)
    losses[501:], norms[500:] = math.nan, math.nan
    assert only(run(losses, grad_norm=norms)).evidence["name"] == "grad_norm"


def test_a_few_losses_that_are_no_numbers_are_a_warning_of_the_loss_only() -> None:
    losses = falling(1000)
    losses[[200, 300]] = math.nan
    found = only(run(losses))
    assert (found.code, found.severity, found.evidence["count"]) == ("non-finite-passing", "warning", 2)


def test_a_run_without_one_finite_loss_is_told() -> None:
    assert codes(run([math.nan] * 50)) == ["non-finite"]


# ---- too large


def test_a_loss_that_ends_above_its_start_diverges() -> None:
    losses = np.concatenate([falling(500), np.geomspace(0.4, 50, 500)])
    found = only(run(losses, shape=constant, peak=0.1))
    assert found.code == "diverged"
    assert 500 < found.steps[0] < 990
    assert advised(found)["set-rate"]["rate"] == pytest.approx(0.1 / 3)


def test_one_that_does_so_at_once_is_farther_off() -> None:
    losses = np.concatenate([[2.3], np.geomspace(2.3, 80, 400), np.full(600, 80.0)])
    assert advised(only(run(losses, shape=constant, peak=0.1)))["set-rate"]["rate"] == pytest.approx(0.01)


def test_a_loss_that_rises_while_validation_gets_better_is_not_blamed() -> None:
    assert codes(run(np.linspace(1, 3, 1000), checks=np.linspace(3, 1, 20))) == []


def test_ground_that_was_won_and_lost_for_good_is_a_collapse() -> None:
    losses = np.concatenate([falling(800), 2.3 + 0.02 * RNG(0).normal(size=1200)])
    found = only(run(losses, shape=constant, peak=0.1))
    assert (found.code, found.severity) == ("collapsed", "error")
    assert abs(found.steps[0] - 800) <= 40
    assert advised(found)["set-rate"]["rate"] == pytest.approx(0.01)


def test_a_run_thrown_out_by_its_first_steps_is_one_too() -> None:
    losses = np.concatenate([[2.3], np.linspace(3, 30, 20), 2.31 + 0.02 * RNG(0).normal(size=979)])
    assert only(run(losses)).code == "collapsed-at-once"


def test_after_a_collapse_nothing_else_is_a_cause() -> None:
    losses = np.concatenate([falling(800), 2.3 + 0.02 * RNG(0).normal(size=1200)])
    said = told(run(losses, shape=constant, checks=np.concatenate([falling(8), np.full(12, 2.3)])))
    assert [finding.code for finding in said.findings if finding.severity != "info"] == ["collapsed"]


def test_a_validation_loss_that_jumps_at_a_constant_rate_asks_for_a_decay() -> None:
    checks = np.abs(0.5 + 0.2 * RNG(3).normal(size=30))
    checks[:3] = [2.0, 1.5, 1.0]
    found = only(run(falling(3000), shape=constant, checks=checks))
    assert found.code == "too-large-noise"
    assert advised(found)["cool-down"] == {"share": 0.2, "steps": 600}


def test_without_a_logged_rate_it_asks_for_it() -> None:
    checks = np.abs(0.5 + 0.2 * RNG(3).normal(size=30))
    checks[:3] = [2.0, 1.5, 1.0]
    said = told(run(falling(3000), checks=checks))
    assert [(each.code, each.wanted) for each in said.undecided] == [("ragged", ("rate",))]


def test_a_zigzag_that_no_longer_falls_is_the_edge_and_noise_is_none() -> None:
    zigzag = 0.5 + 0.1 * (-1.0) ** np.arange(600) + np.where(np.arange(600) < 100, 1.5, 0)
    assert "zigzag" in codes(run(zigzag))
    assert codes(run(0.5 + 0.1 * RNG(0).normal(size=600))) == []


# ---- too small, nothing learned


def test_a_straight_fall_to_the_end_is_too_small_a_rate() -> None:
    losses = np.linspace(2.3, 1.2, 2000) + 0.03 * RNG(0).normal(size=2000)
    found = only(run(losses, shape=constant, peak=1e-4))
    assert found.code == "too-small"
    assert advised(found)["raise-rate"]["rate"] in (pytest.approx(3e-4), pytest.approx(1e-3))


def test_a_validation_loss_that_still_falls_when_the_run_ends_is_told() -> None:
    checks = np.geomspace(2.0, 0.2, 30)
    assert "still-learning" in codes(run(falling(3000), shape=constant, checks=checks))
    assert "still-learning" not in codes(run(falling(3000), shape=SHAPES["linear"], checks=checks))


def test_a_flat_loss_asks_for_what_would_tell_why() -> None:
    said = told(run(1.7 + 0.01 * RNG(0).normal(size=500)))
    assert said.findings == ()
    assert said.undecided[0].code == "flat-from-start"
    assert said.undecided[0].wanted == ("update_ratio", "grad_norm")


@pytest.mark.parametrize(
    ("others", "code"),
    [
        ({"update_ratio": np.full(500, 1e-6)}, "stuck"),
        ({"grad_norm": np.zeros(500)}, "no-gradient"),
        ({"rate": np.zeros(500)}, "rate-zero"),
    ],
)
def test_what_is_logged_tells_why_nothing_is_learned(others: dict[str, object], code: str) -> None:
    assert only(run(1.7 + 0.01 * RNG(0).normal(size=500), **others)).code == code


def test_the_loss_of_guessing_is_recognised_by_the_number_of_classes() -> None:
    losses = math.log(37) + 0.005 * RNG(0).normal(size=500)
    found = only(run(losses, facts={"classes": 37}))
    assert (found.code, found.evidence["classes"]) == ("not-learning", 37)


def test_a_loss_that_creeps_from_guessing_is_a_rate_far_too_small() -> None:
    losses = np.linspace(math.log(10), math.log(10) - 0.03, 1000) + 0.002 * RNG(0).normal(size=1000)
    assert only(run(losses)).code == "creeping"


# ---- spikes and clipping


def spiky(count: int, width: int = 4) -> tuple[np.ndarray, np.ndarray]:
    losses, norms = falling(4000, noise=0.03), np.exp(0.1 * RNG(5).normal(size=4000))
    for place in np.linspace(500, 3800, count).astype(int):
        losses[place : place + width] *= 3
        norms[place] *= 60
    return losses, norms


def test_spikes_that_pass_are_counted_and_few_are_a_hint() -> None:
    losses, _ = spiky(3)
    found = only(run(losses))
    assert (found.code, found.severity, found.evidence["count"]) == ("spikes", "info", 3)


def test_gradients_that_spike_before_the_loss_ask_for_a_clip_at_their_own_level() -> None:
    losses, norms = spiky(16)
    found = only(run(losses, grad_norm=norms))
    assert found.code == "clip-missing"
    assert 1.0 < float(advised(found)["clip"]["norm"]) < 1.4


def test_a_clip_that_is_known_is_not_asked_for() -> None:
    losses, norms = spiky(16)
    assert "clip-missing" not in codes(run(losses, grad_norm=norms, facts={"clip": 1.0}))


def test_a_spike_that_leaves_a_higher_loss_says_where_to_go_back() -> None:
    losses = falling(4000, noise=0.03)
    losses[2000:2010] *= 4
    losses[2010:] += 0.3
    found = only(run(losses))
    assert found.code == "level-shift"
    assert advised(found)["go-back"]["step"] == 1900


def test_a_smoothed_log_is_not_searched_for_spikes() -> None:
    losses, _ = spiky(16)
    smooth = np.convolve(losses, np.ones(100) / 100, "valid")
    assert "spikes" not in codes(run(smooth))


# ---- validation


def test_over_fitting_says_where_to_stop() -> None:
    checks = np.concatenate([np.linspace(2, 0.6, 9), np.linspace(0.6, 1.0, 21)]) + 0.005 * RNG(0).normal(size=30)
    found = only(run(falling(3000, floor=0.01), checks=checks))
    assert found.code == "overfit"
    assert 800 <= found.evidence["step"] <= 1000
    assert "stop-at" in advised(found)
    assert "reduce-on-plateau" not in advised(found)  # so early a best asks for more than a cut


def test_an_accuracy_that_still_grows_makes_it_a_hint() -> None:
    checks = np.concatenate([np.linspace(2, 0.6, 12), np.linspace(0.6, 1.0, 18)])
    observed = run(falling(3000, floor=0.01), checks=checks)
    grown = {**observed.series, "val_accuracy": series("val_accuracy", np.linspace(0.5, 0.9, 30), np.arange(30) * 100)}
    assert codes(ObservedRun(grown, "step", {}, "made")) == ["overfit-calibration"]


def test_a_validation_loss_that_rises_with_the_training_loss_is_no_over_fitting() -> None:
    both = np.concatenate([np.linspace(2, 0.6, 1500), np.linspace(0.6, 1.0, 1500)])
    assert "overfit" not in codes(run(both, checks=both[::100]))


# ---- the rate


def test_a_cosine_beyond_its_end_wraps() -> None:
    found = only(run(falling(2000), shape=lambda place: SHAPES["cosine"](place * 1.6)))
    assert found.code == "schedule-wraps"
    assert abs(int(found.evidence["step"]) - 1250) <= 40


def test_a_cosine_of_epochs_stepped_at_every_step_is_recognised() -> None:
    observed = run(falling(2000), shape=lambda place: SHAPES["cosine"](place * 50), facts={"epochs": 40})
    found = only(observed)
    assert found.code == "stepped-too-often"
    assert found.evidence["half"] == pytest.approx(40, abs=1)
    assert found.confidence > 0.9


def test_a_schedule_of_steps_stepped_once_an_epoch_hardly_moves() -> None:
    observed = run(falling(2000), shape=lambda place: SHAPES["cosine"](np.floor(place * 20) / 2000))
    found = only(observed)
    assert found.code == "stepped-too-rarely"
    assert found.evidence["stair"] == 100


def test_a_warm_up_that_never_ends_is_told_and_a_range_test_is_not() -> None:
    assert only(run(falling(2000), shape=lambda place: 0.01 + 0.2 * place)).code == "warm-up-unfinished"
    assert codes(run(falling(2000), shape=lambda place: 10 ** (6 * (place - 1)))) == []


def test_a_rate_that_is_gone_at_a_third_is_gone_too_soon() -> None:
    found = only(run(falling(2000), shape=lambda place: SHAPES["cosine"](np.minimum(place * 3, 1))))
    assert found.code == "decayed-too-soon"
    assert 0.25 < float(found.evidence["share"]) < 0.33


def test_a_schedule_that_begins_anew_in_the_middle_of_its_fall_was_not_restored() -> None:
    def reset(place: np.ndarray) -> np.ndarray:
        return SHAPES["cosine"](np.where(place < 0.4, place, place - 0.4))

    found = only(run(falling(2000), shape=reset))
    assert found.code == "resume-schedule"
    assert abs(found.steps[0] - 800) <= 1


def test_a_loss_that_leaps_right_after_a_restart_lost_the_optimizers_state() -> None:
    losses = falling(2000, noise=0.03)
    losses[1000:1020] += 1.0
    assert "resume-state" in codes(run(losses, facts={"resumed_at": 1000.0}))
    assert "resume-state" not in codes(run(losses))


def test_an_early_hump_at_a_full_rate_asks_for_a_warm_up() -> None:
    losses = falling(2000)
    losses[5:60] += 3
    found = only(run(losses, shape=constant))
    assert found.code == "warm-up-missing"
    assert advised(found)["warm-up"]["steps"] == 199
    assert [each.code for each in told(run(losses)).undecided] == ["early-hump"]


@pytest.mark.parametrize(("factor", "code"), [(2000.0, "rate-far-above"), (1e-4, "rate-far-below")])
def test_a_rate_far_outside_the_usual_is_told_of_a_known_optimizer(factor: float, code: str) -> None:
    observed = run(falling(500), shape=SHAPES["cosine"], peak=1e-3 * factor, facts={"optimizer": "AdamW"})
    assert code in codes(observed)
    assert code not in codes(run(falling(500), shape=SHAPES["cosine"], peak=1e-3 * factor))


def test_an_optimizer_that_nobody_knows_has_no_usual_rate() -> None:
    assert codes(run(falling(500), shape=SHAPES["cosine"], peak=1e3, facts={"optimizer": "MyOwn"})) == []


# ---- what else is logged


def test_a_loss_scale_that_keeps_falling_skips_steps() -> None:
    scale = 65536.0 * 0.5 ** np.clip((np.arange(400) - 200) // 10, 0, 12)
    found = only(run(falling(400), loss_scale=scale))
    assert (found.code, found.evidence["count"]) == ("scaler-skips", 12)
    search = 65536.0 * 0.5 ** np.minimum(np.arange(400), 8)
    assert codes(run(falling(400), loss_scale=search)) == []


@pytest.mark.parametrize(("optimizer", "factor"), [("sgd", 4.0), ("adamw", 2.0)])
def test_a_batch_that_grows_without_the_rate_is_told_what_it_should_be(optimizer: str, factor: float) -> None:
    batches = np.where(np.arange(1000) < 500, 64, 256)
    found = only(run(falling(1000), shape=constant, batch_size=batches, facts={"optimizer": optimizer}))
    assert found.code == "batch-changed"
    assert advised(found)["set-rate"]["rate"] == pytest.approx(0.01 * factor)


def test_fine_tuning_that_undoes_the_model_asks_for_two_rates() -> None:
    observed = run(falling(1000), shape=SHAPES["linear"], facts={"pretrained": 1.0})
    checks = {**observed.series, "val_loss": series("val_loss", [0.5, 1.4, 1.0, 0.8, 0.6], [0, 100, 300, 600, 999])}
    found = only(ObservedRun(checks, "step", {"pretrained": 1.0}, "made"))
    assert found.code == "body-at-head-rate"
    assert advised(found)["body-rate"] == {"rate": pytest.approx(0.001), "head": pytest.approx(0.01)}


def test_adagrad_that_stands_asks_for_its_effective_rate_and_is_judged_by_it() -> None:
    losses = np.concatenate([falling(500), 0.4 + 0.01 * RNG(0).normal(size=1500)])
    said = told(run(losses, facts={"optimizer": "adagrad"}))
    assert [each.code for each in said.undecided] == ["adagrad-stands"]
    dying = run(losses, effective_rate=1 / (1 + np.arange(2000)), facts={"optimizer": "adagrad"})
    assert "effective-rate-dying" in codes(dying)
    decayed = SHAPES["cosine"](np.linspace(0, 1, 2000))  # the schedule's own work
    healthy = run(losses, shape=SHAPES["cosine"], effective_rate=0.1 * decayed, facts={"optimizer": "adagrad"})
    assert "effective-rate-dying" not in codes(healthy)


# ---- the whole


def test_findings_stand_in_the_order_of_severity_and_confidence() -> None:
    losses, norms = spiky(16)
    scale = 65536.0 * 0.5 ** np.clip((np.arange(4000) - 200) // 10, 0, 12)
    found = told(run(losses, grad_norm=norms, loss_scale=scale)).findings
    order = {"error": 0, "warning": 1, "info": 2}
    assert len(found) >= 2
    assert list(found) == sorted(found, key=lambda each: (order[each.severity], -each.confidence))


def test_nothing_explains_itself_nor_what_explains_it() -> None:
    for cause, effects in EXPLAINS.items():
        assert cause not in effects
        assert not [effect for effect in effects if cause in EXPLAINS.get(effect, ())]


def test_every_rule_is_asked_once() -> None:
    assert len(set(RULES)) == len(RULES)


def test_a_collapsed_run_that_comes_down_to_guessing_is_not_called_too_slow() -> None:
    losses = np.linspace(math.log(10) + 0.06, math.log(10), 1000) + 0.002 * RNG(0).normal(size=1000)
    assert only(run(losses)).code == "not-learning"


def test_one_leap_that_stays_up_for_a_while_is_a_warning_by_itself() -> None:
    losses = falling(1000, floor=0.02, noise=0.2)
    losses[500:530] *= 40
    found = only(run(losses, shape=constant))
    assert (found.code, found.severity) == ("spikes", "warning")
    assert abs(int(found.evidence["step"]) - 500) <= 40


@pytest.mark.parametrize("at", [0.3, 0.5, 0.7])
def test_a_schedule_begun_anew_with_its_warm_up_was_not_restored(at: float) -> None:
    def anew(place: np.ndarray) -> np.ndarray:
        since = np.where(place < at, place, place - at)
        return np.minimum(1.0, (2000 * since + 1) / 20) * SHAPES["cosine"](since)

    assert codes(run(falling(2000), shape=anew)) == ["resume-schedule"]


def test_two_rules_that_see_the_same_say_it_once() -> None:
    losses = np.concatenate([[2.3], np.linspace(30, 2.4, 60), 2.303 + 0.002 * RNG(0).normal(size=939)])
    found = codes(run(losses, facts={"classes": 10.0}))
    assert len(found) == len(set(found))
