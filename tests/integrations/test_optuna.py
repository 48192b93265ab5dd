"""Optuna's own loop, pruners and samplers, over real trainings: what is compared, and what a branch leaves behind."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
import torch
from optuna.distributions import FloatDistribution
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import Trial, TrialState
from tests.integrations.finished_study import finished_study
from torch import nn

from ratecraft.errors import InvalidInput, NoAnswer, StudyError
from ratecraft.integrations.optuna import AnnealingPruner, AnnealingSampler, annealed, seed_study
from ratecraft.schedules import constant, linear

STEPS = 256
RUNGS = [32, 96]


@pytest.fixture(autouse=True)
def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)


class Regression:
    """A noisy regression: at a constant rate a large one looks worse than it is."""

    def __init__(self, optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.SGD, rate: float = 0.1) -> None:
        torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]
        self.inputs = torch.randn(1024, 8)
        self.targets = self.inputs.sum(1, keepdim=True) + torch.randn(1024, 1)
        self.model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Dropout(0.1), nn.Linear(16, 1))
        self.optimizer = optimizer(self.model.parameters(), lr=rate)

    def step(self, at: int) -> None:
        chosen = torch.arange(at * 16, at * 16 + 16) % 768
        self.optimizer.zero_grad()
        loss = nn.functional.mse_loss(self.model(self.inputs[chosen]), self.targets[chosen])
        loss.backward()  # pyright: ignore[reportUnknownMemberType]
        self.optimizer.step()

    @torch.no_grad()
    def score(self) -> float:
        self.model.eval()
        return float(nn.functional.mse_loss(self.model(self.inputs[768:]), self.targets[768:]))


def trained(trial: Trial) -> float:
    made = Regression(rate=trial.suggest_float("lr", 1e-4, 1.0, log=True))
    for step in annealed(trial, made.optimizer, STEPS, made.score):
        made.step(step)
    return made.score()


def study_of(sampler: BaseSampler | None = None, **how: Any) -> optuna.Study:
    return optuna.create_study(sampler=sampler or RandomSampler(seed=0), pruner=AnnealingPruner(), **how)


def add(study: optuna.Study, figures: dict[int, float], value: float | None = None, **params: float) -> None:
    """A trial that reported annealed figures, and came to its end with a value or was pruned."""
    study.add_trial(
        optuna.trial.create_trial(
            state=TrialState.PRUNED if value is None else TrialState.COMPLETE,
            value=value,
            params=params,
            distributions={name: FloatDistribution(1e-4, 1.0, log=True) for name in params},
            intermediate_values=figures,
            user_attrs={"ratecraft:rungs": RUNGS, "ratecraft:steps": STEPS},
        )
    )


class TestTheLoop:
    @pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW])
    def test_a_run_with_branches_ends_bit_for_bit_as_one_without(
        self, kind: Callable[..., torch.optim.Optimizer]
    ) -> None:
        ends: list[torch.Tensor] = []
        without: list[int] = []
        for rungs in (without, None):
            made = Regression(kind)
            torch.manual_seed(1)  # pyright: ignore[reportUnknownMemberType]
            for step in annealed(optuna.trial.FixedTrial({}), made.optimizer, STEPS, made.score, rungs=rungs):
                assert made.model.training
                made.step(step)
            ends.append(torch.cat([value.reshape(-1).float() for value in made.model.state_dict().values()]))
        assert torch.equal(*ends)

    def test_the_steps_of_a_branch_come_again(self) -> None:
        made = Regression()
        steps = [*annealed(optuna.trial.FixedTrial({}), made.optimizer, 100, made.score, rungs=[40])]
        assert steps == [*range(40), *range(30, 100)]

    def test_the_rate_has_come_down_where_a_figure_is_reported(self) -> None:
        rates: list[float] = []
        made, at_report = Regression(rate=0.5), list[float]()

        def score() -> float:
            at_report.append(rates[-1])
            return 0.0

        for _ in annealed(optuna.trial.FixedTrial({}), made.optimizer, STEPS, score):
            rates.append(made.optimizer.param_groups[0]["lr"])
        assert at_report == [pytest.approx(0.5 / 8), pytest.approx(0.5 / 24)]  # the last of 8 steps down, and of 24
        assert max(rates) == 0.5
        assert rates[-1] < 0.5 / 100

    def test_groups_keep_their_ratio_and_a_schedule_is_followed(self) -> None:
        weights = [nn.Parameter(torch.zeros(1)) for _ in range(2)]
        optimizer = torch.optim.SGD([{"params": weights[:1], "lr": 0.1}, {"params": weights[1:], "lr": 0.4}])
        loop = annealed(optuna.trial.FixedTrial({}), optimizer, 10, lambda: 0.0, schedule=linear(1, 0), rungs=[])
        seen = [[group["lr"] for group in optimizer.param_groups] for _ in loop]
        assert seen[5] == pytest.approx([0.05, 0.2])

    @pytest.mark.parametrize("rungs", [[60, 40], [40, 40], [100], [120]])
    def test_rungs_that_do_not_rise_to_below_the_end_are_refused(self, rungs: list[int]) -> None:
        with pytest.raises(InvalidInput, match="rise"):
            annealed(optuna.trial.FixedTrial({}), Regression().optimizer, 100, lambda: 0.0, rungs=rungs)

    def test_a_short_run_has_no_rungs(self) -> None:
        made = Regression()
        assert [*annealed(optuna.trial.FixedTrial({}), made.optimizer, 60, made.score)] == [*range(60)]


class TestThePruner:
    def test_the_worse_of_two_is_pruned_at_the_first_rung(self) -> None:
        study = study_of()
        for rate in (0.1, 1e-4):
            study.enqueue_trial({"lr": rate})
        study.optimize(trained, n_trials=2)
        good, bad = study.trials
        assert (good.state, bad.state) == (TrialState.COMPLETE, TrialState.PRUNED)
        assert [*good.intermediate_values] == RUNGS
        assert [*bad.intermediate_values] == RUNGS[:1]

    @pytest.mark.parametrize(("direction", "goes_on"), [("minimize", 0.9), ("maximize", 1.1)])
    def test_better_is_what_the_study_says(self, direction: str, goes_on: float) -> None:
        study = study_of(direction=direction)
        add(study, {32: 1.0}, 1.0)
        assert [asked(study, value) for value in (0.9, 1.1)] == [value != goes_on for value in (0.9, 1.1)]

    def test_a_figure_within_the_tolerance_goes_on(self) -> None:
        study = study_of()
        add(study, {32: 1.0}, 1.0)
        assert [asked(study, value) for value in (1.009, 1.011)] == [False, True]

    def test_what_is_no_number_is_pruned_and_never_a_rival(self) -> None:
        study = study_of()
        add(study, {32: -math.inf})
        assert asked(study, math.nan)
        assert not asked(study, 5.0)

    def test_figures_at_a_rate_that_has_not_come_down_are_no_rivals(self) -> None:
        study = study_of()
        study.add_trial(optuna.trial.create_trial(value=0.0, intermediate_values={32: 0.0}))
        assert not asked(study, 5.0)
        assert not asked(study, 5.0, step=33)

    def test_of_eight_at_a_rung_two_go_on(self) -> None:
        study = study_of()
        for figure in range(1, 8):
            add(study, {32: float(figure)})
        assert [asked(study, value) for value in (1.5, 2.5)] == [False, True]

    def test_trials_of_other_processes_are_rivals(self, tmp_path: Path) -> None:
        storage = f"sqlite:///{tmp_path}/optuna.db"
        add(study_of(storage=storage, study_name="one"), {32: 1.0}, 1.0)
        assert asked(optuna.load_study(study_name="one", storage=storage, pruner=AnnealingPruner()), 2.0)

    @pytest.mark.parametrize("given", [{"tolerance": -0.1}, {"reduction_factor": 1}])
    def test_bad_settings_are_refused(self, given: dict[str, Any]) -> None:
        with pytest.raises(InvalidInput, match=r"tolerance|reduction_factor"):
            AnnealingPruner(**given)


def asked(study: optuna.Study, value: float, step: int = 32) -> bool:
    """Whether one more trial with this figure is pruned; it leaves nothing behind."""
    trial = study.ask()
    trial.set_user_attr("ratecraft:rungs", RUNGS)
    trial.report(value, step)
    pruned = trial.should_prune()
    study.tell(trial, state=TrialState.FAIL)
    return pruned


class TestTheSampler:
    def test_a_pruned_trial_is_shown_as_a_full_run(self) -> None:
        seen: list[list[tuple[TrialState, float]]] = []

        class Looking(RandomSampler):
            def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
                seen.append([(each.state, each.value) for each in study.get_trials() if each.state.is_finished()])
                return super().infer_relative_search_space(study, trial)

        study = study_of(AnnealingSampler(Looking()))
        add(study, {32: 1.0, 96: 0.8}, 0.5)
        add(study, {32: 3.0})
        add(study, {32: 2.0, 96: 0.9})
        study.ask().suggest_float("lr", 1e-4, 1.0)
        complete = TrialState.COMPLETE
        assert seen[0] == [(complete, 0.5), (complete, pytest.approx(2.5)), (complete, pytest.approx(0.6))]
        assert [trial.state for trial in study.trials[1:3]] == [
            TrialState.PRUNED
        ] * 2  # in the storage they are as ever

    @pytest.mark.parametrize(
        "base", [lambda: TPESampler(seed=0, n_startup_trials=4), lambda: GPSampler(seed=0, n_startup_trials=4)]
    )
    def test_it_goes_where_pruned_trials_were_good(self, base: Callable[[], BaseSampler]) -> None:
        study = study_of(AnnealingSampler(base()))
        add(study, {32: 1.0}, 0.9, lr=1e-3)
        for place in range(12):
            rate = 10 ** -(place / 3)
            add(study, {32: abs(math.log10(rate) + 1)}, lr=rate)
        proposed = [study.ask({"lr": FloatDistribution(1e-4, 1.0, log=True)}).params["lr"] for _ in range(3)]
        assert all(0.02 < rate < 0.5 for rate in proposed)

    def test_a_study_of_trainings_comes_near_the_best_rate(self) -> None:
        study = study_of(AnnealingSampler(seed=0))
        study.optimize(trained, n_trials=10)
        states = [trial.state for trial in study.trials]
        assert states.count(TrialState.PRUNED) >= 4
        assert 0.01 < study.best_params["lr"] <= 1.0
        assert study.sampler.__class__ is AnnealingSampler


class TestASeed:
    def test_the_tuned_rate_is_the_first_trial_and_the_interval_the_middle_of_the_range(self, tmp_path: Path) -> None:
        folder = finished_study(tmp_path, constant(0.1, 100), 100, rate=0.1, interval=(0.05, 0.2))
        study = study_of()
        space = seed_study(study, folder)
        assert space["lr"] == FloatDistribution(0.0125, 0.8, log=True)
        assert study.ask(dict(space)).params == {"lr": 0.1}
        assert math.sqrt(space["lr"].low * space["lr"].high) == pytest.approx(0.1)

    def test_seeding_again_adds_nothing(self, tmp_path: Path) -> None:
        folder = finished_study(tmp_path, constant(0.1, 100), 100)
        study = study_of()
        seed_study(study, str(folder), "rate")
        space = seed_study(study, str(folder), "rate")
        assert len(study.trials) == 1
        assert space["rate"] == FloatDistribution(0.025, 0.4, log=True)

    def test_a_study_without_a_rate_seeds_none(self, tmp_path: Path) -> None:
        folder = finished_study(tmp_path, constant(0.1, 100), 100, verdict="no-information", rate=None)
        with pytest.raises(NoAnswer, match="no rate"):
            seed_study(study_of(), folder)

    def test_a_study_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(StudyError):
            seed_study(study_of(), tmp_path / "nothing")
