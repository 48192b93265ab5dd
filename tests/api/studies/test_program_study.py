"""Mirrors ratecraft/api/studies/program_study.py: whole searches over a program, by the command line."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from ratecraft.api.search import SearchResult, describe_search, search
from ratecraft.api.studies.program_study import program_words
from ratecraft.api.studies.recorded import recorded_study
from ratecraft.cli.main import main
from ratecraft.errors import InvalidInput, ScriptFailed, StudyError
from ratecraft.records.events import Finished, Started
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder, find_studies

PROGRAM = """
import math, pathlib, sys
rate, decay, seed = map(float, sys.argv[1:4])
with pathlib.Path("begun.txt").open("a") as file:
    file.write("x")
print(f"val_loss: {(math.log10(rate) + 2) ** 2 + decay + 0.01 * seed}")
"""
COMMAND = f"{sys.executable} train.py {{rate}} {{weight_decay}} {{seed}}"
SPACE: Mapping[str, Any] = {"rate": [0.1, 0.01, 0.001], "weight_decay": [0.0, 1.0]}
WAITS = """
import os, pathlib, sys, time
place = pathlib.Path(sys.argv[2])
with place.open("a") as file:
    file.write(f"{sys.argv[1]} {os.getpid()}\\n")
print(f"val_loss: {sys.argv[1]}")
while sys.argv[1] == "0.01" and not place.with_name("go").exists():
    time.sleep(0.01)
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("RATECRAFT_LANGUAGE", "en")
    (home / "train.py").write_text(PROGRAM)
    return home


def searched(**changes: Any) -> SearchResult:
    given: dict[str, Any] = {"program": COMMAND, "space": SPACE, "metric": "val_loss", "method": "grid"}
    given |= {"progress": False, **changes}
    return search(**given)


def test_a_program_gets_the_best_of_its_trials_with_noise_and_cost_in_trials(home: Path) -> None:
    found = searched(seeds=2, workers=2)
    assert found.values == {"rate": 0.01, "weight_decay": 0.0}
    assert found.best is not None
    assert found.best.scores == (0.0, 0.01)
    assert found.noise is not None
    assert found.costs.runs == 12
    assert found.costs.baseline_runs == 0
    assert sorted(path.name for path in home.iterdir()) == [".ratecraft", "train.py"]


@pytest.mark.parametrize("method", ["random", "sobol", "tpe"])
def test_other_methods_draw_from_ranges(method: str) -> None:
    if method == "tpe":
        pytest.importorskip("optuna")
    space = {"rate": (1e-3, 1e-1), "weight_decay": (1e-4, 1e-2)}
    found = searched(method=method, trials=3, space=space)
    assert len(found.trials) == 3
    assert all(1e-3 <= each.values["rate"] <= 1e-1 for each in found.trials)


def test_the_end_screen_tells_of_trials_and_not_of_steps() -> None:
    screen = str(searched())
    assert "The trials are compared with each other" in screen
    assert "steps" not in screen.split("Trials")[1].split("Why")[0]
    assert "best at" not in screen


def test_its_report_and_its_json_tell_of_every_trial(home: Path) -> None:
    found = searched()
    found.report(home / "report.html")
    assert "What was tried: 6 trials" in (home / "report.html").read_text(encoding="utf-8")
    assert len(found.to_json()["search"]["trials"]) == 6


@pytest.mark.soak
def test_its_page_tells_what_the_trials_teach(home: Path) -> None:
    searched(method="random", space={"rate": (1e-4, 1.0), "weight_decay": (1e-6, 1e-2)}, trials=12, seeds=1).report(
        home / "report.html"
    )
    page = (home / "report.html").read_text(encoding="utf-8")
    for said in (
        "smooth curve",
        "through its values, to its place",
        "The best of fewer",
        "the share of it that each hyperparameter",
    ):
        assert said in page


@pytest.mark.soak
def test_it_becomes_a_study_of_optunas_whatever_it_varied(home: Path) -> None:
    optuna = pytest.importorskip("optuna")
    found = searched(space={**SPACE, "rate": [0.1, 0.01, 1e9]})  # the last fails by itself
    study = found.to_optuna(f"sqlite:///{home / 'optuna.db'}", name="ours")
    again = optuna.load_study(study_name="ours", storage=f"sqlite:///{home / 'optuna.db'}")
    assert len(again.trials) == len(study.trials) == 6
    assert again.best_value == found.trials[0].score
    assert again.best_params == dict(found.values)


def test_none_of_it_loads_torch(home: Path) -> None:
    text = f"""
import sys
import ratecraft as rc
space = {{"rate": [0.1, 0.01], "weight_decay": [0.0]}}
rc.search(program={COMMAND!r}, space=space, metric="val_loss", method="grid", progress=False)
for trial in rc.trials(space, method="grid"):
    trial.report(1, trial.rate)
print(*{{"torch", "optuna"}} & set(sys.modules))
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    words = [sys.executable, "-c", text]
    assert subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout.strip() == ""


def test_the_same_command_again_runs_nothing(home: Path) -> None:
    first = searched()
    (study,) = find_studies(home)
    logs = {path.name: path.stat().st_mtime_ns for path in study.folder.logs.iterdir()}
    assert searched().trials == first.trials
    assert {path.name: path.stat().st_mtime_ns for path in study.folder.logs.iterdir()} == logs


@pytest.mark.soak
def test_a_program_that_was_changed_is_not_gone_on_with(home: Path) -> None:
    searched()
    (home / "train.py").write_text(PROGRAM + "\n# other\n")
    with pytest.raises(StudyError, match=r"train\.py is no longer the one") as caught:
        searched()
    assert "--new" in caught.value.hint()
    assert "--study" in caught.value.hint()
    assert len(searched(study=home / "apart").trials) == 6


@pytest.mark.soak
def test_one_that_prints_nothing_can_be_begun_anew(home: Path) -> None:
    (home / "train.py").write_text("")
    with pytest.raises(Exception, match="neither reported `val_loss`"):
        searched()
    (home / "train.py").write_text(PROGRAM)
    assert searched(new=True).values["rate"] == 0.01


def test_all_failing_trials_are_one_error_with_the_last_lines(home: Path) -> None:
    (home / "train.py").write_text("raise ValueError('no data')")
    with pytest.raises(ScriptFailed, match="All 6 runs of the program failed") as failed:
        searched()
    assert str(failed.value.values["traceback"]).endswith("ValueError: no data")


BAD: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "no program": ({"program": "./no-such {rate} {weight_decay}"}, r"no program `\./no-such`"),
    "no words": ({"program": " "}, "is not a command"),
    "an open quote": ({"program": "train 'x"}, "is not a command"),
    "words of another kind": ({"program": ["train", 1]}, "is not a command"),
    "a script too": ({"what": "train.py"}, r"`'train\.py'` was given as well as --program"),
    "no metric": ({"metric": None}, "The figure to compare is not given"),
    "a method with rungs": ({"method": "asha"}, "`asha` stops trials early"),
    "steps": ({"steps": 100}, "The steps of a program cannot be counted"),
    "a file elsewhere": ({"metric_file": "../result.json"}, "not inside the program's working folder"),
    "no time": ({"time_limit_per_trial": 0}, "time_limit_per_trial"),
    "an inverted range": ({"space": {"rate": (1, 0.1)}}, "rate cannot go from 1"),
    "a rate that is no number": ({"space": {"rate": ["fast"]}}, "rate cannot be fast"),
    "nothing at all": ({"program": None}, "It is not given what to search"),
    "a file, of a script": (
        {"program": None, "what": "train.py", "metric_file": "a.json", "space": None},
        "is for programs",
    ),
}


@pytest.mark.parametrize(("changes", "text"), BAD.values(), ids=BAD)
def test_bad_input_is_one_clear_error(changes: Mapping[str, Any], text: str, home: Path) -> None:
    with pytest.raises(InvalidInput, match=text):
        searched(**changes)
    assert not (home / ".ratecraft").exists()


def test_a_command_can_be_given_as_words() -> None:
    assert program_words(["a b", "{rate}"]) == ("a b", "{rate}")


@pytest.mark.soak
def test_a_record_describes_the_same_study(home: Path) -> None:
    searched(metric_file=None, time_limit_per_trial=60)
    (study,) = find_studies(home)
    described = describe_search(program=COMMAND, space=SPACE, metric="val_loss", method="grid", time_limit_per_trial=60)
    again = recorded_study(study.folder)
    assert again.settings == described.settings
    assert again.folder == described.folder


def command_of(place: Path) -> list[str]:
    program = f"{sys.executable} train.py {{rate}} {place}"
    rates = ["--rate", "0.1,0.01,0.001", "--method", "grid"]
    return ["search", "--program", program, "--metric", "val_loss", *rates, "--study", "study", "--json"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends a group with its supervisor on Linux only")
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.soak)])
def test_a_search_that_is_killed_leaves_no_process_and_goes_on(
    home: Path, tmp_path: Path, signal_number: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Path(os.environ.get("XDG_CACHE_HOME") or tmp_path / "cache") / f"begun-{os.getpid()}-{signal_number}"
    monkeypatch.setenv("XDG_CACHE_HOME", str(place.parent))
    place.parent.mkdir(parents=True, exist_ok=True)
    (home / "train.py").write_text(WAITS)
    source = Path(__file__).parents[3] / "src"
    environment = {**os.environ, "PYTHONPATH": str(source)}
    words = [sys.executable, "-m", "ratecraft.cli.main", *command_of(place)]
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as supervisor:
        lines: list[str] = []
        while len(lines) < 2:  # the second trial waits
            assert supervisor.poll() is None
            lines = place.read_text().splitlines() if place.exists() else []
        trial = psutil.Process(int(lines[1].split()[1]))
        supervisor.send_signal(signal_number)
    assert psutil.wait_procs([trial], timeout=300)[1] == []
    place.with_name("go").touch()
    assert main(command_of(place)) == 0
    place.with_name("go").unlink()
    told = json.loads(capsys.readouterr().out)
    assert told["search"]["trials"][0]["values"] == {"rate": 0.001}
    assert [line.split()[0] for line in place.read_text().splitlines()] == ["0.1", "0.01", "0.01", "0.001"]
    with Record.open(StudyFolder(home / "study").record, read_only=True) as record:
        events = tuple(record.events())
    assert sum(isinstance(each, Started) for each in events) == 4
    assert sum(isinstance(each, Finished) for each in events) == 3
    assert not (home / "study" / "scratch").exists()
