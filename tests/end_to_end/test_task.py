"""Tasks as a user has them: by name on the command line, and in a program; killed, resumed, changed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.end_to_end.command import PROGRAM, Typed, Workplace
from tests.end_to_end.gate import Gate

from ratecraft.records.job import Phase

pytestmark = pytest.mark.soak

NAME = "training.curve:make_task"


def place_with_task(folder: Path) -> Workplace:
    place = Workplace(folder)
    place.put("training/curve.py")
    return place


def killed(place: Workplace, phase: Phase, *command: str, outcomes: int = 0) -> None:
    """Kill -9 in this phase, when so many of its jobs are done."""
    silent = subprocess.DEVNULL
    with Gate("validation") as gate:
        environment = place.environment(**gate.environment)
        with subprocess.Popen(command, cwd=place.folder, env=environment, stdout=silent, stderr=silent) as process:
            gate.hold_in(phase, process, place, outcomes)
            process.send_signal(signal.SIGKILL)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Typed]:
    """What was said when a named task was tuned, killed, looked at, resumed and changed."""
    place = place_with_task(tmp_path_factory.mktemp("named"))
    said: dict[str, Typed] = {}
    killed(place, "bracket", *PROGRAM, "tune", NAME, outcomes=1)
    said["shown"] = place.type("show")
    killed(place, "final", *PROGRAM, "tune", NAME)
    said["resumed"] = place.type("resume", "--json")
    said["again"] = place.type("tune", NAME, "--json")
    said["listed"] = place.type("studies")
    file = place.folder / "training" / "curve.py"
    file.write_text(file.read_text().replace("rate=0.002", "rate=0.004"))
    said["changed"] = place.type("tune", NAME)
    assert place.processes() == []
    return said


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    return place_with_task(tmp_path_factory.mktemp("undisturbed")).type("tune", NAME, "--json")


def test_a_named_task_is_tuned_like_a_script(undisturbed: Typed) -> None:
    assert undisturbed.code == 0
    assert undisturbed.json["verdict"] == "gain"
    assert undisturbed.json["cost"]["runs"] <= 1.6


def test_a_killed_study_shows_how_to_go_on(named: dict[str, Typed]) -> None:
    assert named["shown"].code == 0
    assert "has no answer yet" in named["shown"].out
    assert "ratecraft resume tune-training.curve-make_task-" in named["shown"].out


def test_a_killed_study_comes_to_the_same_answer(named: dict[str, Typed], undisturbed: Typed) -> None:
    assert named["resumed"].code == 0
    for part in ("verdict", "rate", "schedule", "baseline", "tuned", "decisions"):
        assert named["resumed"].json[part] == undisturbed.json[part]
    ours, theirs = named["resumed"].json["cost"], undisturbed.json["cost"]
    assert ours["runs"] == theirs["runs"]
    assert ours["recomputed_steps"] > 0 == theirs["recomputed_steps"]


def test_a_finished_study_gives_its_result(named: dict[str, Typed]) -> None:
    assert named["again"].json == named["resumed"].json


def test_the_study_is_in_the_list(named: dict[str, Typed]) -> None:
    assert "tune-training.curve-make_task-" in named["listed"].out
    assert "gain" in named["listed"].out


def test_a_changed_task_is_an_error_that_names_new(named: dict[str, Typed]) -> None:
    said = " ".join(named["changed"].err.split())
    assert named["changed"].code == 2
    assert "error[changed-task]: The study tune-training.curve-make_task-" in said
    assert "optimizer: SGD(lr=0.002) → SGD(lr=0.004)" in said
    assert "--new" in said


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workplace, list[str], Typed]:
    """A program that was killed in its study, and what it printed when it was run twice more."""
    place = place_with_task(tmp_path_factory.mktemp("program"))
    killed(place, "branch", sys.executable, "-m", "training.curve")
    resumed = place.type("resume")
    return place, [place.run("-m", "training.curve") for _ in range(2)], resumed


def test_a_killed_program_goes_on_where_it_was(program: tuple[Workplace, list[str], Typed]) -> None:
    place, (first, second), _ = program
    assert first == second
    assert first.startswith("TaskResult(gain, rate ")
    assert place.study().costs.recomputed_steps > 0


def test_the_command_line_says_that_the_program_goes_on(program: tuple[Workplace, list[str], Typed]) -> None:
    _, _, resumed = program
    assert resumed.code == 2
    said = " ".join(resumed.err.split())
    assert "error[task-of-a-program]" in said
    assert "Run the program again: ratecraft.tune(task) goes on with the study." in said
