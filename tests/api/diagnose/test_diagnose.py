"""Mirrors ratecraft/api/diagnose/diagnose.py."""

import math
from pathlib import Path

import pytest

from ratecraft.api.diagnose.diagnose import diagnose
from ratecraft.errors import InvalidInput
from ratecraft.records.watching.observed import ObservedRun, observed_series


def test_numbers_a_run_and_a_log_of_the_same_run_say_the_same(tmp_path: Path) -> None:
    losses = [2.3 - 0.01 * step for step in range(100)] + [math.nan] * 20
    log = tmp_path / "train.log"
    log.write_text("".join(f"step {step} loss {loss:.6g}\n" for step, loss in enumerate(losses)))
    observed = ObservedRun({"loss": observed_series("loss", range(120), losses)}, "step", {}, "made")
    results = [diagnose({"loss": losses}), diagnose(observed), diagnose(log), diagnose(str(log))]
    assert {tuple(each.code for each in result.findings) for result in results} == {("non-finite",)}
    assert {result.severity for result in results} == {"error"}
    assert {result.findings[0].steps[0] for result in results} == {100}


def test_several_runs_are_kept_apart_and_the_worst_is_the_severity() -> None:
    fine, lost = {"loss": [1.0, 0.9]}, {"loss": [math.nan] * 20}
    result = diagnose(fine, lost)
    assert [len(run.diagnosis.findings) for run in result.runs] == [0, 1]
    assert result.severity == "error"
    assert diagnose(fine).severity is None
    assert [each.verdict for each in (result, diagnose(fine))] == ["lost", "cannot-judge"]
    assert repr(result) == "DiagnoseResult(2 runs: non-finite)"


def test_a_notebook_gets_html_and_a_terminal_text() -> None:
    result = diagnose({"loss": [math.nan] * 20})
    assert "[non-finite]" in str(result)
    assert result._repr_html_().startswith("<div>")
    assert result.to_json()["runs"][0]["severity"] == "error"


@pytest.mark.parametrize("given", [(), (3,), (None,)])
def test_what_cannot_be_diagnosed_is_refused(given: tuple[object, ...]) -> None:
    with pytest.raises(InvalidInput, match="diagnose"):
        diagnose(*given)  # pyright: ignore[reportArgumentType]


def test_a_log_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no\.log"):
        diagnose(tmp_path / "no.log")
