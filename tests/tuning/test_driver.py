"""Mirrors ratecraft/tuning/driver.py: whole studies on a real trainer and a real record."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from tests.conformance.arithmetic_run import Killed, Problem, start_run
from tests.tuning.ladder import HORIZON, Ladder
from tests.tuning.performing import PermutingExecutor
from tests.tuning.whole_study import COMMAND, KINDS, Came, Interrupting, Keeper, came_of, open_record
from tests.tuning.whole_study import study as replayed_study

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.synchronous import State
from ratecraft.controllers.tune.bracket_branch_continue import BracketBranchContinue
from ratecraft.errors import Interrupted, ScriptFailed, StudyError
from ratecraft.records.answer import Answer
from ratecraft.records.cost import costs
from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending
from ratecraft.records.storage.store import Record

Study = Callable[..., Answer]


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """How jobs come to their runs."""
    return request.param


@pytest.fixture(scope="module")
def study(kind: str) -> Study:
    """Drives a study from wherever its record stands."""
    return partial(replayed_study, kind=kind)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with open_record(tmp_path / "record.sqlite") as record:
        yield record


@pytest.fixture(scope="module")
def unbroken(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Came:
    """What a study comes to when nothing interrupts it."""
    with open_record(tmp_path_factory.mktemp("unbroken") / "record.sqlite") as record:
        study(record)
        return came_of(record)


def test_a_study_reaches_its_answer_and_keeps_it(study: Study, record: Record) -> None:
    answer = study(record)
    assert (answer.verdict, answer.rate) == ("gain", 0.008)
    assert record.answer() == answer


def test_every_job_has_one_outcome_trunks_included(unbroken: Came) -> None:
    assert unbroken.jobs.keys() == unbroken.outcomes.keys()
    assert sum(job.evaluate is None for job in unbroken.jobs.values()) == 6
    assert [outcome.ending for outcome in unbroken.outcomes.values()].count(Ending.BLOWN_UP) == 2


@pytest.mark.parametrize("slots", [2, 3, 9])
def test_more_slots_give_the_same_jobs_outcomes_and_answer(
    study: Study, record: Record, unbroken: Came, slots: int
) -> None:
    study(record, slots=slots)
    assert came_of(record) == unbroken


@pytest.mark.parametrize("seed", range(4))
def test_the_order_in_which_jobs_end_changes_nothing(
    study: Study, record: Record, unbroken: Came, kind: str, seed: int
) -> None:
    inner = KINDS[kind](start_run(Problem()), 1)
    study(record, executor=PermutingExecutor(inner, slots=8, seed=seed))
    assert came_of(record) == unbroken


def test_branched_and_replayed_studies_differ_in_their_costs_alone(tmp_path: Path) -> None:
    came: list[Came] = []
    for kind in KINDS:
        with open_record(tmp_path / kind) as record:
            replayed_study(record, kind=kind)
            came.append(came_of(record))
    replayed, branched = came
    assert (replayed.jobs, replayed.answer) == (branched.jobs, branched.answer)
    assert replayed.outcomes.keys() == branched.outcomes.keys()
    for key, outcome in replayed.outcomes.items():
        assert repr(replace(branched.outcomes[key], executed=outcome.executed)) == repr(outcome)
    assert sum(each.executed for each in branched.outcomes.values()) < sum(
        each.executed for each in replayed.outcomes.values()
    )


def test_the_default_tuner_comes_to_the_same_with_more_slots_and_after_interruptions(
    study: Study, tmp_path: Path
) -> None:
    tuner, problem = BracketBranchContinue(TunerSettings()), Problem(horizon=960)
    came: list[Came] = []
    for slots, interruptions in ((1, ()), (3, ()), (2, (10, 70, 40))):
        with open_record(tmp_path / f"{slots}.sqlite") as record:
            for at in interruptions:
                interrupting = Interrupting(at)
                audience = Keeper(interrupting)
                with pytest.raises(Interrupted):
                    study(record, controller=tuner, problem=problem, audience=audience, stop=interrupting.stop)
            study(record, controller=tuner, problem=problem, slots=slots)
            came.append(came_of(record))
    assert came[0] == came[1] == came[2]
    assert came[0].answer is not None
    assert came[0].answer.verdict == "gain"


def test_a_finished_study_is_answered_again_without_a_run(study: Study, record: Record) -> None:
    first = study(record)
    audience = Keeper()
    assert study(record, audience=audience) == first
    assert audience.events == []


def test_an_event_is_on_disk_before_anybody_hears_of_it(study: Study, record: Record) -> None:
    def look(event: Event) -> None:
        if not isinstance(event, Progress):
            with Record.open(record.path, read_only=True) as reader:
                assert repr(list(reader.events())[-1]) == repr(event)

    study(record, audience=Keeper(look))


def test_series_are_in_the_record_as_in_the_outcomes(study: Study, record: Record) -> None:
    study(record)
    for event in record.events():
        if isinstance(event, Finished):
            assert tuple(record.series.of(event.outcome.job, "loss"))[: event.outcome.steps] == event.outcome.losses


def test_progress_and_printed_lines_reach_the_audience(record: Record) -> None:
    audience = Keeper()
    replayed_study(record, audience=audience)
    assert any(isinstance(event, Progress) and event.figure is not None for event in audience.events)
    assert audience.lines[0].startswith("step 20: val_loss")
    assert len(audience.lines) == HORIZON // 20  # of the final run, which is the user's own


@pytest.mark.parametrize("keyboard", [False, True])
@pytest.mark.parametrize("at", [1, 2, 7, 23, 60, 95])
def test_an_interrupted_study_goes_on_to_the_same_jobs_and_answer(
    study: Study, record: Record, unbroken: Came, at: int, keyboard: bool
) -> None:
    interrupting = Interrupting(at, keyboard=keyboard)
    with pytest.raises(Interrupted, match="Every finished job is kept") as interrupted:
        study(record, audience=Keeper(interrupting), stop=interrupting.stop, slots=3)
    assert interrupted.value.hint() == f"To resume: `{COMMAND}`"
    before = came_of(record)
    study(record, slots=1)
    assert came_of(record) == unbroken
    assert before.outcomes.items() <= came_of(record).outcomes.items()


@pytest.mark.parametrize("at", [2, 23, 60])
def test_an_interrupted_study_costs_what_an_unbroken_one_costs(
    study: Study, record: Record, unbroken: Came, at: int
) -> None:
    interrupting = Interrupting(at)
    with pytest.raises(Interrupted):
        study(record, audience=Keeper(interrupting), stop=interrupting.stop)
    study(record)
    spent = costs(record.events(), HORIZON, record.series.reached())
    assert sum(spent.by_phase.values()) == sum(each.executed for each in unbroken.outcomes.values())


def test_a_study_stops_at_its_deadline_and_goes_on(study: Study, record: Record, unbroken: Came) -> None:
    endless = Problem(horizon=10**9)
    with pytest.raises(Interrupted, match="The time limit is reached") as interrupted:
        study(record, problem=endless, deadline=time.monotonic() + 0.05)
    assert interrupted.value.hint() == f"To resume: `{COMMAND}`"
    study(record, deadline=time.monotonic() + 600)
    assert came_of(record) == unbroken


def test_a_deadline_that_has_passed_begins_nothing(study: Study, record: Record) -> None:
    with pytest.raises(Interrupted, match="The time limit is reached"):
        study(record, deadline=time.monotonic())
    assert all(isinstance(event, Proposed) for event in record.events())


def test_a_study_that_has_its_answer_is_never_late(study: Study, record: Record) -> None:
    assert study(record) == study(record, deadline=time.monotonic())


def test_a_finished_job_is_not_run_again(study: Study, record: Record) -> None:
    interrupting = Interrupting(60)
    with pytest.raises(Interrupted):
        study(record, audience=Keeper(interrupting), stop=interrupting.stop)
    done = came_of(record).outcomes
    audience = Keeper()
    study(record, audience=audience)
    assert done
    assert not done.keys() & {event.job for event in audience.events if isinstance(event, Started)}


def test_an_interrupted_job_is_tried_again_under_the_next_number(study: Study, record: Record) -> None:
    interrupting = Interrupting(4)  # proposed, started, and two steps of progress
    with pytest.raises(Interrupted):
        study(
            record, audience=Keeper(interrupting), stop=interrupting.stop, problem=_waiting_problem(interrupting.stop)
        )
    study(record)
    (baseline,) = [
        event.job.key for event in record.events() if isinstance(event, Proposed) and not event.job.schedules
    ]
    assert [event.attempt for event in record.events() if isinstance(event, Started) and event.job == baseline] == [
        1,
        2,
    ]


def test_steps_that_are_done_again_are_counted_beside_the_cost(study: Study, record: Record) -> None:
    interrupting = Interrupting(4)
    with pytest.raises(Interrupted):
        study(
            record, audience=Keeper(interrupting), stop=interrupting.stop, problem=_waiting_problem(interrupting.stop)
        )
    study(record)
    spent = costs(record.events(), HORIZON, record.series.reached())
    assert spent.baseline_runs == 1.0
    assert spent.recomputed_steps > 0


def _waiting_problem(stop: threading.Event) -> Problem:
    """A script that takes its time after its first blocks of losses: until the study was asked to stop."""
    return Problem(at_step=lambda step, rate, loss: None if step < 17 else _wait(stop))


def _wait(stop: threading.Event) -> None:
    assert stop.wait(60)


def test_files_are_put_back_before_an_interrupted_run_in_place_starts_again(study: Study, record: Record) -> None:
    final: list[Job] = []

    def press(event: Event) -> None:
        if isinstance(event, Proposed) and event.phase == "final":
            final.append(event.job)
        if isinstance(event, Progress) and final and event.job == final[0].key:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        study(record, audience=Keeper(press))
    attempts: list[int] = []
    study(record, before_retry=lambda job: attempts.append(_attempts(record, job)))
    assert attempts == [1]
    assert _attempts(record, final[0]) == 2


def _attempts(record: Record, job: Job) -> int:
    return sum(isinstance(event, Started) and event.job == job.key for event in record.events())


def test_a_final_run_that_is_killed_is_tried_again_on_files_that_were_put_back(study: Study, record: Record) -> None:
    kills = iter([Killed])

    def kill(step: int, rate: float, loss: float) -> None:
        if step == 150 and rate != Problem().own_rate and (killed := next(kills, None)):
            raise killed

    put_back: list[Job] = []
    study(record, problem=Problem(at_step=kill), before_retry=put_back.append)
    (final,) = put_back
    assert (final.in_place, _attempts(record, final)) == (True, 2)
    spent = costs(record.events(), HORIZON, record.series.reached())
    assert spent.recomputed_steps == spent.by_phase["final"] - 10


def test_nothing_is_put_back_where_nothing_was_interrupted(study: Study, record: Record) -> None:
    put_back: list[Job] = []
    study(record, before_retry=put_back.append)
    assert put_back == []


class StopsAt:
    """A line of a script that raises from a rate on."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, step: int, rate: float, loss: float) -> None:
        if rate >= self.rate and step > 4:
            raise ValueError("cannot go on")


def test_a_job_that_fails_is_an_outcome_and_the_study_goes_on(study: Study, record: Record) -> None:
    controller = Ladder(rates=(0.0005, 0.002, 0.008))
    answer = study(record, controller=controller, problem=Problem(at_step=StopsAt(0.008)))
    assert answer.rate == 0.002
    assert [outcome.ending for outcome in came_of(record).outcomes.values()].count(Ending.FAILED) == 2


def test_two_jobs_that_fail_alike_stop_the_study_with_the_script_s_own_error(study: Study, record: Record) -> None:
    controller = Ladder(rates=(0.0005, 0.002, 0.004))
    with pytest.raises(ScriptFailed, match="the rate is not the cause: ValueError cannot go on") as failed:
        study(record, controller=controller, problem=Problem(at_step=StopsAt(0.002)), slots=3)
    assert 'raise ValueError("cannot go on")' in str(failed.value.values["traceback"])
    assert record.answer() is None


def test_a_study_that_its_script_stopped_stays_stopped(study: Study, record: Record) -> None:
    controller = Ladder(rates=(0.002, 0.004), baseline=False)
    for _ in range(2):
        with pytest.raises(ScriptFailed, match="Two jobs failed in the same way"):
            study(record, controller=controller, problem=Problem(at_step=StopsAt(0.001)))


class Waiting(Ladder):
    """A controller that waits though nothing is under way."""

    def wanted(self, state: State, free: int) -> tuple[Proposed, ...] | Answer:
        return ()


class Repeating(Ladder):
    """A controller that asks for one job again and again."""

    def wanted(self, state: State, free: int) -> tuple[Proposed, ...] | Answer:
        return (Proposed(Job(stop=8), "bracket"),)


def test_a_study_that_waits_for_nothing_is_an_error(study: Study, record: Record) -> None:
    with pytest.raises(StudyError, match="The study waits for outcomes that no running job can deliver"):
        study(record, controller=Waiting())


def test_a_job_is_never_proposed_twice(study: Study, record: Record) -> None:
    with pytest.raises(RuntimeError, match=r"the controller asked for job \w+ twice"):
        study(record, controller=Repeating())


def test_whatever_ends_a_study_no_run_goes_on(study: Study, record: Record) -> None:
    def fail(event: Event) -> None:
        if isinstance(event, Progress):
            raise OSError("the terminal is gone")

    with pytest.raises(OSError, match="the terminal is gone"):
        study(record, audience=Keeper(fail), problem=Problem(horizon=10**9))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("slot ")]
