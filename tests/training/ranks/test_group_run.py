"""Mirrors training/ranks/group_run.py: several processes that train together are one run."""

import math
from pathlib import Path

import pytest
from tests.conformance.run_suite import Case, Heard, RunSuite
from tests.training.hosted_scripts import END, FIGURE, schedules, written
from tests.training.ranks.groups import SCRIPT, grouped, printed
from tests.training.ranks.parting_programs import PARTED, RIGHT
from tests.training.ranks.programs import HANGS, PROGRAMS

from ratecraft.diagnosis.program.several_processes import several_processes
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.records.job import Evaluate
from ratecraft.records.outcome import RANKS_DIFFER, Ending
from ratecraft.records.running import Passage
from ratecraft.records.watching.observed import ObservedRun


def test_a_run_of_two_ranks_tells_the_mean_of_their_losses_and_the_figure_of_the_one_that_evaluates(
    tmp_path: Path,
) -> None:
    script, heard = written(tmp_path / "train.py", SCRIPT), Heard()
    run = grouped(script, heard, "aloud")
    try:
        passage = run.advance(schedules(0.03), 6, END)
        score = run.evaluate(FIGURE)
        facts, _ = run.facts()
    finally:
        run.close()
    saw = [[float(line.split()[-1]) for line in printed(script, rank) if " saw " in line] for rank in (0, 1)]
    assert passage == Passage(6, Ending.DONE, 6)
    assert heard.series("loss") == [math.fsum(pair) / 2 for pair in zip(*saw, strict=True)]
    assert saw[0] != saw[1]
    assert score.value == heard.figures[-1].value
    assert heard.figures[-1].step == 6
    assert (facts.processes, facts.samples_per_step) == (2, 12.0)
    assert heard.series("own_rate") == [0.02] * 6


@pytest.mark.soak
def test_each_rank_repeats_its_own_losses_bit_for_bit(tmp_path: Path) -> None:
    script = written(tmp_path / "train.py", SCRIPT)
    saw = list[list[list[str]]]()
    for _ in range(2):
        run = grouped(script, Heard(), "aloud")
        try:
            assert run.advance(schedules(0.03), 40, END) == Passage(40, Ending.DONE, 40)
        finally:
            run.close()
        saw.append([[line for line in printed(script, rank) if " saw " in line][:40] for rank in (0, 1)])
    assert saw[0] == saw[1]
    assert [len(lines) for lines in saw[0]] == [40, 40]
    assert saw[0][0] != saw[0][1]


@pytest.mark.soak
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("stop", [0, 12])
def test_a_program_as_users_write_it_is_scored_at_the_step_that_was_asked_for(
    tmp_path: Path, name: str, stop: int
) -> None:
    script, heard = written(tmp_path / "train.py", PROGRAMS[name]), Heard()
    metric, lead = "eval_loss" if name == "Trainer" else "val_loss", "steps" if "steps" in name else "epoch-end"
    run = grouped(script, heard)
    try:
        passage = run.advance(schedules(0.003), stop, END)
        score = run.evaluate(Evaluate("figure", metric, lead=lead, steps=60))
    finally:
        run.close()
    assert passage == Passage(stop, Ending.DONE, stop)
    assert len(heard.series("loss")) == stop
    assert score.value is not None
    assert 0 < score.value < 2


@pytest.mark.soak
def test_a_rank_that_comes_to_no_further_step_ends_the_run_under_its_name_with_its_last_line(tmp_path: Path) -> None:
    run = grouped(written(tmp_path / "train.py", HANGS), Heard())
    try:
        failure = run.advance(schedules(0.01), 12, END).failure
    finally:
        run.close()
    assert failure is not None
    assert (failure.kind, failure.name, failure.traceback) == ("killed", "TimeoutError", "[rank1]: reading shard 7")


@pytest.mark.soak
class TestGroupRun(RunSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def case(cls, tmp_path_factory: pytest.TempPathFactory) -> Case:
        script = written(Path(tmp_path_factory.mktemp("conformance")) / "train.py", SCRIPT)
        return Case(
            make=lambda heard: grouped(script, heard),
            horizon=80,
            rate=0.03,
            too_high=20.0,  # infinite before the first copy: no finite loss of the first 8 steps is too high for one
            figure=FIGURE,
        )


@pytest.mark.soak
@pytest.mark.parametrize("name", ["a part is not wrapped", "no wrapper", "no set_epoch", "all wrapped", "shards"])
def test_where_the_ranks_of_a_baseline_part_is_told_as_a_watch_tells_it(tmp_path: Path, name: str) -> None:
    wanted, script = PARTED[name] if name in PARTED else ("", RIGHT[name])
    run = grouped(written(tmp_path / "train.py", script), Heard())
    try:
        passage = run.advance({}, None, END)
        told = [note.values for note in run.facts()[1] if note.code == RANKS_DIFFER]
    finally:
        run.close()
    assert passage.ending is Ending.DONE
    found = [finding.code for facts in told for finding in several_processes(RunView(ObservedRun({}, facts=facts)))]
    assert found == ([wanted] if wanted else [])
