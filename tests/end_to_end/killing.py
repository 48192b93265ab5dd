"""Kills the processes of studies at random instants, again and again, until each study comes to its end.

An instant is some events after the last one, as stderr tells them, and a part of a second: so the kills lie all along
a study, however fast the machine is. A job whose process dies three times has failed: after two kills of what a
command has started, the command itself is killed.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from signal import SIGKILL
from subprocess import Popen, TimeoutExpired

import numpy as np
import psutil
from tests.end_to_end.command import Kind, Workplace

__all__ = ["Dice", "Way", "at_random_instants", "lives_on", "study_place"]

EVENT = re.compile(r"\b(started|done|failed)\b|blown up|^epoch ")
MOST_EVENTS = 6  # until a kill; a study tells about thirty
MOST_SECONDS = 0.3  # after that; a study takes 5 s on a free machine
MOST_PER_COMMAND = 2

Dice = np.random.Generator


@dataclass(frozen=True)
class Way:
    """A way to tune, and how often studies of it are killed.

    Attributes:
        name: Its name.
        script: What is tuned.
        words: What is typed.
        victims: What may be killed.
        kills: How often, in all.
        a_study: How often one study.
        environment: What its commands are told beside.
    """

    name: str
    script: str
    words: tuple[str, ...]
    victims: tuple[Kind, ...]
    kills: int
    a_study: int = 8
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        return self.name


def study_place(folder: Path, script: str = "digits.py") -> Workplace:
    """A fresh working folder with a script, and a file from before that it will write to."""
    folder.mkdir(parents=True, exist_ok=True)
    place = Workplace(folder)
    place.put(script)
    (folder / "log.csv").write_text("an earlier run\n")
    return place


def at_random_instants(place: Workplace, way: Way, dice: Dice, kills: int, **environment: str) -> Counter[Kind]:
    """Tune a study to its end, and kill what it consists of so many times, fewer where it is faster.

    Returns:
        What was killed how often.
    """
    killed = Counter[Kind]()
    while True:
        within = 0
        with place.start(*way.words, **way.environment, **environment) as process:
            while killed.total() < kills and lives_on(process, dice):
                kind = kill_one(place, ("supervisor",) if within == MOST_PER_COMMAND else way.victims, dice)
                killed.update([kind] if kind else [])
                within += 1
                if kind == "supervisor":
                    break
            out, err = process.communicate(timeout=300)
        assert psutil.wait_procs(place.processes(), timeout=300)[1] == [], "a process outlives its command"
        if process.returncode == 0:
            assert out
            return killed
        assert process.returncode == -SIGKILL, err


def lives_on(process: "Popen[str]", dice: Dice) -> bool:
    """Whether a command has not come to its end some events and a part of a second later."""
    assert process.stderr is not None
    list(islice(filter(EVENT.search, process.stderr), dice.integers(MOST_EVENTS + 1)))
    with suppress(TimeoutExpired):
        process.wait(dice.uniform(0, MOST_SECONDS))
    return process.poll() is None


def kill_one(place: Workplace, victims: Sequence[Kind], dice: Dice) -> Kind | None:
    """Kill -9 one process of any of these kinds; None where it was gone before."""
    living = {kind: found for kind, found in place.by_kind().items() if found and kind in victims}
    if not living:
        return None
    kind = list(living)[dice.integers(len(living))]
    try:
        living[kind][dice.integers(len(living[kind]))].kill()
    except psutil.NoSuchProcess:
        return None
    return kind
