"""Mirrors ratecraft/diagnosis/losses/noise.py: a flat loss is claimed only where enough of it was seen."""

import numpy as np
import pytest
from tests.diagnosis.runs import codes, constant, falling, run

from ratecraft.diagnosis.finding import Finding
from ratecraft.diagnosis.losses.noise import decay_missing
from ratecraft.diagnosis.view.run_view import RunView

NOISE = 0.01 * np.random.default_rng(0).normal(size=200)


def checked(checks: np.ndarray) -> list[str]:
    return codes(run(falling(3000), shape=constant, checks=checks))


def flattened(count: int) -> np.ndarray:
    return 0.5 + np.where(np.arange(count) < count // 5, 1.5, 0)


def test_a_validation_loss_that_stands_at_a_constant_rate_hints_at_a_decay() -> None:
    assert "decay-missing" in checked(flattened(40) + NOISE[:40])


@pytest.mark.parametrize("count", [8, 10, 12])
def test_so_few_checks_tell_of_no_standstill(count: int) -> None:
    assert "decay-missing" not in checked(flattened(count) + NOISE[:count])


@pytest.mark.parametrize("count", [20, 60, 200])
@pytest.mark.parametrize("size", [0.01, 1.0, 100.0])
def test_one_that_fell_by_half_still_falls_however_small_it_is_against_the_first(count: int, size: float) -> None:
    checks = np.where(np.arange(count) < count // 5, 2.0, 0.0) + size * np.geomspace(0.02, 0.01, count)
    assert "decay-missing" not in checked(checks)


@pytest.mark.parametrize(("fall", "severity"), [(0.0, "warning"), (1.5, "info")])
def test_noise_of_a_validation_loss_that_still_falls_is_only_a_hint(fall: float, severity: str) -> None:
    checks = 2.0 + fall * np.linspace(1, 0, 40) + 0.3 * np.random.default_rng(0).normal(size=40)
    checks[0] = 6.0
    found = list(decay_missing(RunView(run(falling(3000), shape=constant, checks=checks))))
    assert [(each.code, each.severity) for each in found if isinstance(each, Finding)] == [
        ("too-large-noise", severity)
    ]
