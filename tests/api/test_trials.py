"""Mirrors ratecraft/api/trials.py: whole searches by a loop, in this process and killed in others."""

import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ratecraft.api.trials import Trials, trials
from ratecraft.cli.main import main
from ratecraft.errors import InvalidInput, StudyError

RATES = {"rate": [0.1, 0.01, 0.001]}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RATECRAFT_LANGUAGE", "en")
    return tmp_path


def loss_of(rate: float) -> float:
    return (math.log10(rate) + 2) ** 2 + 1


def looped(search: Trials, most: int | None = None) -> list[int]:
    """The numbers of the trials that came up; the loop is left in the one after `most`."""
    seen: list[int] = []
    for trial in search:
        seen.append(trial.number)
        if most is not None and len(seen) > most:
            break
        trial.report(1, loss_of(trial.rate))
    return seen


def test_a_loop_gets_every_trial_and_then_the_result() -> None:
    search = trials(RATES, method="grid")
    assert looped(search) == [0, 1, 2]
    assert search.result.values == {"rate": 0.01}
    assert search.result.costs.runs == 3
    assert "The trials are compared with each other" in str(search.result)
    assert looped(search) == []


def test_a_loop_that_was_left_goes_on_with_the_trial_that_it_was_left_in() -> None:
    assert looped(trials(RATES, method="grid"), most=1) == [0, 1]
    with pytest.raises(StudyError, match="The result is not available yet"):
        _ = trials(RATES, method="grid").result
    again = trials(RATES, method="grid")
    assert looped(again) == [1, 2]
    assert [each.number for each in again.result.trials] == [1, 0, 2]


def test_it_begins_anew_where_it_is_told_to() -> None:
    looped(trials(RATES, method="grid"))
    assert looped(trials(RATES, method="grid", new=True)) == [0, 1, 2]


def test_other_settings_are_another_study() -> None:
    looped(trials(RATES, method="grid"))
    assert len(looped(trials(RATES, method="random", trials=2))) == 2


def test_an_exception_of_the_body_ends_the_loop_and_the_study_goes_on() -> None:
    def fails() -> None:
        for trial in trials(RATES, method="grid"):
            _ = trial.rate / 0

    with pytest.raises(ZeroDivisionError):
        fails()
    assert looped(trials(RATES, method="grid")) == [0, 1, 2]


def test_each_seed_of_a_trial_comes_up_and_the_noise_is_measured() -> None:
    search, seen = trials(RATES, method="grid", seeds=2, seed=5), list[tuple[int, int]]()
    for trial in search:
        seen.append((trial.number, trial.seed))
        trial.report(1, loss_of(trial.values["rate"]) + 0.1 * trial.seed)
    assert seen == [(0, 5), (0, 6), (1, 5), (1, 6), (2, 5), (2, 6)]
    assert search.result.noise == pytest.approx(0.1 / math.sqrt(2))


def test_a_trial_that_reports_nothing_is_lost() -> None:
    search = trials(RATES, method="grid")
    for trial in search:
        if trial.number:
            trial.report(1, trial.rate)
    assert [each.score for each in search.result.trials] == [0.001, 0.01, None]


def test_where_larger_is_better_the_largest_is_the_best() -> None:
    search = trials(RATES, method="grid", metric="accuracy:max")
    for trial in search:
        trial.report(1, trial.rate)
    assert search.result.values == {"rate": 0.1}
    assert search.result.answer.metric.name == "accuracy"


def test_a_value_that_is_there_only_at_times_is_left_out() -> None:
    space = {"optimizer": ["adam", "sgd"], "momentum": {"choices": [0.8, 0.9], "when": {"optimizer": "sgd"}}}
    search, seen = trials(space, method="grid"), list[dict[str, Any]]()
    for trial in search:
        seen.append(dict(trial.values))
        trial.report(1, 1.0)
    assert seen == [{"optimizer": "adam"}, {"optimizer": "sgd", "momentum": 0.8}, {"optimizer": "sgd", "momentum": 0.9}]


def test_halving_stops_most_trials_early_and_ranks_them_after_whole_ones() -> None:
    search, steps = trials({"rate": (1e-4, 1.0)}, method="asha", trials=12, steps=160), dict[int, int]()
    for trial in search:
        for step in range(1, 161):
            trial.report(step, loss_of(trial.rate) + 10 / step)
            steps[trial.number] = step
            if trial.should_stop():
                break
    assert set(steps.values()) <= {10, 40, 160}
    assert steps[0] == 160
    assert list(steps.values()).count(10) >= 6
    found = search.result
    assert found.costs.runs == pytest.approx(sum(steps.values()) / 160)
    assert [each.steps for each in found.trials] == sorted((each.steps for each in found.trials), reverse=True)
    assert [each.is_whole for each in found.trials] == [each.steps == 160 for each in found.trials]
    best = min(
        steps, key=lambda number: (steps[number] != 160, {each.number: each.score for each in found.trials}[number])
    )
    assert found.trials[0].number == best


def test_halving_draws_as_random_does_and_needs_no_model() -> None:
    """What it draws is known beforehand, so that a trial that is cut off changes no other."""
    seen: dict[str, list[float]] = {}
    for method in ("random", "asha"):
        for trial in trials({"rate": (1e-4, 1.0)}, method=method, trials=5, steps=160):
            seen.setdefault(method, []).append(trial.rate)
            trial.report(160, trial.rate)
    assert seen["random"] == seen["asha"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"method": "asha"}, "the steps of a whole trial are not given"),
        ({"method": "hyperband", "steps": 100}, "`hyperband` stops trials early"),
        ({"method": "bayes"}, "There is no method `bayes`"),
        ({"metric": "score"}, "score"),
        ({"metric": "score:down"}, "score:down"),
        ({"metric": " "}, "metric"),
        ({"trials": 0}, "trials"),
        ({"space": {}}, "The space does not vary anything"),
        ({"space": {"rate": (0.1, 0.01)}}, "rate cannot go from 0.1 to 0.01"),
    ],
)
def test_bad_input_is_one_clear_error(changes: dict[str, Any], text: str) -> None:
    given: dict[str, Any] = {"space": RATES, **changes}
    with pytest.raises(InvalidInput, match=text):
        trials(**given)


def test_a_loop_becomes_a_study_of_optuna_s_with_the_course_of_every_trial() -> None:
    optuna = pytest.importorskip("optuna")
    search = trials({"rate": (1e-3, 1.0)}, method="asha", trials=8, steps=16)
    for trial in search:
        for step in (1, 4, 16):
            trial.report(step, loss_of(trial.rate) / step)
            if trial.should_stop():
                break
    study = search.result.to_optuna(optuna.storages.InMemoryStorage())
    states = [each.state.name for each in study.trials]
    assert (len(states), set(states)) == (8, {"COMPLETE", "PRUNED"})
    assert study.best_params == pytest.approx(search.result.values)
    stopped = study.trials[states.index("PRUNED")]
    assert stopped.intermediate_values[1] == pytest.approx(loss_of(stopped.params["rate"]))
    assert optuna.importance.get_param_importances(study) == {"rate": pytest.approx(1.0)}


def test_the_command_line_cannot_go_on_with_a_loop(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    looped(trials(RATES, method="grid", study="mine"), most=1)
    assert main(["resume", "mine"]) == 2
    assert "is of a loop in a program" in " ".join(capsys.readouterr().err.split())


LOOP = """
import os, sys
import ratecraft as rc
search = rc.trials({"rate": (1e-3, 1e-1)}, trials=6, method=sys.argv[1], steps=160, study="study")
for trial in search:
    print(trial.number, flush=True)
    for step in range(1, 161):
        trial.report(step, abs(trial.rate - 0.01) + 1 / step)
        if trial.number == int(sys.argv[2]):
            os.kill(os.getpid(), 9)
        if trial.should_stop():
            break
print([(each.number, each.score) for each in search.result.trials])
"""


@pytest.mark.parametrize("method", [pytest.param("random", marks=pytest.mark.soak), "asha"])
def test_a_killed_loop_comes_to_what_an_unbroken_one_comes_to(home: Path, method: str) -> None:
    (home / "loop.py").write_text(LOOP)
    killed, unbroken = home / "killed", home / "unbroken"
    for folder in (killed, unbroken):
        folder.mkdir()

    def run(folder: Path, last: int) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
        words = [sys.executable, str(home / "loop.py"), method, str(last)]
        return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    first, second, third = run(killed, 2), run(killed, 4), run(killed, -1)
    assert (first.returncode, second.returncode) == (-signal.SIGKILL, -signal.SIGKILL)
    assert first.stdout.split() == ["0", "1", "2"]
    assert second.stdout.split() == ["2", "3", "4"]
    assert third.stdout.splitlines()[:2] == ["4", "5"]
    assert third.stdout.splitlines()[-1] == run(unbroken, -1).stdout.splitlines()[-1]
