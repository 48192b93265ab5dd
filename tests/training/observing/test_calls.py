"""Mirrors training/observing/calls.py: what networks are given, and which of them nobody trains."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from tests.training.watched import Seen
from torch import nn
from torch.nn import functional
from torch.optim import SGD, Optimizer

from ratecraft.training.instrument.loaded_weights import mark_loaded
from ratecraft.training.observing.sensor import Sensor

DATA = torch.linspace(0, 200, 24).reshape(8, 3)
READ = {"input_mean": DATA.mean().item(), "input_deviation": DATA.std().item()}


def mlp(width: int = 3) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(width, 4), nn.ReLU(), nn.Linear(4, 1))


def told(step: Callable[[], Any], steps: int = 3) -> Seen:
    """What is told of a script that makes these steps."""
    seen = Seen()
    sensor = Sensor(seen)
    sensor.follow_all()
    for _ in range(steps):
        step()
    sensor.close()
    return seen


def inputs(seen: Seen) -> dict[str, float]:
    return {name: seen.values(name)[0] for name in sorted(READ) if name in seen.names}


def training(model: Callable[..., Any], optimizer: Optimizer, *given: Any, **named: Any) -> Callable[[], None]:
    """A step of a plain training."""

    def step() -> None:
        optimizer.zero_grad()
        model(*given, **named).square().mean().backward()
        optimizer.step()

    return step


class Wrapped(nn.Module):
    """A model in the way of others: takes a mapping, by name."""

    def __init__(self, before: Callable[[torch.Tensor], torch.Tensor] = lambda each: each) -> None:
        super().__init__()
        self.before, self.layers = before, mlp()

    def forward(self, batch: dict[str, torch.Tensor]) -> Any:
        return self.layers(self.before(batch["x"]))


class Own(nn.Module):
    """Weights of its own, no layers."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.ones(3, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.matrix


@dataclass(frozen=True)
class Compiled:
    """As `torch.compile` leaves a model, whose inner calls nobody hears."""

    layers: nn.Module

    def module(self) -> nn.Module:
        return torch.compile(self.layers, backend="eager")  # pyright: ignore[reportReturnType, reportUnknownMemberType]


MODELS: dict[str, tuple[Callable[[], nn.Module], Any]] = {
    "layers": (mlp, DATA),
    "a wrapper and a mapping": (Wrapped, {"x": DATA}),
    "images": (lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.Flatten(), nn.Linear(4, 1)), DATA.reshape(8, 3, 1, 1)),
    "integers that the model makes floats": (lambda: Wrapped(torch.Tensor.float), {"x": DATA.round().to(torch.int64)}),
    "a matrix of its own": (Own, DATA),
    "shared among devices": (lambda: nn.DataParallel(mlp()), DATA),
    "compiled": (lambda: Compiled(mlp()).module(), DATA),
}


@pytest.mark.parametrize("kind", MODELS)
def test_the_data_of_the_second_batch_are_read_once(kind: str) -> None:
    make, given = MODELS[kind]
    model = make()
    seen = told(training(model, SGD(model.parameters(), lr=0.0), given))
    expected = {name: pytest.approx(value, rel=0.01) for name, value in READ.items()}
    assert inputs(seen) == expected
    assert seen.steps("input_mean") == seen.steps("input_deviation") == [1]


def recurrent() -> nn.Module:
    return nn.GRU(3, 4, batch_first=True)


NORMALISED: dict[str, Callable[[], nn.Module]] = {
    "batch norm": lambda: nn.Sequential(nn.BatchNorm1d(3), mlp()),
    "batch norm without weights": lambda: nn.Sequential(nn.BatchNorm1d(3, affine=False), mlp()),
    "layer norm": lambda: nn.Sequential(nn.LayerNorm(3), mlp()),
    "in its own code": lambda: nn.Sequential(Lambda(lambda x: (x - x.mean(0)) / x.std(0)), mlp()),
    "batch norm, compiled": lambda: Compiled(nn.Sequential(nn.BatchNorm1d(3), mlp())).module(),
}


class Lambda(nn.Module):
    """A function as a layer."""

    def __init__(self, act: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.act = act

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(x)


@pytest.mark.parametrize("kind", NORMALISED)
def test_what_a_model_normalises_itself_counts_as_normalised(kind: str) -> None:
    model = NORMALISED[kind]()
    seen = told(training(model, SGD(model.parameters(), lr=0.01), DATA))
    assert inputs(seen).get("input_deviation", 1.0) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("frozen", [False, True])
def test_symbols_have_no_scale_nor_what_is_made_of_them(frozen: bool) -> None:
    table = nn.Embedding(10, 3).requires_grad_(not frozen)
    model = nn.Sequential(table, nn.LayerNorm(3).requires_grad_(not frozen), mlp())
    seen = told(training(model, SGD(model.parameters(), lr=0.01), torch.tensor([[1, 2, 3]])))
    assert inputs(seen) == {}


def test_of_a_teacher_and_a_student_the_data_are_the_same_and_the_teacher_is_not_left_out() -> None:
    teacher, student = mlp().requires_grad_(False), mlp()
    both = training(lambda x: student(x) - teacher(x), SGD(student.parameters(), lr=0.0), DATA)
    seen = told(both)
    assert inputs(seen)["input_mean"] == pytest.approx(READ["input_mean"])
    assert seen.facts["parameters_left_out"] == 0


def test_a_forward_pass_before_the_training_is_not_read() -> None:
    model = mlp()
    model(torch.zeros(2, 3))
    seen = told(training(model, SGD(model.parameters(), lr=0.0), DATA))
    assert inputs(seen)["input_mean"] == pytest.approx(READ["input_mean"])


@pytest.mark.parametrize("way", ["eval", "no_grad"])
def test_an_evaluation_between_steps_is_not_read(way: str) -> None:
    model = mlp()
    train = training(model, SGD(model.parameters(), lr=0.0), DATA)

    def step() -> None:
        train()
        model.train(way != "eval")
        with torch.set_grad_enabled(way == "eval"):
            model(torch.full((100, 3), 1e6))
        model.train()

    assert inputs(told(step))["input_mean"] == pytest.approx(READ["input_mean"])


def test_of_a_generator_and_its_critic_the_larger_data_are_read_and_nothing_is_left_out() -> None:
    generator, critic = mlp(), mlp(1)
    play, judge = SGD(generator.parameters(), lr=0.01), SGD(critic.parameters(), lr=0.01)

    def step() -> None:
        noise, real = torch.randn(4, 3), torch.full((64, 1), 5.0)
        judge.zero_grad()
        (critic(generator(noise).detach()).mean() - critic(real).mean()).backward()
        judge.step()
        play.zero_grad()
        critic(generator(noise)).mean().backward()
        play.step()

    seen = told(step, 102)
    assert inputs(seen) == {"input_mean": 5.0, "input_deviation": 0.0}
    assert seen.facts["parameters_left_out"] == 0


def test_an_optimizer_that_has_its_turn_later_takes_back_what_was_left_out() -> None:
    body, head = mlp(), nn.Linear(1, 1)
    optimizers = [SGD(head.parameters(), lr=0.01), SGD(body.parameters(), lr=0.01)]
    steps = iter(range(200))

    def step() -> None:
        body.zero_grad()
        head.zero_grad()
        head(body(DATA)).mean().backward()
        for optimizer in optimizers[: 1 + (next(steps) >= 50)]:
            optimizer.step()

    assert told(step, 45).facts["parameters_left_out"] == 21
    assert told(step, 120).facts["parameters_left_out"] == 0


@pytest.mark.parametrize(("loaded", "lost"), [(False, 16), (True, 0)])
def test_a_body_that_no_optimizer_has_is_counted_unless_it_was_loaded(loaded: bool, lost: int) -> None:
    model = mlp()
    if loaded:
        mark_loaded(model.parameters())
    seen = told(training(model, SGD(model[2].parameters(), lr=0.01), DATA))
    assert (seen.facts["parameters"], seen.facts["parameters_left_out"]) == (21, lost)


def test_copies_in_another_precision_are_not_taken_for_something_else() -> None:
    model = mlp()
    masters = [each.detach().clone().requires_grad_() for each in model.parameters()]
    seen = told(training(model, SGD(masters, lr=0.01), DATA))
    assert "parameters_left_out" not in seen.facts


def test_weights_that_are_no_modules_say_nothing_and_are_listened_for_in_vain_for_a_while() -> None:
    matrix = torch.ones(3, 1, requires_grad=True)
    before = nn.Module.__call__
    seen = told(training(lambda x: functional.linear(x, matrix.T), SGD([matrix], lr=0.0), DATA), 20)
    assert inputs(seen) == {}
    assert nn.Module.__call__ is before


def test_a_recurrent_net_is_known_as_one() -> None:
    model = recurrent()
    step = training(lambda x: model(x)[0], SGD(model.parameters(), lr=0.0), DATA[None])
    assert told(step).facts["recurrent"] == 1.0


def test_calls_are_heard_in_the_second_step_alone() -> None:
    model = mlp()
    step = training(model, SGD(model.parameters(), lr=0.01), DATA)
    before, calls = nn.Module.__call__, list[bool]()

    def counted() -> None:
        calls.append(nn.Module.__call__ is before)
        step()

    told(counted, 5)
    assert calls == [True, False, True, True, True]


def test_a_sensor_that_is_closed_between_leaves_nothing_behind() -> None:
    model = mlp()
    before = nn.Module.__call__
    told(training(model, SGD(model.parameters(), lr=0.01), DATA), 1)
    assert nn.Module.__call__ is before


def test_a_model_under_a_transform_of_functions_is_not_looked_into() -> None:
    model = mlp()
    optimizer = SGD(model.parameters(), lr=0.01)
    seen = told(training(torch.func.vmap(model, randomness="same"), optimizer, DATA))
    assert inputs(seen) == {}


def test_what_is_compiled_anew_while_calls_are_heard_is_compiled_as_often_as_without() -> None:
    compiled: list[list[int]] = []
    for is_watched in (False, True):
        torch.compiler.reset()
        graphs = list[int]()

        def backend(graph: Any, given: Any, graphs: list[int] = graphs) -> Any:
            graphs.append(1)
            return graph.forward

        model = torch.compile(mlp(), backend=backend)
        sizes = iter([8, 5, 7, 6])

        def step(model: Any = model, sizes: Any = sizes) -> None:
            training(model, SGD(model.parameters(), lr=0.0), DATA[: next(sizes)])()

        for act in (lambda: told(step, 4),) if is_watched else (step,) * 4:
            act()
        compiled.append(graphs)
    assert compiled[0] == compiled[1]
