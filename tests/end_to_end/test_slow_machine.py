"""Wall-clock time enters no decision: a study whose processes stand still at random instants decides the same."""

import signal
from contextlib import suppress
from subprocess import Popen, TimeoutExpired

import numpy as np
import psutil
import pytest
from tests.end_to_end.command import TIME_ENOUGH, Tuned, Workplace
from tests.end_to_end.killing import Dice, lives_on, study_place

TUNE = ("tune", "digits.py", "--workers", "3")
LONGEST = 1.0  # seconds that a process stands still; a step takes less than a millisecond


def slowed_down(place: Workplace, dice: Dice) -> int:
    """Tune a study to its end, and let one process after the other stand still for a while."""
    stops = 0
    with place.start(*TUNE) as process:
        while lives_on(process, dice):
            stops += stand_still(place, process, dice)
        out, err = process.communicate(timeout=TIME_ENOUGH)
    assert process.returncode == 0, err
    assert out
    return stops


def stand_still(place: Workplace, process: "Popen[str]", dice: Dice) -> bool:
    """One process of the study, of whichever kind, stands still for a while."""
    living = [found for found in place.by_kind().values() if found]
    if not living:
        return False
    kind = living[dice.integers(len(living))]
    chosen = kind[dice.integers(len(kind))]
    with suppress(psutil.NoSuchProcess):
        chosen.send_signal(signal.SIGSTOP)
        with suppress(TimeoutExpired):
            process.wait(dice.uniform(0, LONGEST))
        chosen.send_signal(signal.SIGCONT)
        return True
    return False


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6))
def test_on_a_machine_that_is_slow_now_and_then_outcomes_costs_and_answer_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, tuned: Tuned, seed: int
) -> None:
    dice, stops = np.random.default_rng(seed), 0
    while stops < 2:  # one that came to its end before tells nothing
        place = study_place(tmp_path_factory.mktemp("slow"))
        stops += slowed_down(place, dice)
        ours, theirs = place.study(), tuned.place.study()
        assert ours.told == theirs.told
        assert ours.answer == theirs.answer
        assert (ours.costs.runs, ours.costs.by_phase) == (theirs.costs.runs, theirs.costs.by_phase)
        assert ours.costs.recomputed_steps == 0
