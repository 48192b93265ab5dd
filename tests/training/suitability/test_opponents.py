"""Mirrors training/suitability/opponents.py: which optimizers learn from losses of their own, and which don't."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.optim import SGD, Optimizer

from ratecraft.training.instrument.rates import Rates
from ratecraft.training.suitability.opponents import Opponents


class World:
    """Two nets and their optimizers; `backward` and `step` are what a script does."""

    def __init__(self, *, maximize: bool = False) -> None:
        torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]
        self.maker, self.inner = nn.Linear(2, 3), nn.Linear(3, 4)
        self.critic = nn.Sequential(self.inner, nn.Tanh(), nn.Linear(4, 1))
        self.one = SGD(self.critic.parameters(), lr=0.01)
        self.two = SGD(self.maker.parameters(), lr=0.01, maximize=maximize)
        self.rates = Rates()
        self.rates.made(self.one)
        self.rates.made(self.two)
        self.opponents = Opponents(self.rates)
        self.places = 0

    def backward(self, *losses: torch.Tensor) -> None:
        self.places += 1
        if self.opponents.looks:
            self.opponents.backward(losses, f"line {self.places}")
        torch.autograd.backward(losses)

    def step(self, optimizer: Optimizer) -> None:
        if self.opponents.looks:
            self.opponents.turn(optimizer)
        optimizer.step()
        optimizer.zero_grad()

    def drawn(self) -> torch.Tensor:
        made: torch.Tensor = self.maker(torch.randn(8, 2))
        return made

    def judged(self, samples: torch.Tensor, label: float) -> torch.Tensor:
        scores: torch.Tensor = self.critic(samples)
        return functional.binary_cross_entropy_with_logits(scores, torch.full_like(scores, label))

    def through(self) -> torch.Tensor:
        """One loss of one model, whose body is the maker and whose head the critic."""
        return self.critic(self.drawn()).square().mean()

    def rounds(self, one_round: Callable[[], None], count: int = 4) -> tuple[str, ...]:
        for _ in range(count):
            one_round()
        return self.opponents.found


def gan(world: World) -> None:
    world.backward(world.judged(torch.randn(8, 3), 1.0) + world.judged(world.drawn().detach(), 0.0))
    world.step(world.one)
    world.backward(world.judged(world.drawn(), 1.0))
    world.step(world.two)


def gan_in_two_passes(world: World) -> None:
    world.backward(world.judged(torch.randn(8, 3), 1.0))
    world.backward(world.judged(world.drawn().detach(), 0.0))
    world.step(world.one)
    world.backward(world.judged(world.drawn(), 1.0))
    world.step(world.two)


def gan_of_one_batch(world: World) -> None:
    world.backward(world.judged(torch.cat([torch.randn(8, 3), world.drawn().detach()]), 1.0))
    world.step(world.one)
    world.backward(world.judged(world.drawn(), 1.0))
    world.step(world.two)


def critic_held(world: World) -> None:
    world.backward(world.judged(torch.cat([torch.randn(8, 3), world.drawn().detach()]), 1.0))
    world.step(world.one)
    world.critic.requires_grad_(False)
    world.backward(world.judged(world.drawn(), 1.0))
    world.critic.requires_grad_(True)
    world.step(world.two)


def five_critic_steps(world: World) -> None:
    for _ in range(5):
        world.backward(world.critic(world.drawn().detach()).mean() - world.critic(torch.randn(8, 3)).mean())
        world.step(world.one)
    world.backward(-world.critic(world.drawn()).mean())
    world.step(world.two)


def both_passes_first(world: World) -> None:
    world.backward(world.maker(torch.randn(8, 2)).square().mean())
    world.backward(world.critic(torch.randn(8, 3)).square().mean())
    world.step(world.one)
    world.step(world.two)


def opposite_signs(world: World) -> None:
    world.backward(world.through())
    world.step(world.one)
    world.backward(-world.through())
    world.step(world.two)


def one_backward(world: World) -> None:
    world.backward(world.through())
    world.step(world.one)
    world.step(world.two)


def accumulated(world: World) -> None:
    for _ in range(3):
        world.backward(world.through() / 3)
    world.step(world.one)
    world.step(world.two)


def a_term_beside(world: World) -> None:
    world.backward(world.through())
    world.backward(0.1 * world.maker.weight.square().sum())
    world.step(world.one)
    world.step(world.two)


def one_loss_in_turns(world: World) -> None:
    world.backward(world.through())
    world.step(world.one)
    world.backward(world.through())
    world.step(world.two)


def slower(world: World) -> None:
    for _ in range(3):
        world.backward(world.through())
        world.step(world.one)
    world.step(world.two)


def factors_in_turns(world: World) -> None:
    left, right = world.maker.weight, world.inner.weight
    for held, optimizer in ((left, world.one), (right, world.two)):
        held.requires_grad_(False)
        world.backward((right @ left - 1).square().mean())
        held.requires_grad_(True)
        world.step(optimizer)


@pytest.mark.parametrize(
    "script",
    [gan, gan_in_two_passes, gan_of_one_batch, critic_held, five_critic_steps, both_passes_first, opposite_signs],
)
def test_optimizers_that_learn_from_losses_of_their_own_are_seen_in_the_second_round(
    script: Callable[[World], None],
) -> None:
    world = World()
    assert [each.split(" ← ")[0] for each in world.rounds(lambda: script(world), count=2)] == ["SGD", "SGD"]


@pytest.mark.parametrize(
    "script", [one_backward, accumulated, a_term_beside, one_loss_in_turns, slower, factors_in_turns]
)
def test_optimizers_with_a_loss_in_common_are_one_model(script: Callable[[World], None]) -> None:
    world = World()
    assert world.rounds(lambda: script(world), count=12) == ()
    assert not world.opponents.looks


def test_one_phase_after_the_other_is_no_contest() -> None:
    world = World()
    for optimizer, net, size in ((world.one, world.critic, 3), (world.two, world.maker, 2)):
        for _ in range(5):
            world.backward(net(torch.randn(8, size)).square().mean())
            world.step(optimizer)
    assert world.opponents.found == ()


def test_an_optimizer_that_climbs_the_loss_of_another_is_its_opponent() -> None:
    world = World(maximize=True)
    assert len(world.rounds(lambda: one_loss_in_turns(world))) == 2


def test_each_is_told_with_the_lines_of_its_losses() -> None:
    world = World()
    assert world.rounds(lambda: gan_in_two_passes(world), count=2) == ("SGD ← line 4, line 5", "SGD ← line 3")


def test_a_single_optimizer_is_not_looked_at() -> None:
    world = World()
    alone = Opponents(Rates())
    alone.rates.made(world.one)
    assert not alone.looks


def test_nobody_looks_for_ever() -> None:
    world = World()
    for _ in range(600):
        world.backward(world.through())
        world.step(world.one)
    assert not world.opponents.looks
