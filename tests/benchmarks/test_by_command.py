"""Mirrors benchmarks/faulty_runs/by_command.py: which runs are told as scripts, and what counts as proven."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "faulty_runs"))

from by_command import is_plain, print_table, proven_in, sample_of, script_of
from cases import by_name
from truth import Judged

from ratecraft.records.watching.observed import ObservedRun, observed_series


def judged(case: str, label: Any = "faulty") -> Judged:
    checks = observed_series("val_loss", range(3), [2.3, 2.1, 2.0])
    run = ObservedRun({"val_loss": checks}, "step", {"total_steps": 600.0})
    return Judged("digits_mlp", by_name(case), 0, run, label, final=2.0, twin=1.0, untrained=2.3)


def line(command: str, case: str, *said: tuple[str, str, str]) -> dict[str, Any]:
    found = [{"code": code, "severity": severity, "status": status, "advice": []} for code, severity, status in said]
    return {"command": command, "key": f"digits_mlp {case} 0", "said": found, "runs": 2.0}


@pytest.mark.parametrize("case", ["linear", "nan-2", "bad-step-2"])
def test_a_case_is_a_script_in_python(case: str) -> None:
    text = script_of(judged(case))
    compile(text, "train.py", "exec")
    assert ("step == 300" in text) == (case != "linear")


def test_what_a_plain_loop_does_not_have_is_left_out() -> None:
    assert is_plain(judged("linear", "healthy"))
    assert not is_plain(judged("lost-state-1"))
    assert not is_plain(judged("mixup", "healthy"))
    assert not is_plain(replace(judged("linear", "healthy"), way="summed"))
    assert not is_plain(judged("linear", "dropped"))


def test_a_sample_is_the_same_each_time() -> None:
    names = [[run.name for run in sample_of("held-out", 4, 2)] for _ in range(2)]
    assert names[0] == names[1]
    assert len(set(names[0])) == 6


def test_only_warnings_are_counted_as_proven() -> None:
    assert proven_in(line("prove", "linear", ("too-small", "info", "proven"), ("spikes", "warning", "seen"))) == []
    assert proven_in(line("prove", "linear", ("too-small", "warning", "proven"))) == ["too-small"]


def test_what_is_proven_of_a_healthy_run_is_wrongly_proven(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [judged("linear", "healthy"), judged("too-small-2")]
    said = ("higher-rate-wins", "warning", "proven")
    lines = {("prove", run.name): line("prove", run.case.name, said) for run in runs}
    print_table(runs, lines)
    assert "named 1 of 1; healthy warned of 1 of 1" in (told := capsys.readouterr().out)
    assert "proven 2, wrongly 1 ['digits_mlp linear 0']" in told
