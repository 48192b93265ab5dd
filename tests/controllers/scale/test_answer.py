"""Mirrors ratecraft/controllers/scale/answer.py."""

import math

from ratecraft.controllers.scale.answer import Scaled, SizeTried, known_axes, next_rates, scaled
from ratecraft.controllers.scale.settings import ScaleAxis, ScaleSettings
from ratecraft.records.metrics import Metric

SETTINGS = ScaleSettings(axes=(ScaleAxis("--width", (64, 128, 256), 1024),))
AXES = known_axes(SETTINGS, "square-root")
ACCURACY = Metric("val_acc", "max")


def trained(exponent: float) -> Scaled:
    """The whole course, with scores whose best rate moves by a power law; larger scores are better."""
    done: list[SizeTried] = []
    for sizes in SETTINGS.runs:
        now = None
        best = exponent * math.log2(sizes[0] / 64)
        while octaves := next_rates(AXES, done, sizes, now):
            before = dict(now.scores) if now else {}
            scores = before | {octave: 0.9 - 0.05 * (octave - best) ** 2 for octave in octaves}
            now = SizeTried(sizes, ACCURACY, scores, runs=len(scores), cost=sizes[0] / 1024)
        assert now is not None
        done.append(now)
    return scaled(AXES, 1e-3, done)


def test_the_rate_of_the_target_follows_the_law_of_the_small_runs() -> None:
    found = trained(-1.0)
    assert found.rate is not None
    assert found.interval is not None
    assert abs(math.log2(found.rate / (1e-3 / 16))) < 0.7  # between its runs, at -1, and what is published, -0.5
    assert found.interval[0] < 1e-3 / 16 < found.interval[1]
    assert found.cost == sum(len(each.scores) * each.sizes[0] / 1024 for each in found.tried)


def test_sizes_after_the_first_begin_where_the_law_so_far_expects_them() -> None:
    counts = [len(each.scores) for each in trained(-0.4).tried]
    assert counts[1] <= 4
    assert counts[2] == 3


def test_without_a_best_rate_there_is_no_law() -> None:
    lost = SizeTried((64,), ACCURACY, {0: None, -2: None})
    found = scaled(AXES, 1e-3, [lost])
    assert (found.rate, found.interval, found.law) == (None, None, None)
    assert found.refused is not None
    assert found.refused.code == "scale-few"
