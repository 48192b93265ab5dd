"""Mirrors ratecraft/controllers/scale/settings.py."""

from typing import Any

import pytest

from ratecraft.controllers.scale.settings import ScaleAxis, ScaleSettings, axes_of
from ratecraft.errors import InvalidInput

WIDTH = ScaleAxis("--width", (64, 128, 256), 1024)


@pytest.mark.parametrize(
    ("vary", "target"),
    [
        ("--width {64,128,256}", "--width 1024"),
        ("--width 64,128,256", ["--width 1024"]),
        (["--width {256,64,128}"], "--width 1024"),
        ({"--width": [64, 128, 256]}, {"--width": 1024}),
    ],
)
def test_sizes_are_said_in_several_ways(vary: Any, target: Any) -> None:
    assert axes_of(vary, target) == (WIDTH,)


def test_arguments_of_one_word_and_several_at_a_time() -> None:
    settings = ScaleSettings(axes=axes_of(["model.width={64,128}", "--depth {2,4,8}"], "model.width=512 --depth 16"))
    assert [each.name for each in settings.axes] == ["model.width", "--depth"]
    assert settings.runs == ((64, 2), (128, 2), (64, 4), (64, 8))
    assert settings.words(settings.target) == "model.width=512 --depth 16"


@pytest.mark.parametrize(
    ("vary", "target", "code"),
    [
        ((), (), "scale-no-axis"),
        ("{64,128}", "--width 1", "scale-vary"),
        ("--width", "--width 1", "scale-vary"),
        (7, "--width 1", "scale-vary"),
        ("--width {64,128}", "1024", "scale-target"),
        (["--width {1,2}", "--width {3,4}"], "--width 9", "scale-twice"),
        ("--width {small,large}", "--width 1024", "scale-size"),
        ("--width {0,1}", "--width 1024", "scale-size"),
        ("--width {64,128,256}", "--depth 4", "scale-other-arguments"),
    ],
)
def test_what_says_no_sizes_is_refused(vary: Any, target: Any, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        axes_of(vary, target)
    assert refused.value.code == code


def test_a_law_takes_one_size_more_than_decide_it() -> None:
    for axes in ((ScaleAxis("--width", (64, 128), 1024),), (WIDTH, ScaleAxis("--depth", (2,), 8))):
        with pytest.raises(InvalidInput, match="cannot show whether they follow a law"):
            ScaleSettings(axes=axes)
