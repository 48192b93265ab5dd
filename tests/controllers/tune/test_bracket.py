"""Mirrors ratecraft/controllers/tune/bracket.py, on whole studies of formulas."""

import math

import pytest
from tests.controllers.worlds import FAILED, Followed, Formula, follow, peak_octave

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import NoAnswer, ScriptFailed
from ratecraft.records.outcome import Ending, Failure


def octaves(followed: Followed, world: Formula) -> list[int]:
    """Octaves of the first rung, in the order of their proposal."""
    found = [peak_octave(job, world.own_rate, world.horizon) for job in followed.scored("bracket")]
    return [round(octave) for octave in found if octave is not None]


@pytest.mark.parametrize(
    ("bottom", "expected"),
    [
        (0.0, [-2, 0, 2, -1, 1]),
        (-2.0, [-2, 0, 2, -4, -3, -1]),
        (2.6, [-2, 0, 2, 4, 1, 3]),
        (-4.5, [-2, 0, 2, -4, -6, -5, -3]),
    ],
)
def test_the_bracket_widens_until_both_ends_are_clearly_worse(bottom: float, expected: list[int]) -> None:
    world = Formula(bottom=bottom, slope=0.0, width=0.2)
    found = follow(world)
    assert octaves(found, world) == expected
    assert "bracket-closed" in found.codes()


@pytest.mark.parametrize(("bottom", "code"), [(-30.0, "bracket-open-low"), (30.0, "bracket-open-high")])
def test_a_bracket_still_open_after_four_extensions_uses_the_edge(bottom: float, code: str) -> None:
    world = Formula(bottom=bottom, edge=99)
    found = follow(world)
    assert code in found.codes()
    assert "at-edge" in found.answer.marks
    assert sum(each.startswith("extended") for each in found.codes()) == 4
    assert found.answer.rate is not None
    assert math.copysign(1, math.log2(found.answer.rate / world.own_rate)) == math.copysign(1, bottom)


BEYOND = Formula(bottom=11.5, slope=0.0, edge=99)


def test_the_top_gets_a_probe_above_it() -> None:
    assert octaves(follow(BEYOND, TunerSettings(budget=2.5)), BEYOND)[-3:] == [9, 11, 12]
    assert octaves(follow(BEYOND, TunerSettings(budget=1.665)), BEYOND)[-2:] == [9, 11]


@pytest.mark.parametrize(("budget", "probes"), [(1.75, 7), (1.55, 6), (1.52, 5)])
def test_beyond_five_probes_a_neighbour_is_dropped_for_the_budget(budget: float, probes: int) -> None:
    world = Formula(bottom=-4.5, slope=0.0, width=0.2)
    found = follow(world, TunerSettings(budget=budget))
    assert octaves(found, world) == [-2, 0, 2, -4, -6, -5, -3][:probes]
    assert found.codes().count("dropped-probe") == 7 - probes


def test_differences_within_the_measured_noise_are_not_clearly_worse() -> None:
    def extended(noise: float) -> int:
        world = Formula(metric="", width=0.005, slope=0.0, noise=noise)
        studies = [follow(world, TunerSettings(seed=seed)) for seed in range(8)]
        return sum(any(code.startswith("extended") for code in each.codes()) for each in studies)

    assert extended(0.0) == 0
    assert extended(0.3) >= 6


@pytest.mark.parametrize("edge", [-99.0, -9.9])
def test_where_everything_blows_up_lower_rates_are_tried(edge: float) -> None:
    world = Formula(edge=edge)
    found = follow(world)
    assert min(octaves(found, world)) <= -10
    assert "extended-lost" in found.codes()
    assert "extended-up" not in found.codes()
    assert (found.answer.verdict == "no-information") == (edge < -50)


@pytest.mark.parametrize(("untrained", "code"), [(0.51, "extended-unlearned"), (-50.0, "extended-worse")])
def test_where_no_rate_learns_anything_the_search_goes_up_unless_training_makes_it_worse(
    untrained: float, code: str
) -> None:
    found = follow(Formula(width=0.0, edge=99, untrained=untrained))
    assert [each for each in found.codes() if each.startswith("extended")] == 4 * [code]


def test_scores_that_are_all_equal_tell_nothing() -> None:
    found = follow(Formula(width=0.0, edge=99))
    assert found.answer.verdict == "no-information"
    assert found.answer.rate is None
    assert found.of("final") == found.of("branch") == []
    assert "flat" in found.codes()


def test_scores_within_the_measured_noise_tell_nothing() -> None:
    found = follow(Formula(metric="", width=0.0, noise=0.1, edge=99))
    assert found.answer.verdict == "no-information"


def test_figures_that_are_no_numbers_tell_nothing() -> None:
    overrides = {float(octave): {"score": math.nan} for octave in range(-12, 12)}
    found = follow(Formula(overrides=overrides))
    assert found.answer.verdict == "no-information"
    assert "none-finite" in found.codes()
    assert found.answer.edge is None


def test_probes_that_all_fail_are_the_scripts_own_error() -> None:
    killed = FAILED | {"failure": Failure("killed", "SIGKILL")}
    with pytest.raises(ScriptFailed, match=r"Every probe failed, .* SIGKILL") as caught:
        follow(Formula(overrides={float(octave): killed for octave in range(-12, 12)}))
    assert "--new" in caught.value.hint()


def test_probes_that_never_tell_anything_are_no_answer() -> None:
    overrides = {float(octave): {"score": None} for octave in range(-12, 12)}
    with pytest.raises(
        NoAnswer, match="The probes ran to step 77, but none of them reported `val_loss` or a training loss"
    ):
        follow(Formula(overrides=overrides))


def test_where_the_figure_does_not_come_probes_are_compared_by_training_loss_and_full_runs_by_the_figure() -> None:
    found = follow(Formula(figureless=True))
    kinds = [each.job.evaluate.kind for each in found.proposed if each.phase == "bracket" and each.job.evaluate]
    assert kinds[:6] == ["figure"] * 3 + ["frozen"] * 3
    assert "figure" not in kinds[3:]
    assert "figure-did-not-come" in found.codes()
    assert (found.answer.metric.name, found.answer.probe_metric.name) == ("val_loss", "training_loss")
    assert "training-probes" in found.answer.marks
    assert found.answer.verdict == follow(Formula()).answer.verdict


def test_one_failed_probe_is_a_score_like_any_other() -> None:
    assert follow(Formula(overrides={2.0: FAILED})).answer.verdict == "no-gain"


@pytest.mark.parametrize(("bottom", "most"), [(-30.0, 6), (0.0, 5), (-3.0, 6)])
def test_a_short_run_has_at_most_six_probes(bottom: float, most: int) -> None:
    world = Formula(horizon=300, bottom=bottom, width=0.2)
    assert len(octaves(follow(world), world)) <= most


def test_a_short_runs_last_probe_goes_to_the_more_promising_side() -> None:
    world = Formula(horizon=300, bottom=-4.5, slope=0.0, width=0.2)
    assert octaves(follow(world), world) == [-2, 0, 2, -4, -6, -5]


def test_an_early_end_is_scored_where_the_baseline_told_the_length() -> None:
    early = Formula(overrides={0.0: {"ending": Ending.ENDED_EARLY}})
    assert follow(early).answer.verdict == "no-gain"


@pytest.mark.parametrize(("untrained", "said"), [(100.0, False), (-0.5, True)])
def test_a_script_that_ends_worse_than_its_untrained_model_is_told_so(untrained: float, said: bool) -> None:
    assert ("baseline-below-untrained" in follow(Formula(untrained=untrained)).codes()) == said
