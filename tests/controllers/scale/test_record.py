"""Mirrors ratecraft/controllers/scale/record.py."""

import json

from ratecraft.controllers.scale.answer import SizeTried, known_axes, scaled
from ratecraft.controllers.scale.record import recorded_scale, scale_record
from ratecraft.controllers.scale.settings import ScaleAxis, ScaleSettings
from ratecraft.records.metrics import Metric
from ratecraft.records.program import Program


def test_a_law_that_was_kept_is_the_same_again() -> None:
    axes = known_axes(ScaleSettings(axes=(ScaleAxis("--width", (64, 128, 256), 1024),)), "square-root")
    scores = {-1: 0.8, 0: 0.9, 1: 0.7, 2: None}
    tried = [
        SizeTried((size,), Metric("acc", "max"), scores, 0.01, "search-1", 5.0, 9.0, 0.1) for size in (64, 128, 256)
    ]
    program = Program("train.py", ("--width", "1024"))
    found = scaled(axes, 1e-3, tried)
    again, same = recorded_scale(json.loads(json.dumps(scale_record(found, program))))
    assert again == found
    assert (same.words, same.arguments) == (program.words, program.arguments)
