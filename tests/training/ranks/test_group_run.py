"""Mirrors ratecraft/training/ranks/group_run.py: several processes that train together are one run."""

import math
from pathlib import Path

import pytest
from tests.conformance.run_suite import Case, Heard, RunSuite
from tests.training.hosting import END, FIGURE, schedules, written
from tests.training.ranks.groups import SCRIPT, grouped, printed

from ratecraft.records.outcome import Ending
from ratecraft.records.running import Passage


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
class TestGroupRun(RunSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def case(cls, tmp_path_factory: pytest.TempPathFactory) -> Case:
        script = written(Path(tmp_path_factory.mktemp("conformance")) / "train.py", SCRIPT)
        return Case(
            make=lambda heard: grouped(script, heard),
            horizon=80,
            rate=0.03,
            too_high=4.0,
            figure=FIGURE,
        )
