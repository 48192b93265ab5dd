"""Mirrors ratecraft/reporting/pictures/picture.py and picture_words.py."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from ratecraft.laws.responses.rate_response import bottom, interval
from ratecraft.records.answer import Answer, Decision, Probe, RunResult
from ratecraft.records.metrics import Metric
from ratecraft.reporting.pictures.picture import Picture, picture_of
from ratecraft.reporting.pictures.picture_words import legend_of
from ratecraft.reporting.text.page import Page
from ratecraft.reporting.verdict import verdict_text


@pytest.fixture
def picture(answer: Answer) -> Picture:
    return seen(answer)


def seen(answer: Answer) -> Picture:
    found = picture_of(answer)
    assert found
    return found


def lowest(picture: Picture) -> tuple[float, float]:
    return min(picture.predicted, key=lambda place: place[1])


def contradicted(answer: Answer) -> Answer:
    """The same study, whose final run came out worse than the script's own, at a rate that was ruled out."""
    tuned = replace(answer.tuned or RunResult(None, None, None, 0), final=1.5)
    return replace(answer, verdict="no-gain", own_rate=1.5e-3, tuned=tuned)


def test_the_chosen_rate_is_the_lowest_point_of_the_foreseen_full_run(picture: Picture) -> None:
    rate, missed = lowest(picture)
    assert rate == pytest.approx(4.9e-3)
    assert missed == pytest.approx(0, abs=1e-12)


def test_it_is_so_too_where_the_bottom_lies_outside_of_the_probes(answer: Answer) -> None:
    falling = {3e-3: 1.52, 6e-3: 1.47, 1.2e-2: 1.45}
    probes = tuple(replace(each, score=falling[each.rate]) if each.stop == 375 else each for each in answer.probes)
    found = bottom({math.log2(rate): score for rate, score in falling.items()})
    told = Decision("chosen", {"bottom": 2**found, "stop": 375, "rate": 9e-3})
    picture = seen(replace(answer, probes=probes, decisions=(*answer.decisions, told), rate=9e-3, interval=None))
    assert lowest(picture)[0] == pytest.approx(9e-3)


def test_no_point_of_the_curve_within_the_interval_is_worse_than_the_noise(answer: Answer) -> None:
    noise, shift = 0.02, math.log2(4.9e-3 / 5.27e-3)
    scores = {math.log2(each.rate): each.score or 0 for each in answer.probes if each.stop == 375}
    near = interval(scores, bottom(scores), noise, (min(scores), max(scores)))
    assert near
    low, high = (2 ** (octave + shift) for octave in near)
    picture = seen(replace(answer, interval=(low, high)))
    assert picture.tolerance == pytest.approx(noise / (2.71 - min(scores.values())), rel=0.05)
    inside = [missed for rate, missed in picture.predicted if low <= rate <= high]
    assert len(inside) > 10
    assert max(inside) <= (picture.tolerance or 0)


def test_a_contradiction_is_said_and_never_bends_the_curve(answer: Answer, picture: Picture) -> None:
    against = seen(contradicted(answer))
    assert against.predicted == picture.predicted
    assert [run.dot.missed for run in against.full] == [0, pytest.approx((1.5 - 1.412) / (2.71 - 1.412))]
    said = [entry.words for entry in legend_of(against, Page())]
    assert said[-1] == "At full length your own rate did no worse: the forecast curve does not hold here."
    assert "your own rate did no worse: keep it" in verdict_text(contradicted(answer), Page())[1]


def test_the_scale_is_what_was_learned_from_the_untrained_model_on(picture: Picture) -> None:
    short, long = picture.lengths
    assert [dot.missed for dot in short.dots] == pytest.approx(
        [(2.31 - 1.88) / (2.71 - 1.88), 0.05 / 0.83, 0, 0.03 / 0.83, 0.72 / 0.83, None], nan_ok=True
    )
    assert min(dot.missed or 0 for dot in long.dots) == 0


def test_larger_may_be_better(answer: Answer) -> None:
    accuracies = (0.5, 0.9, 0.7)
    probes = tuple(Probe(f"p{at}", 10.0 ** (at - 3), 50, score, "done") for at, score in enumerate(accuracies))
    decisions = (Decision("untrained", {"score": 0.1}),)
    picture = seen(replace(answer, metric=Metric("val_acc", "max"), probes=probes, decisions=decisions, tuned=None))
    assert [dot.missed for dot in picture.lengths[0].dots] == pytest.approx([0.5, 0, 0.25])
    assert (picture.predicted, picture.moved) == ((), None)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_sign_has_its_words(answer: Answer, language: str) -> None:
    said = legend_of(seen(contradicted(answer)), Page(language))
    signs = ["circle", "circle", "line", "square", "square", "bar", "arrow", "cross", "none"]
    assert [entry.sign for entry in said] == signs
    assert len({entry.words for entry in said}) == len(said)


def test_the_legend_tells_the_warm_up_of_each_length(picture: Picture) -> None:
    said = [entry.words for entry in legend_of(picture, Page())][:3]
    assert said == [
        "trained for 94 steps, 18 of them warm-up",
        "trained for 375 steps, 120 of them warm-up",
        "forecast: full run of 2,400 steps, 120 of them warm-up",
    ]


def _unknown(answer: Answer) -> Answer:
    return replace(answer, decisions=tuple(each for each in answer.decisions if each.code != "untrained"))


def _at_chance(answer: Answer) -> Answer:
    return replace(answer, decisions=(*answer.decisions, Decision("untrained", {"score": 1.4})))


@pytest.mark.parametrize("without", [_unknown, _at_chance])
def test_without_a_common_scale_there_is_no_picture(answer: Answer, without: Callable[[Answer], Answer]) -> None:
    assert picture_of(without(answer)) is None


def test_full_runs_that_another_figure_compares_are_not_on_the_scale(answer: Answer) -> None:
    assert seen(replace(answer, scored_by=Metric("training_loss", "min"))).full == ()


def test_a_baseline_that_diverged_has_a_place_and_no_score(answer: Answer) -> None:
    lost = RunResult(None, None, None, 12)
    own, tuned = seen(replace(answer, baseline=lost)).full
    assert (own.dot.rate, own.dot.missed, tuned.dot.missed) == (3e-3, None, 0)
