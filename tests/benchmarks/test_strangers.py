"""Mirrors benchmarks/strangers: the table of programs, what is made of results, and programs of its slice."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "strangers"))

from environments import environment
from outcome_table import holds, kind, summary, table, watch_table
from programs import SCRIPTS, Program, programs
from running import judged, measured
from sources import Source, lay

FOLDER = SCRIPTS.parent
TABLE = programs()
SLICE = [each for each in TABLE.values() if each.slice]
ANSWER: dict[str, Any] = {
    "kind": "study",
    "outcome": "answer",
    "verdict": "gain",
    "metric": {"name": "val_loss", "direction": "min", "source": "validation"},
    "baseline": 0.5,
    "tuned": 0.25,
    "own_rate": 0.001,
    "rate": 0.01,
    "total_runs": 2.5,
    "plain_s": 10.0,
    "study_s": 28.0,
    "replayed": "`children`",
    "changed": [],
    "left": [],
}


def line(program: str, **others: Any) -> dict[str, Any]:
    return ANSWER | {"program": program} | others


def test_the_table_holds_thirty_programs_of_which_ten_are_held_out() -> None:
    assert len(TABLE) >= 30
    assert sum(each.held_out for each in TABLE.values()) == 10


@pytest.mark.parametrize("program", TABLE.values(), ids=TABLE)
def test_a_program_says_all_that_a_stranger_needs(program: Program) -> None:
    assert all((program.packages, program.licence, program.domain, program.optimizer, program.data, program.traits))
    assert program.cadence in {"epoch", "steps", "end", "none"}
    assert all(each.rpartition(":")[2] in {"min", "max"} for each in program.figures)
    assert program.figures
    assert all((SCRIPTS / each).is_file() for each in program.files)
    assert not (program.slice and program.held_out)


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_a_script_is_short_and_belongs_to_a_program(script: Path) -> None:
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 60
    assert any(script.name in each.files for each in TABLE.values())


def test_programs_of_several_processes_are_not_ours_and_say_where_they_are_published() -> None:
    several = [each for each in TABLE.values() if each.processes > 1]
    published = [each for each in several if each.source is not None]
    assert len(several) >= 4
    assert len(published) >= 4
    for each in published:
        assert each.source is not None
        assert each.source.repository.startswith("https://")
        assert re.fullmatch("[0-9a-f]{40}", each.source.commit)


def test_a_source_is_laid_as_in_a_clone_of_its_commit_and_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "examples" / "ddp").mkdir(parents=True)
    (home / "examples" / "ddp" / "train.py").write_text("print(1)\n")
    (home / "other.py").write_text("")

    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        command = [str(shutil.which("git")), *who, *words]
        done = subprocess.run(command, cwd=home, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "--quiet")
    git("config", "uploadpack.allowFilter", "true")
    git("add", "-A")
    git("commit", "--quiet", "-m", "as it was published")
    source = Source(f"file://{home}", git("rev-parse", "HEAD"), ("examples/ddp",))
    lay(source, tmp_path / "one", tmp_path / "kept")
    shutil.rmtree(home)
    lay(source, tmp_path / "two", tmp_path / "kept")
    for folder in ("one", "two"):
        laid = [each.relative_to(tmp_path / folder) for each in (tmp_path / folder).rglob("*") if each.is_file()]
        assert laid == [Path("examples", "ddp", "train.py")]


def test_a_source_without_the_named_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="nowhere"):
        lay(Source(f"file://{tmp_path}/nowhere", "0" * 40, ("train.py",)), tmp_path / "one", tmp_path / "kept")


def test_a_script_is_typed_by_its_name_and_a_command_as_it_is_at_home() -> None:
    assert TABLE["skorch"].tuned == ["--json", "skorch_digits.py"]
    assert TABLE["dist-tuto"].tuned == ["--json", "--processes", "2", "train_dist.py"]
    assert TABLE["pykeen"].tuned[:4] == ["--json", "pykeen", "train", "transe"]


def test_answers_about_another_figure_abstentions_and_refusals_are_kinds_of_their_own() -> None:
    program = TABLE["lightning"]
    other = {"name": "training_loss", "direction": "min", "source": "training"}
    wrong_way = {"name": "val_loss", "direction": "max", "source": "validation"}
    lines = [
        line("lightning"),
        line("lightning", metric=other),
        line("lightning", metric=wrong_way),
        *({"outcome": each} for each in ("abstention", "refusal", "error", "not-run")),
    ]
    kinds = [kind(each, program) for each in lines]
    assert kinds == ["right figure", "wrong figure", "wrong figure", "abstention", "refusal", "error", "not run"]
    assert summary(kinds) == "6 programs: right figure 1, wrong figure 2, abstention 1, refusal 1, error 1."


def test_a_row_tells_cost_way_and_files() -> None:
    text = table([line("lightning"), line("timm", left=["junk.txt"], replayed="")], TABLE)
    assert "| 1e-3" not in text
    assert "| 0.001 → 0.01 | 2.50 | 10 | 28 | replayed: children | untouched |" in text
    assert "| forked | left junk.txt |" in text


def controls(program: str, *scores: float | None) -> dict[str, Any]:
    rates = (0.00025, 0.004, 0.016)
    trials = [{"values": {"rate": rate}, "score": score} for rate, score in zip(rates, scores, strict=True)]
    return {"program": program, "kind": "controls", "outcome": "answer", "trials": trials}


def test_an_answer_holds_where_no_control_is_better_by_more_than_a_twentieth() -> None:
    assert holds(line("lightning"), controls("lightning", 0.9, 0.24, None))
    assert not holds(line("lightning"), controls("lightning", 0.9, 0.23, None))
    assert holds(line("lightning", baseline=0.2), controls("lightning", 0.9, 0.2, None))  # it says to keep the rate
    risen = line("lightning", metric={"name": "acc", "direction": "max"}, baseline=None, tuned=0.9)
    assert holds(risen, controls("lightning", 0.94, 0.1, 0.2))
    assert not holds(risen, controls("lightning", 0.96, 0.1, 0.2))


def test_the_best_control_stands_in_its_row_and_how_many_hold_below() -> None:
    text = table([line("lightning"), controls("lightning", 0.9, 0.2, None), line("timm")], TABLE)
    assert "| 0.2 (×4) |" in text
    assert text.endswith("Of 1 with controls 0 are as good as the best of them, within 5 %.")


def test_what_a_study_says_is_judged_by_its_exit_code() -> None:
    said = json.dumps({"code": "too-few-steps", "message": "m", "hint": "h"})
    assert [judged(code, said, "")["outcome"] for code in (1, 2, 3)] == ["abstention", "refusal", "error"]
    assert judged(1, "", "Killed")["outcome"] == "error"


def test_a_program_with_a_line_is_not_run_again_and_a_torn_line_hides_no_other(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    results.write_text(json.dumps(line("skorch")) + "\n" + json.dumps(line("ignite"))[:40])
    command = [sys.executable, str(FOLDER / "measure.py"), "--only", "skorch", "--results", str(results)]
    done = subprocess.run([*command, "--work", str(tmp_path)], capture_output=True, text=True, check=True)
    assert "1 programs: " in done.stdout
    assert [each.name for each in tmp_path.iterdir()] == ["results.jsonl"]


@pytest.mark.soak
@pytest.mark.parametrize("program", SLICE, ids=lambda program: program.name)
def test_a_program_comes_to_the_figure_of_its_user_or_is_refused(program: Program, tmp_path: Path) -> None:
    came = measured(program, environment((), tmp_path / "environments"), tmp_path / "runs", {})
    assert kind(came, program) == ("refusal" if program.name == "keras" else "right figure"), came
    assert came["changed"] == came["left"] == []


def test_a_table_of_watches_counts_warnings_and_no_hints() -> None:
    watched = {"outcome": "watched", "verdict": "warning", "steps": 100, "warnings": ["spikes"], "hints": []}
    lines = [
        {"program": "skorch"} | watched,
        {"program": "fastai"} | watched | {"verdict": "nothing", "warnings": [], "hints": ["too-small"]},
        {"program": "lightning", "outcome": "error", "code": "exit-1"},
    ]
    told = watch_table(lines)
    assert told.endswith("2 watched, 1 warned of, 1 not watched")
    assert "| lightning | exit-1 | - | - | - |" in told
