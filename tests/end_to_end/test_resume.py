"""A study that is killed, stopped and interrupted all along its way comes to what an undisturbed one comes to."""

import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from subprocess import Popen, TimeoutExpired
from typing import TypeAlias

import psutil
import pytest
import torch
from tests.end_to_end.command import TIME_ENOUGH, Tuned, Typed, Workplace, tree
from tests.end_to_end.gate import Gate

from ratecraft.records.events import Finished, Started
from ratecraft.records.job import Phase

pytestmark = pytest.mark.soak  # `test_random_kills.py` kills studies in the usual tests

Ending: TypeAlias = Callable[["Popen[str]", Gate], None]
TUNE = ("tune", "digits.py")


@dataclass
class Broken:
    """What was seen at each of the ends of one study."""

    place: Workplace
    before: dict[str, str] = field(repr=False)
    ends: dict[str, Typed] = field(default_factory=dict, repr=False)
    trees: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    left_behind: list[psutil.Process] = field(default_factory=list)

    def end(self, name: str, at: tuple[str, Phase], how: Ending, *words: str, **environment: str) -> None:
        """Type the words, and end it when its script is at that place in that phase."""
        where, phase = at
        with Gate(where) as gate, self.place.start(*words, **gate.environment, **environment) as process:
            gate.hold_in(phase, process, self.place)
            workers = self.place.workers()
            how(process, gate)
            out, err = process.communicate(timeout=TIME_ENOUGH)
        self.left_behind += psutil.wait_procs(workers, timeout=TIME_ENOUGH)[1]
        self.ends[name] = Typed(process.returncode, out, err)
        self.trees[name] = tree(self.place.folder)


def sent(number: signal.Signals) -> Ending:
    return lambda process, gate: process.send_signal(number)


def twice(process: "Popen[str]", gate: Gate) -> None:
    """Ctrl-C, and once more while ratecraft waits for the script to end well."""
    process.send_signal(signal.SIGINT)
    with pytest.raises(TimeoutExpired):
        process.wait(timeout=1)
    process.send_signal(signal.SIGINT)


def worker(place: Workplace) -> Ending:
    """Kill the process that trains, not the one that was typed, and let the next one pass."""

    def kill(process: "Popen[str]", gate: Gate) -> None:
        for each in place.workers():
            with suppress(psutil.NoSuchProcess):  # its supervisor was faster
                each.kill()
        gate.open()

    return kill


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    place = Workplace(tmp_path_factory.mktemp("broken"))
    place.put("digits.py")
    (place.folder / "log.csv").write_text("an earlier run\n")
    study = Broken(place, tree(place.folder))
    study.end("killed in the baseline", ("epoch 0", "baseline"), sent(signal.SIGKILL), *TUNE)
    study.end("stopped in a probe", ("epoch 0", "bracket"), sent(signal.SIGTERM), *TUNE)
    study.end("interrupted in a probe", ("epoch 0", "bracket"), sent(signal.SIGINT), *TUNE)
    study.end("killed in the final run", ("epoch 3", "final"), sent(signal.SIGKILL), *TUNE)
    study.end("ended at once", ("epoch 1", "final"), twice, *TUNE, SLOW_END="60")
    study.end("its worker killed", ("epoch 2", "final"), worker(place), "resume")
    return study


PROBES = ("killed in the baseline", "stopped in a probe", "interrupted in a probe")
STOPS = ("stopped in a probe", "interrupted in a probe", "ended at once")


@pytest.mark.parametrize("name", STOPS)
def test_a_stopped_study_tells_the_command_that_goes_on_with_it(broken: Broken, name: str) -> None:
    said = broken.ends[name]
    assert (said.code, said.out) == (4, "")
    assert "stopped[interrupted]: Stopped. Every finished job is kept." in said.err
    assert f"ratecraft resume {broken.place.study().folder.name}" in said.err


@pytest.mark.parametrize("name", PROBES)
def test_until_the_final_run_the_folder_of_the_user_is_as_it_was(broken: Broken, name: str) -> None:
    assert broken.trees[name] == broken.before


def test_what_a_study_is_told_once_is_not_told_again(broken: Broken) -> None:
    told = [name for name, each in broken.ends.items() if "Your script runs several times" in each.err]
    assert told == ["killed in the baseline"]


def test_a_worker_that_is_killed_is_started_again_within_the_study(broken: Broken) -> None:
    said = broken.ends["its worker killed"]
    assert said.code == 0
    assert said.err.count("final run: rate 0.2, started") == 2
    assert said.out.startswith("✓ Gain")


def test_no_process_outlives_its_command(broken: Broken) -> None:
    assert broken.left_behind == []
    assert broken.place.processes() == []


def test_a_broken_study_comes_to_the_same_jobs_and_the_same_answer(broken: Broken, tuned: Tuned) -> None:
    ours, theirs = broken.place.study(), tuned.place.study()
    for phase in ("baseline", "bracket", "branch", "final"):
        assert ours.keys(phase) == theirs.keys(phase)
    assert ours.answer == theirs.answer
    assert {key: each.losses for key, each in ours.outcomes.items()} == {
        key: each.losses for key, each in theirs.outcomes.items()
    }


def test_each_logical_step_is_counted_once_and_what_was_done_again_beside(broken: Broken, tuned: Tuned) -> None:
    ours, theirs = broken.place.study().costs, tuned.place.study().costs
    assert (ours.runs, ours.baseline_runs, ours.by_phase) == (theirs.runs, theirs.baseline_runs, theirs.by_phase)
    assert ours.evaluation_steps == theirs.evaluation_steps
    assert ours.recomputed_steps > 0 == theirs.recomputed_steps


def test_attempts_are_numbered_and_the_last_one_ends_the_job(broken: Broken) -> None:
    events = broken.place.study().events
    attempts: dict[str, list[int]] = {}
    for event in events:
        if isinstance(event, Started):
            attempts.setdefault(event.job, []).append(event.attempt)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in attempts.values())
    ended = {each.outcome.job: each.attempt for each in events if isinstance(each, Finished) and each.attempt}
    assert ended == {job: attempts[job][-1] for job in ended}
    (final,) = broken.place.study().keys("final")
    assert ended[final] == 4


def test_the_files_of_the_user_are_as_if_the_final_run_had_run_once(broken: Broken, tuned: Tuned) -> None:
    ours, theirs = broken.place.folder, tuned.place.folder
    assert set(tree(ours)) == set(tree(theirs))
    assert (ours / "log.csv").read_text() == (theirs / "log.csv").read_text()
    checkpoints = [torch.load(folder / "checkpoint.pt", weights_only=True) for folder in (ours, theirs)]
    for name, tensor in checkpoints[0]["model"].items():
        assert torch.equal(tensor, checkpoints[1]["model"][name])


def test_nothing_but_the_study_s_own_files_stays_in_its_folder(broken: Broken) -> None:
    names = {path.name for path in broken.place.study().folder.path.iterdir()}
    assert names == {"record.sqlite", "logs", "models", "baseline"}
    models = broken.place.study().folder.models
    assert not list(models.glob("*.part"))
