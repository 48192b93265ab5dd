"""The figures of the guide: trained side by side is trained one by one, and what is drawn is what was measured."""

import doctest
import math
import sys
import xml.etree.ElementTree as ET
from importlib import util
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "guide"))

import charts
import drawing
import experiments
import side_by_side
import tasks
from side_by_side import Arm, Task, trained

from ratecraft.schedules.language.text import parse_set

GUIDE = Path(__file__).parents[2] / "benchmarks" / "guide"
spec = util.spec_from_file_location("guide_figures", GUIDE / "figures.py")
assert spec is not None
assert spec.loader is not None
figures = util.module_from_spec(spec)
spec.loader.exec_module(figures)

MOST_BYTES = 60_000
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("module", [charts, drawing])
def test_the_examples_run(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # pyright: ignore[reportArgumentType]


def small(steps: int = 12) -> Task:
    drawn = torch.Generator().manual_seed(0)
    images, held = (torch.randn(count, 6, generator=drawn) for count in (50, 20))
    parts = images, images[:, :3].argmax(1), held, held[:, :3].argmax(1)
    return Task(tasks.networks(6, 8, 3), tasks.layers, tasks.classes, *parts, batch=16, steps=steps)


def alone(task: Task, arm: Arm, seed: int) -> float:
    """One run as anyone would write it."""
    torch.manual_seed(seed)
    first = task.first()
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    for own, given in zip(model.parameters(), first, strict=True):
        own.data = given.T.clone() if given.dim() == 2 else given.clone()
    optimizer = side_by_side.OPTIMIZERS[arm.optimizer](model.parameters(), lr=arm.rate)
    plans = parse_set(arm.schedule).bind(task.steps)
    drawn = torch.Generator().manual_seed(seed)
    places = [torch.randperm(50, generator=drawn)[:48].reshape(3, 16) for _ in range(task.steps // 3)]
    for step, chosen in enumerate(torch.cat(places)):
        group = optimizer.param_groups[0]
        group["lr"] = arm.rate * plans.rate.at(step)
        if "momentum" in plans:
            group["momentum"] = plans["momentum"].at(step)
        optimizer.zero_grad()
        cross_entropy(model(task.inputs[chosen]), task.targets[chosen]).backward()
        if arm.clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), arm.clip)
        optimizer.step()
    with torch.no_grad():
        return cross_entropy(model(task.held), task.wanted).item()


ARMS = [
    Arm(0.1),
    Arm(0.3, "cosine(1, 0)", "SGD", clip=0.5),
    Arm(0.01, "warmup(0.5) >> constant(1)", "Adam"),
    Arm(0.2, "onecycle()"),
    Arm(0.05, "constant(1)", "Adagrad"),
]


def test_arms_and_seeds_side_by_side_are_runs_one_at_a_time() -> None:
    task = small()
    for arm, course in zip(ARMS, trained(task, ARMS, (0, 3)), strict=True):
        assert course.ends == pytest.approx([alone(task, arm, seed) for seed in (0, 3)], rel=1e-4)


def test_a_seed_begins_alike_in_every_arm_and_an_arm_that_blows_up_leaves_others_alone() -> None:
    arms = [Arm(0.1), Arm(1e30), Arm(0.1)]
    good, lost, again = trained(small(), arms, (0, 1))
    assert good.ends == again.ends
    assert not all(math.isfinite(end) for end in lost.ends)
    assert good.ends == pytest.approx(trained(small(), arms[:1], (0, 1))[0].ends, rel=1e-5)


def test_what_is_frozen_is_what_the_experiments_are_called() -> None:
    kept = {path.stem for path in (GUIDE / "frozen").glob("*.json")}
    assert kept == set(experiments.EXPERIMENTS) | {"batch", "plan", "cost", "scale"}


@pytest.mark.parametrize("language", figures.LANGUAGES)
@pytest.mark.parametrize("name", figures.CHARTS)
def test_a_figure_is_drawn_from_what_is_frozen_small_and_with_its_words(name: str, language: str) -> None:
    kept = (figures.FIGURES / f"{name}.{language}.svg").read_text(encoding="utf-8")
    assert kept == figures.drawn(name, language)
    assert len(kept.encode()) <= MOST_BYTES
    image = ET.fromstring(kept)  # noqa: S314 - a file of our own
    title, text = image.find(f"{SVG}title"), image.find(f"{SVG}desc")
    assert title is not None
    assert text is not None
    assert title.text
    assert text.text
    assert "{" not in title.text + text.text
    assert image.get("aria-labelledby") == f"{title.get('id')} {text.get('id')}"
    assert "style=" not in kept


def test_a_spread_counts_a_run_without_a_number_as_the_worst() -> None:
    assert drawing.spread([1.0, None, 2.0]) == (2.0, 1.0, math.inf)
    axis = drawing.Axis(1, 100, [], "", logarithmic=True)
    assert [axis.share(value) for value in (0.5, 10, math.inf)] == [0.0, 0.5, 1.0]
