"""Kill -9 of ranks and of the supervisor of a program of two processes: nothing is lost, and nothing is left behind.

The usual tests kill a rank and then the supervisor while both ranks are held at a step; `make soak` kills at random
instants of whole studies, and runs two groups at a time.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pytest
from tests.end_to_end.command import TIME_ENOUGH, Study, Typed, Workplace
from tests.end_to_end.gate import Gate
from tests.end_to_end.killing import Way, at_random_instants

from ratecraft.records.events import Started

GRID = ("search", "ddp.py", "--processes", "2", "--no-baseline", "--steps", "24", "--method", "grid", "--rate")
ONE, TWO = (*GRID, "0.05"), (*GRID, "0.05,0.02", "--workers", "2")
TUNE = ("tune", "ddp.py", "--processes", "2", "--", "4", "8")
WAY = Way("two ranks", "ddp.py", TUNE, ("supervisor", "worker", "fork server"), kills=4)
SEEDS = range(8)


def workplace(folder: Path) -> Workplace:
    folder.mkdir(parents=True)
    place = Workplace(folder, whole=True)
    place.put("ddp.py")
    return place


@dataclass(frozen=True)
class Killed:
    """A trial of two ranks that nothing disturbed, and one of which a rank was killed, then the supervisor.

    Attributes:
        left: What outlived the supervisor.
        attempts: How often the trial had been begun when the supervisor was killed.
    """

    whole: Study
    killed: Study
    typed: Typed = field(repr=False)
    left: tuple[psutil.Process, ...]
    attempts: int


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    folder, dice = tmp_path_factory.mktemp("ranks"), np.random.default_rng(0)
    whole, place = workplace(folder / "whole"), workplace(folder / "killed")
    assert whole.type(*ONE).code == 0
    with Gate("step 12") as gate, place.start(*ONE, **gate.environment) as command:
        for _ in range(2):
            gate.hold(command)
        ranks = place.workers()
        assert len(ranks) == 2
        ranks[dice.integers(2)].kill()
        for _ in range(2):  # both ranks of the second attempt
            gate.hold(command)
        everyone = place.processes()
        command.kill()
        left = tuple(psutil.wait_procs(everyone, timeout=TIME_ENOUGH)[1])
    attempts = max(event.attempt for event in place.study().events if isinstance(event, Started))
    return Killed(whole.study(), place.study(), place.type(*ONE), left, attempts)


@pytest.mark.soak
def test_a_run_whose_rank_is_killed_is_begun_again_as_one(killed: Killed) -> None:
    assert killed.attempts == 2


@pytest.mark.soak
def test_no_rank_outlives_the_supervisor(killed: Killed) -> None:
    assert killed.left == ()


@pytest.mark.soak
def test_the_same_command_comes_to_the_same_answer(killed: Killed) -> None:
    assert killed.typed.code == 0, killed.typed.err
    assert killed.killed.told == killed.whole.told
    assert killed.killed.answer == killed.whole.answer


@pytest.mark.soak
def test_two_groups_at_a_time_meet_at_ports_of_their_own_and_come_to_what_each_comes_to_alone(
    tmp_path: Path, killed: Killed
) -> None:
    place = workplace(tmp_path / "two")
    with Gate("step 12") as gate, place.start(*TWO, **gate.environment) as command:
        for _ in range(4):
            gate.hold(command)
        ports = [process.environ()["MASTER_PORT"] for process in place.workers()]
        gate.open()
        _, err = command.communicate(timeout=TIME_ENOUGH)
    assert command.returncode == 0, err
    assert sorted(ports.count(port) for port in set(ports)) == [2, 2]
    assert killed.whole.told.items() <= place.study().told.items()
    assert len(place.study().told) == len(killed.whole.told) + 1


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    place = workplace(tmp_path_factory.mktemp("undisturbed") / "whole")
    assert place.type(*TUNE).code == 0
    return place


@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS)
def test_a_tune_of_two_ranks_that_is_killed_at_random_instants_comes_to_the_same_answer(
    tmp_path: Path, undisturbed: Workplace, seed: int
) -> None:
    place, temporary = workplace(tmp_path / "killed"), tmp_path / "temporary"
    temporary.mkdir()
    kills = at_random_instants(place, WAY, np.random.default_rng(seed), WAY.kills, TMPDIR=str(temporary))
    print(f"seed {seed}: kills {dict(kills)}")
    assert kills.total() > 0
    assert place.study().told == undisturbed.study().told
    assert place.study().answer == undisturbed.study().answer
    assert (place.folder / "log.csv").read_text() == (undisturbed.folder / "log.csv").read_text()
    assert place.processes() == []
    assert [path for path in temporary.iterdir() if not path.name.startswith("torchinductor_")] == []
