"""What users of other finders complained about, each as a test of ours that bears its repository and number: tasks.

Source: the trackers of PyTorch Lightning, fastai, torch-lr-finder (davidtvs), Ignite, keras_lr_finder (surmenok),
        holocron, lrfinder (beringresearch), doctr, neural_prophet, transformers and PyTorch, read in November 2026.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.api.test_find import digest_of_users
from tests.laws.responses.test_range_ramp import curve, rates_of
from tests.training.small_tasks import Kind, digest, make_task
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.api.find import FindResult, find
from ratecraft.errors import InvalidInput, NoAnswer
from ratecraft.laws.responses.range_ramp import edge_of
from ratecraft.laws.responses.suggestions import steepest
from ratecraft.reporting.pictures.plot import plot_of
from ratecraft.reporting.text.page import Page
from ratecraft.training.tasks.task import Task


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(task: Task, **how: Any) -> FindResult:
    return find(task, progress=False, **how)


def regression(steps: int = 320, *, rate: float = 0.01, batch: int = 32, samples: int = 256, **how: Any) -> Task:
    """A small network on a curved target; `how` are fields of the task."""
    torch.manual_seed(3)
    inputs = torch.randn(samples + 128, 4)
    targets = torch.sin(inputs.sum(1, keepdim=True)) + 0.05 * torch.randn(len(inputs), 1)
    model = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    data = DataLoader(TensorDataset(inputs[:samples], targets[:samples]), batch, shuffle=True)

    def loss(model: nn.Module, batch: Any) -> torch.Tensor:
        return nn.functional.mse_loss(model(batch[0]), batch[1])

    def validation(model: nn.Module) -> float:
        return nn.functional.mse_loss(model(inputs[samples:]), targets[samples:]).item()

    return Task(
        **{  # pyright: ignore[reportArgumentType]
            "model": model,
            "optimizer": optimizer,
            "loss": loss,
            "data": data,
            "validation": validation,
            "steps": steps,
        }
        | how
    )


# ---- Lightning-AI/pytorch-lightning


def test_lightning_1767_an_early_spike_does_not_win_the_steepest_slope() -> None:
    rates, losses = np.array(rates_of(100)), np.array(curve(rates_of(100), rise=np.inf))
    spiked = losses.copy()
    spiked[2] += 100
    assert steepest(rates, spiked) == steepest(rates, losses)


def test_lightning_14248_and_21141_the_slope_is_that_against_the_logarithm_of_the_rate() -> None:
    even = np.array(rates_of(200, high=1.0))
    denser = np.sort(np.concatenate([even, np.geomspace(1e-6, 1e-5, 100)]))
    found = [steepest(rates, np.array(curve(rates.tolist(), rise=np.inf, noise=0.02))) for rates in (even, denser)]
    assert all(rate is not None and 2e-4 < rate < 5e-3 for rate in found)  # where the loss falls, not the left end


@pytest.mark.parametrize("ramp_only", [False, True])
def test_lightning_6675_the_model_is_not_left_diverged(ramp_only: bool) -> None:
    task = regression()
    before = digest_of_users(task)
    result = ask(task, ramp_only=ramp_only, rates=(1e-3, 1e3))
    assert result.edge is not None
    assert digest_of_users(task) == before


@pytest.mark.parametrize("ramp_only", [False, True])
def test_lightning_2814_and_2101_what_does_not_train_gets_no_number(ramp_only: bool) -> None:
    def stuck(model: nn.Module, batch: Any) -> torch.Tensor:
        return 0 * model(batch[0]).sum() + batch[1].square().mean()

    result = ask(regression(loss=stuck), ramp_only=ramp_only)
    assert (result.verdict, result.rate, result.interval) == ("no-information", None, None)
    assert not any(result.suggestions.values())


def test_lightning_1726_and_holocron_504_the_rate_moves_with_steps_and_not_with_batches() -> None:
    calls: list[int] = []

    def loss(model: nn.Module, batch: Any) -> torch.Tensor:
        calls.append(len(batch[0]))
        return nn.functional.mse_loss(model(batch[0]), batch[1])

    result = ask(regression(loss=loss, accumulate=3), ramp_only=True)
    ramp = result.answer.ramp
    assert ramp is not None
    assert ramp.rates == pytest.approx(rates_of(100))
    steps = len(ramp.losses)
    assert 3 * steps <= len(calls) <= 3 * steps + 3 * 3  # the fingerprint, the proof and the frozen step beside them


def test_lightning_2655_and_holocron_504_steps_that_a_scaler_skips_are_no_points() -> None:
    task = replace(
        make_task(Kind(scale=2.0**126, steps=400)), accumulate=7
    )  # gradients overflow until it has come down
    result = ask(task, ramp_only=True)
    ramp = result.answer.ramp
    assert ramp is not None
    assert np.isfinite(ramp.losses[:20]).all()
    assert result.edge is None or result.edge > 1e-3


def test_lightning_13844_and_15603_too_few_points_are_said_and_the_rate_stays() -> None:
    task = regression(steps=20)
    with pytest.raises(NoAnswer, match="A run of 20 steps is shorter than one probe, which takes 32: too few points"):
        ask(task)
    assert ask(replace(task, steps=12), ramp_only=True).answer.ramp.empty == "few-points"  # pyright: ignore[reportOptionalMemberAccess]
    assert task.optimizer.param_groups[0]["lr"] == 0.01


def test_lightning_19818_and_4784_no_attribute_is_left_behind_and_unmade_layers_are_refused() -> None:
    task = regression()
    before = [sorted(vars(each)) for each in (task, task.model, task.optimizer, task.data) if hasattr(each, "__dict__")]
    ask(task)
    after = [sorted(vars(each)) for each in (task, task.model, task.optimizer, task.data) if hasattr(each, "__dict__")]
    assert after == before
    with pytest.raises(InvalidInput, match="parameters without a shape yet"):
        regression(model=nn.Sequential(nn.LazyLinear(3)))


def test_lightning_16787_the_rate_is_that_of_the_optimizers_groups_and_needs_no_attribute() -> None:
    task = regression()
    assert not hasattr(task.model, "lr")
    result = ask(task)
    assert [group.base_rate for group in result.answer.groups] == [0.01]


def test_lightning_9672_a_second_call_gives_the_same_answer() -> None:
    first, second = ask(regression()), ask(regression(), new=True)
    assert first.answer == second.answer


# ---- fastai


@pytest.mark.soak
def test_fastai_3295_and_course_v3_301_the_answers_of_other_seeds_lie_within_the_interval() -> None:
    results = [ask(regression(steps=1000), seed=seed) for seed in range(5)]
    rates = [result.rate for result in results]
    low, high = results[0].interval or (0.0, 0.0)
    assert sum(rate is not None and low <= rate <= high for rate in rates) >= 4
    (shown,) = re.findall(r"^Rate +(\S+)", str(results[0]), flags=re.MULTILINE)
    assert re.fullmatch(r"\d(\.\d)?e-\d|0\.\d\d", shown)  # not five digits


def test_fastai_3013_and_2892_the_training_afterwards_is_the_one_without_a_finder() -> None:
    def trained(*, finder: bool) -> str:
        task = regression()
        if finder:
            ask(task)
        for batch in task.data:  # pyright: ignore[reportGeneralTypeIssues]
            task.optimizer.zero_grad()
            task.loss(task.model, batch).backward()
            task.optimizer.step()
        return digest(task.model.state_dict(), task.optimizer.state_dict(), torch.get_rng_state())

    assert trained(finder=True) == trained(finder=False)


def test_fastai_2420_and_3240_two_finders_in_one_folder_have_files_of_their_own(home: Path) -> None:
    first, second = ask(regression()), ask(regression(rate=0.02))
    assert first.study != second.study
    assert {path.name for path in home.iterdir()} == {".ratecraft"}


@pytest.mark.parametrize("steps", [2, 3, 8, 17, 40])
def test_fastai_3658_and_3458_few_iterations_raise_no_index_error(steps: int) -> None:
    result = ask(regression(steps=steps), ramp_only=True)
    assert result.verdict in ("suggested", "no-information")


# ---- davidtvs/pytorch-lr-finder


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_lr_finder_68_the_number_of_iterations_does_not_change_the_answer(noise: float) -> None:
    edges = []
    for steps in (50, 100, 300):
        rates = rates_of(steps)
        edges.append(edge_of(rates, curve(rates, noise=noise)))
    assert all(
        first and second and first.low <= second.high and second.low <= first.high for first, second in pairwise(edges)
    )


def test_lr_finder_86_and_77_the_reason_is_in_words_and_a_program_needs_no_plot() -> None:
    plain = ask(regression()).to_json()
    assert all(each["text"] for each in plain["decisions"])
    assert plain["rate"] == pytest.approx(plain["groups"][0]["rate"])


def test_lr_finder_44_a_model_that_is_already_trained_gets_no_number_from_a_flat_curve() -> None:
    task = regression(rate=0.05)
    for _ in range(150):
        for batch in task.data:  # pyright: ignore[reportGeneralTypeIssues]
            task.optimizer.zero_grad()
            task.loss(task.model, batch).backward()
            task.optimizer.step()
    result = ask(task, ramp_only=True)
    assert result.verdict == "no-information"
    assert result.edge is not None
    rates = [probe.rate for probe in ask(task).probes]
    assert min(rates) < 0.05 < max(rates)  # probes lie about the rate at hand


def test_lr_finder_59_a_validation_loader_is_read_anew_at_every_point() -> None:
    inputs = torch.randn(64, 4)
    loader = DataLoader(TensorDataset(inputs, inputs.sum(1, keepdim=True)), 16)
    result = ask(regression(validation=loader))
    scores = [probe.score for probe in result.probes if probe.score is not None]
    assert len(set(scores)) == len(scores) >= 4
    with pytest.raises(InvalidInput, match="can be gone through only once"):
        regression(data=iter([1, 2]))


def test_lr_finder_61_and_80_several_inputs_and_batches_of_any_kind_are_the_users_own_matter() -> None:
    task = regression()

    def batches() -> Iterator[dict[str, torch.Tensor]]:
        for inputs, targets in task.data:  # pyright: ignore[reportGeneralTypeIssues]
            yield {"left": inputs[:, :2], "right": inputs[:, 2:], "wanted": targets}

    def loss(model: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return nn.functional.mse_loss(model(torch.cat([batch["left"], batch["right"]], 1)), batch["wanted"])

    assert ask(replace(task, data=batches, loss=loss)).verdict == "found"


def test_lr_finder_52_no_point_is_left_out_of_the_picture() -> None:
    for steps in (4, 30, 320):
        answer = ask(regression(steps=steps), ramp_only=True).answer
        plot = plot_of(answer, Page())
        assert plot is not None
        assert answer.ramp is not None
        assert len(plot.curves[0].points) == len(answer.ramp.losses)


def test_lr_finder_8_and_54_several_batches_a_rate_are_batches_that_are_accumulated() -> None:
    once, often = ask(regression(batch=4), ramp_only=True), ask(regression(batch=4, accumulate=8), ramp_only=True)
    noises = [np.abs(np.diff(each.answer.ramp.losses[:30])).mean() for each in (once, often)]  # pyright: ignore[reportOptionalMemberAccess]
    assert noises[1] < noises[0] / 2


# ---- Ignite, Keras, and the others


def test_ignite_1482_and_2703_no_number_is_the_edge_and_groups_keep_their_ratios() -> None:
    task = make_task(Kind(steps=400))
    result = ask(task, rates=(1e-2, 1e4))
    assert result.edge is not None
    leading, other = result.answer.groups if result.answer.leading == 0 else result.answer.groups[::-1]
    assert (leading.ratio, other.ratio) == (1.0, pytest.approx(0.1))


def test_keras_lr_finder_18_the_rate_is_right_after_several_epochs() -> None:
    ramp = ask(regression(samples=64), ramp_only=True).answer.ramp  # 2 batches an epoch, 100 steps
    assert ramp is not None
    assert ramp.rates == pytest.approx(rates_of(100), rel=1e-12)


def test_keras_lr_finder_6_and_35_a_generator_serves_where_a_function_makes_it() -> None:
    draw = torch.Generator().manual_seed(1)
    inputs = torch.randn(400, 4, generator=draw)

    def endless() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        while True:
            for rows in inputs.split(40):
                yield rows, rows.sum(1, keepdim=True)

    assert ask(regression(data=endless, validation=None)).verdict == "found"


def test_lrfinder_1_every_rate_sees_the_same_batches_in_the_same_order() -> None:
    seen: list[float] = []

    def loss(model: nn.Module, batch: Any) -> torch.Tensor:
        if torch.is_grad_enabled():
            seen.append(float(batch[0].sum()))
        return nn.functional.mse_loss(model(batch[0]), batch[1])

    result = ask(regression(loss=loss))
    probes, steps = len(result.probes), result.probes[0].stop
    per_probe = np.array(seen[-probes * steps :]).reshape(probes, steps)
    assert (per_probe == per_probe[0]).all()


def test_doctr_1896_more_steps_than_batches_go_round_the_data() -> None:
    ramp = ask(regression(samples=96), ramp_only=True).answer.ramp  # 3 batches
    assert ramp is not None
    assert len(ramp.losses) > 30


def test_neural_prophet_892_the_answer_does_not_hang_on_the_range() -> None:
    results = [ask(regression(steps=1000), rates=rates) for rates in ((1e-3, 10.0), (1e-4, 3.0))]
    first, second = (result.rate or 0.0 for result in results)
    assert second / 4 < first < 4 * second


def test_transformers_16013_a_fine_tuning_gets_a_rate_that_holds_on_held_out_data() -> None:
    """A ramp sees only that the loss rises; short annealed runs are scored on what was held out."""
    task = regression(steps=1000)
    result, ramp = ask(task), ask(task, ramp_only=True)
    assert result.rate is not None
    assert ramp.edge is not None
    assert result.rate < ramp.edge
    assert ramp.rate is None


def test_pytorch_21965_no_initial_lr_is_left_in_the_groups() -> None:
    task = regression()
    before = [sorted(group) for group in task.optimizer.param_groups]
    ask(task)
    ask(task, ramp_only=True)
    assert [sorted(group) for group in task.optimizer.param_groups] == before
    assert "initial_lr" not in before[0]
