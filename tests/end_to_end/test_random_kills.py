"""A hundred kills at random instants, of all that a study consists of: nothing is lost, and nothing is left behind.

`make soak` has the hundred; the usual tests have a slice of six.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.end_to_end.command import KINDS, Kind, Study, Tuned, Workplace, tree
from tests.end_to_end.killing import Way, at_random_instants, study_place
from torch.testing import assert_close

TASK = ("tune", "training.curve:make_task")
FORKED = ("tune", "digits.py", "--workers", "1")
THREE = ("tune", "digits.py", "--workers", "3")
REPLAYED = ("tune", "digits.py", "--threads", "2")
CALM = {"OMP_WAIT_POLICY": "PASSIVE"}  # two threads that wait for each other leave the cores to others

SLICE = Way("a slice", "digits.py", THREE, KINDS, kills=6)
SOAK = (
    Way("task", "training/curve.py", TASK, ("supervisor",), kills=20),
    Way("forked script", "digits.py", FORKED, KINDS, kills=28),
    Way("forked script, three jobs at a time", "digits.py", THREE, KINDS, kills=28),
    Way("replayed script", "digits.py", REPLAYED, ("supervisor", "worker", "fork server"), kills=24, environment=CALM),
)


@dataclass(frozen=True)
class Killed:
    """Studies of one way that were killed, and one that was not."""

    way: Way
    places: Sequence[Workplace]
    temporary: Path
    kills: Counter[Kind]
    whole: Workplace

    @property
    def studies(self) -> Sequence[Study]:
        """Their records."""
        return [place.study() for place in self.places]


@pytest.fixture(scope="module", params=[SLICE, *(pytest.param(way, marks=pytest.mark.soak) for way in SOAK)], ids=str)
def killed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tuned: Tuned) -> Killed:
    way: Way = request.param
    folder = tmp_path_factory.mktemp("killed")
    temporary = folder / "temporary"
    temporary.mkdir()
    if way.words in (FORKED, THREE):
        whole = tuned.place
    else:
        whole = study_place(folder / "whole", way.script)
        assert whole.type(*way.words, **way.environment).code == 0
    dice = np.random.default_rng(len(way.name))
    places, kills = list[Workplace](), Counter[Kind]()
    while kills.total() < way.kills:
        places.append(study_place(folder / str(len(places)), way.script))
        wanted = min(way.a_study, way.kills - kills.total())
        kills += at_random_instants(places[-1], way, dice, wanted, TMPDIR=str(temporary))
    return Killed(way, places, temporary, kills, whole)


def test_the_soak_has_a_hundred_kills() -> None:
    assert sum(way.kills for way in SOAK) == 100


def test_as_many_were_killed_as_is_claimed(killed: Killed) -> None:
    print(f"{killed.way}: {len(killed.places)} studies, kills {dict(killed.kills)}")
    assert killed.kills.total() == killed.way.kills
    assert killed.way is SLICE or set(killed.kills) == set(killed.way.victims)


def test_a_killed_study_comes_to_the_same_jobs_outcomes_and_answer(killed: Killed) -> None:
    whole = killed.whole.study()
    for study in killed.studies:
        assert study.told == whole.told
        assert study.answer == whole.answer


def test_each_step_is_counted_once_however_often_it_was_done(killed: Killed) -> None:
    whole = killed.whole.study().costs
    for study in killed.studies:
        spent = study.costs
        assert (spent.runs, spent.baseline_runs, spent.by_phase) == (whole.runs, whole.baseline_runs, whole.by_phase)


def test_the_users_files_are_as_if_the_final_run_had_run_once(killed: Killed) -> None:
    whole = killed.whole.folder
    for place in killed.places:
        assert set(tree(place.folder)) == set(tree(whole))
        assert (place.folder / "log.csv").read_text() == (whole / "log.csv").read_text()
        if (whole / "checkpoint.pt").exists():
            mine, other = (torch.load(each / "checkpoint.pt", weights_only=True) for each in (place.folder, whole))
            assert_close(mine, other, rtol=0, atol=0)


def test_the_models_of_the_study_are_the_same_bit_for_bit(killed: Killed) -> None:
    whole = killed.whole.study().models
    for study in killed.studies:
        assert study.models.keys() == whole.keys()
        assert_close(study.models, whole, rtol=0, atol=0)


def test_no_process_and_no_temporary_file_stays(killed: Killed) -> None:
    left = [each for place in killed.places for each in place.processes()]
    assert left == []
    assert list(killed.temporary.rglob("*")) == []
    names = {path.name for path in killed.whole.study().folder.path.iterdir()}
    assert all({path.name for path in study.folder.path.iterdir()} == names for study in killed.studies)
