"""What the playground computes, held against PyTorch and against ratecraft's own Python, in a real browser."""

import math
from collections.abc import Generator
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from tests.controllers.worlds import Formula, follow, peak_octave
from tests.reporting.browser import Browser
from tests.reporting.pages.playground.reference import LOSSES, OPTIMIZERS, STARTS, USUAL, way

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.laws.responses.range_ramp import edge_of
from ratecraft.laws.responses.rate_response import bottom
from ratecraft.schedules import (
    Schedule,
    constant,
    cosine,
    exponential,
    onecycle,
    parse,
    piecewise,
    step,
    triangular,
    warmup,
)
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.plateau import PlateauState, TorchPlateau

CLOSE = {"rtol": 1e-9, "atol": 1e-12}
DRAWN = [0.1, 1, 0.9, 0.35, 0.8, 0.4, 0.2, 0.05, 0]


@pytest.fixture(autouse=True)
def doubles() -> Generator[None]:
    """PyTorch computes as a browser does."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def rate_of(engine: Browser, problem: str, optimizer: str) -> float:
    """What the page sets for a loss and an optimizer."""
    return engine.run("return Playground.address.usual(...arguments).rate", problem, optimizer)


def run(engine: Browser, **settings: Any) -> dict[str, Any]:
    """A run of the page to its end."""
    script = """
      const { values, path, rates, losses, isBlownUp } = Playground.run(arguments[0]).to(arguments[0].steps);
      return { values, path, rates, losses, isBlownUp };
    """
    return engine.run(script, {**USUAL, **settings})


@pytest.mark.parametrize("problem", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_hundred_steps_are_those_of_torch(engine: Browser, problem: str, optimizer: str) -> None:
    rate = rate_of(engine, problem, optimizer)
    ours = run(engine, problem=problem, optimizer=optimizer, rate=rate)
    theirs = way(problem, optimizer, [rate] * 100)
    np.testing.assert_allclose(ours["path"], theirs, **CLOSE)
    with torch.no_grad():
        losses = [LOSSES[problem](torch.tensor(weights)).item() for weights in theirs]
    np.testing.assert_allclose(ours["values"], losses, **CLOSE)


@pytest.mark.parametrize("problem", LOSSES)
def test_losses_and_gradients_are_the_same_everywhere(engine: Browser, problem: str) -> None:
    draw = np.random.default_rng(0)
    places = draw.uniform(-2.6, 2.6, size=(200, len(STARTS[problem]))).tolist()
    script = """
      const { value, slope } = Playground.losses[arguments[0]];
      return arguments[1].map((place) => [value(place), slope(place)]);
    """
    for place, (value, slope) in zip(places, engine.run(script, problem, places), strict=True):
        weights = torch.tensor(place).requires_grad_()
        loss = LOSSES[problem](weights)
        loss.backward()
        assert weights.grad is not None
        np.testing.assert_allclose([value, *slope], [loss.item(), *weights.grad.tolist()], **CLOSE)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_gradients_are_clipped_as_in_torch(engine: Browser, optimizer: str) -> None:
    ours = run(engine, problem="ravine", optimizer=optimizer, rate=0.05, clip=0.5)
    np.testing.assert_allclose(ours["path"], way("ravine", optimizer, [0.05] * 100, clip=0.5), **CLOSE)


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_one_cycle_moves_the_momentum_the_other_way(engine: Browser, optimizer: str) -> None:
    pair = onecycle(up=30)
    rates, momenta = ((bind(pair[name], 100)).curve(100) for name in ("rate", "momentum"))
    ours = run(engine, problem="ravine", optimizer=optimizer, rate=0.05, schedule="onecycle")
    theirs = way("ravine", optimizer, (0.05 * rates).tolist(), momenta=momenta.tolist())
    np.testing.assert_allclose(ours["path"], theirs, **CLOSE)


def whole(number: float) -> int:
    """Rounded as a browser does: halves up."""
    return math.floor(number + 0.5)


def shape_of(name: str, length: int) -> Schedule:
    """What the page says that it computes, from ratecraft's constructors."""
    match name:
        case "step":
            return step(whole(length / 4), 0.3)
        case "exponential":
            return exponential(0.01, length)
        case "cosine":
            return cosine(1, 0, length)
        case "cyclical":
            return triangular(2 * whole(length / 8))
        case "onecycle":
            return bind(onecycle(up=whole(0.3 * length)).rate, length)
        case "drawn":
            ends = [whole(place * length / 8) for place in range(1, 9)]
            return piecewise(DRAWN, ends, "linear")
        case _:
            return constant(1)


@pytest.mark.parametrize("name", ["constant", "step", "exponential", "cosine", "cyclical", "onecycle", "drawn"])
def test_schedules_are_those_of_ratecraft(engine: Browser, name: str) -> None:
    script = """
      const [state] = arguments;
      const { at, text } = Playground.schedule(state);
      return [Array.from({ length: state.steps }, (_, step) => at(step)), text, Playground.expression(state)];
    """
    for steps, first in product((100, 180, 1000), (0, 10)):
        settings = {**USUAL, "schedule": name, "steps": steps, "warmup": first, "drawn": DRAWN, "rate": 0.03}
        ours, text, command = engine.run(script, settings)
        steps_up = steps * first // 100
        made = shape_of(name, steps - steps_up)
        theirs = bind(warmup(steps_up) >> made if steps_up else made, steps).curve(steps)
        np.testing.assert_allclose(ours, theirs, **CLOSE)
        np.testing.assert_allclose(bind(parse(text), steps).curve(steps), theirs, **CLOSE)
        shown = command.split('"')[1]
        np.testing.assert_allclose(bind(parse(shown), steps).curve(steps), 0.03 * theirs, **CLOSE)


def test_the_plateau_rule_is_that_of_torch(engine: Browser) -> None:
    draw = np.random.default_rng(0)
    rule = TorchPlateau(factor=0.5, patience=3)
    for first in (0.1, 1e-7):
        figures = (np.exp(-np.arange(80) / 20) + draw.normal(scale=0.1, size=80)).tolist()
        ours = engine.run("return arguments[1].map(Playground.plateau(arguments[0]))", first, figures)
        state, theirs = PlateauState((first,)), []
        for figure in figures:
            state = rule.observe(state, figure)
            theirs.append(state.rates[0])
        assert ours == theirs
        assert len(set(theirs)) > 2


def test_a_run_on_a_plateau_is_cut(engine: Browser) -> None:
    rates = run(engine, problem="bumpy", rate=0.2, schedule="plateau")["rates"]
    assert (rates[0], sorted(rates, reverse=True)) == (0.2, rates)
    assert rates[-1] < 0.05


def test_noise_has_the_spread_of_a_batch_and_comes_again(engine: Browser) -> None:
    def noise(batch: int, seed: int = 0) -> np.ndarray:  # at a rate of 1 the parabola's weight is its gradient's noise
        return np.array(
            run(engine, problem="parabola", rate=1, noise=2, batch=batch, seed=seed, steps=2000)["path"][1:]
        )

    assert abs(noise(1).std() / 2 - 1) < 0.05
    assert abs(noise(16).std() / 0.5 - 1) < 0.05
    assert abs(noise(1).mean()) < 0.15
    assert (noise(4) == noise(4)).all()
    assert (noise(4) != noise(4, seed=1)).all()


# ---- the net that reads digits


def net_loss(weights: torch.Tensor, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    hidden = torch.relu(images @ weights[:2048].reshape(32, 64).T + weights[2048:2080])
    return torch.nn.functional.cross_entropy(hidden @ weights[2080:2400].reshape(10, 32).T + weights[2400:], labels)


def shipped(engine: Browser) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = engine.run("const { images, labels } = Playground.network; return [[...images], [...labels]]")
    return torch.tensor(images).reshape(-1, 64), torch.tensor(labels)


def test_the_digits_are_of_scikit_learn_and_none_is_there_twice(engine: Browser) -> None:
    images, labels = shipped(engine)
    known = {(*image, label) for image, label in zip(*load_digits(return_X_y=True), strict=True)}
    ours = [(*image, label) for image, label in zip((images * 16).tolist(), labels.tolist(), strict=True)]
    assert (len(ours), len(set(ours))) == (700, 700)
    assert set(ours) <= known


def test_the_net_has_the_gradients_of_torch(engine: Browser) -> None:
    images, labels = shipped(engine)
    script = """
      const weights = Playground.network.start(3);
      const { loss, slope } = Playground.network.learned(weights, arguments[0]);
      const judged = Playground.network.judged(weights);
      return [[...weights], loss, [...slope], judged.loss, judged.accuracy, judged.answers];
    """
    batch = [0, 5, 17, 17, 499]
    start, loss, slope, judged, accuracy, answers = engine.run(script, batch)
    weights = torch.tensor(start).requires_grad_()
    theirs = net_loss(weights, images[batch], labels[batch])
    theirs.backward()
    assert weights.grad is not None
    np.testing.assert_allclose([loss, *slope], [theirs.item(), *weights.grad.tolist()], **CLOSE)
    with torch.no_grad():
        np.testing.assert_allclose(judged, net_loss(weights, images[500:], labels[500:]).item(), **CLOSE)
    assert accuracy == np.mean(np.array(answers) == labels[500:].numpy())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_net_trains_as_in_torch(engine: Browser, optimizer: str) -> None:
    images, labels = shipped(engine)
    script = """
      const next = Playground.network.batches(arguments[0], arguments[1]);
      return [[...Playground.network.start(arguments[0])], Array.from({ length: arguments[2] }, next)];
    """
    start, batches = engine.run(script, 4, 64, 40)
    assert sorted([digit for batch in batches for digit in batch][:500]) == list(range(500))  # an epoch
    rate = rate_of(engine, "digits", optimizer)
    ours = run(engine, problem="digits", optimizer=optimizer, rate=rate, batch=64, seed=4, steps=40)
    weights = torch.tensor(start).requires_grad_()
    rule, theirs = OPTIMIZERS[optimizer]([weights], rate), []
    for batch in batches:
        rule.zero_grad()
        loss = net_loss(weights, images[batch], labels[batch])
        theirs.append(loss.item())
        loss.backward()
        rule.step()
    np.testing.assert_allclose(ours["losses"], theirs, **CLOSE)


# ---- what finds a rate


def test_the_range_test_finds_the_edge_of_ratecraft(engine: Browser) -> None:
    draw = np.random.default_rng(0)
    rates = [1e-5 * 1e6 ** (step / 99) for step in range(100)]
    curves = []
    for _ in range(60):
        rise = draw.integers(5, 130)
        noise = draw.normal(scale=draw.choice([0, 0.02, 0.3]), size=100)
        curves.append(
            (2 - np.arange(100) / 80 + np.exp(np.arange(100) - rise) + noise)[: draw.integers(1, 101)].tolist()
        )
    script = """
      const rates = Playground.ramp.rates(1e-5, 10, 100);
      return arguments[0].map((losses) => Playground.ramp.edge(rates, losses, 100, arguments[1]));
    """
    for blown_up in (False, True):
        ours = engine.run(script, curves, blown_up)
        edges = [edge_of(rates, curve, blown_up=blown_up) for curve in curves]
        theirs = [edge.rate if edge else math.nan for edge in edges]
        np.testing.assert_allclose([math.nan if each is None else each for each in ours], theirs, **CLOSE)
        assert len(set(ours)) > 20


def test_the_bottom_of_scores_is_that_of_ratecraft(engine: Browser) -> None:
    draw = np.random.default_rng(1)
    tables = []
    for _ in range(200):
        octaves = sorted(draw.choice(range(-8, 9), size=draw.integers(1, 7), replace=False).tolist())
        tables.append([[octave, math.inf if draw.random() < 0.15 else draw.random()] for octave in octaves])
    plain = [[[octave, score if math.isfinite(score) else None] for octave, score in table] for table in tables]
    script = """
      const scores = (rows) => new Map(rows.map(([octave, score]) => [octave, score ?? Infinity]));
      return arguments[0].map((rows) => Playground.bracket.bottom(scores(rows)));
    """
    theirs = [bottom(dict(map(tuple, table))) for table in tables]
    np.testing.assert_allclose(engine.run(script, plain), theirs, **CLOSE)


@pytest.mark.parametrize("place", [0.0, 0.4, -2.0, 2.6, -4.5, 5.3, -9.0])
@pytest.mark.parametrize("steps", [250, 350])  # of one rung, as the playground has for every length
def test_the_tuner_probes_and_chooses_as_ratecraft_tune_does(engine: Browser, place: float, steps: int) -> None:
    world = Formula(horizon=steps, bottom=place, slope=0.0, edge=4.5, passes=10.0)
    found = follow(world, TunerSettings(branching="fork", budget=2.0))
    probed = [peak_octave(job, world.own_rate, steps) for job in found.scored("bracket")]
    stop = found.scored("bracket")[0].stop
    scores = {octave: world.score(octave, stop) if octave <= world.edge else None for octave in range(-20, 21)}
    script = """
      const [steps, scores] = arguments;
      const search = Playground.bracket.search(steps, () => true);
      const octaves = [];
      let next = search.next();
      while (!next.done) {
        octaves.push(next.value.octave);
        next = search.next(scores[next.value.octave] ?? Infinity);
      }
      return [Playground.bracket.rung(steps).stop, octaves, next.value.chosen];
    """
    assert stop is not None
    ours = engine.run(script, steps, scores)
    assert ours[0] == stop
    assert ours[1] == [round(octave) for octave in probed if octave is not None]
    assert found.answer.rate is not None
    assert math.isclose(world.own_rate * 2 ** ours[2], found.answer.rate, rel_tol=0.01)


# ---- the words below the pictures


BY_HAND = {"schedule": "drawn", "drawn": DRAWN}
SEEN: list[tuple[str, dict[str, Any]]] = [
    ("diverging", {"problem": "ravine", "rate": 0.7}),
    ("oscillating", {"problem": "ravine", "rate": 0.0799}),
    ("crawling", {"problem": "ravine", "rate": 0.007}),
    ("arrived", {"problem": "ravine", "rate": 0.07}),
    ("arrived", {"problem": "bowl", "rate": 0.25, "noise": 1}),
    ("stuck", {"problem": "bumpy", "rate": 0.05}),
    ("stuck", {"problem": "bumpy", "rate": 0.4, "noise": 1, **BY_HAND}),
    ("ragged", {"problem": "ravine", "rate": 0.05, "noise": 4, "batch": 1}),
    ("converging", {"problem": "bowl", "rate": 0.033}),
    ("started", {"problem": "bowl", "rate": 0.033, "steps": 5}),
    ("crawling", {"problem": "digits", "rate": 0.02, "steps": 300}),
    ("arrived", {"problem": "digits", "rate": 0.2, "steps": 300}),
    ("ragged", {"problem": "digits", "rate": 1, "steps": 300}),
    ("collapsed", {"problem": "digits", "rate": 3, "steps": 300}),
]


@pytest.mark.parametrize(("word", "settings"), SEEN)
def test_a_run_is_called_what_is_seen(engine: Browser, word: str, settings: dict[str, Any]) -> None:
    script = "return Playground.verdict(Playground.run(arguments[0]).to(9999))"
    assert engine.run(script, {**USUAL, **settings}) == word


def test_a_rate_above_the_edge_is_never_called_good_and_one_far_below_neither(engine: Browser) -> None:
    script = """
      const [usual, rates] = arguments;
      return rates.map((rate) => Playground.verdict(Playground.run({ ...usual, problem: "bowl", rate }).to(100)));
    """
    rates = [10 ** (place / 10) for place in range(-50, 11)]
    words = dict(zip(rates, engine.run(script, USUAL, rates), strict=True))
    assert {word for rate, word in words.items() if rate > 2} == {"diverging"}
    assert {word for rate, word in words.items() if rate < 0.02} == {"crawling"}
    assert {word for rate, word in words.items() if 0.1 < rate < 1.5} == {"arrived"}
