"""A law over sizes as plain values, so that it can be shown again: the results of the small runs; the law is refitted.

Path:   `Scaled`, the program -> a JSON object in the law's folder -> both again.
Units:  as in `answer`.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ratecraft.controllers.scale.answer import KnownAxis, Scaled, SizeTried, scaled
from ratecraft.controllers.scale.settings import ScaleAxis
from ratecraft.laws.scaling.scale_law import Exponent
from ratecraft.recipes.scale_axes import Prior
from ratecraft.records.metrics import Metric
from ratecraft.records.program import Entry, Program


def scale_record(found: Scaled, program: Program) -> dict[str, Any]:
    """The stored form of a law and of the program that its rate is for."""
    return {
        "schema": 1,
        "program": {"words": program.words, "arguments": program.arguments},
        "begin": found.begin,
        "axes": [asdict(axis) for axis in found.axes],
        "tried": [{**asdict(size), "scores": list(size.scores.items())} for size in found.tried],
    }


def recorded_scale(kept: Mapping[str, Any]) -> tuple[Scaled, Program]:
    """The law and the program, read back.

    Raises:
        KeyError, TypeError, ValueError: The object was not made by `scale_record`.
    """
    axes = [
        KnownAxis(
            ScaleAxis(axis["axis"]["argument"], tuple(axis["axis"]["sizes"]), axis["axis"]["target"]),
            axis["kind"],
            Prior(Exponent(**axis["prior"]["exponent"]), axis["prior"]["source"]),
        )
        for axis in kept["axes"]
    ]
    tried = [_tried(size) for size in kept["tried"]]
    words = tuple(kept["program"]["words"])
    program = Program(words[-1], tuple(kept["program"]["arguments"]), Entry(typed=words))
    return scaled(axes, kept["begin"], tried), program


def _tried(kept: Mapping[str, Any]) -> SizeTried:
    scores = {int(octave): score for octave, score in kept["scores"]}
    return SizeTried(
        tuple(kept["sizes"]),
        Metric(**kept["metric"]),
        scores,
        *(kept[name] for name in ("noise", "study", "runs", "seconds", "cost")),
    )
