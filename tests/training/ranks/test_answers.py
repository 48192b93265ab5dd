"""Mirrors training/ranks/answers.py: what the answers of ranks are together."""

import pytest

from ratecraft.records.job import Evaluate
from ratecraft.records.outcome import Ending, Failure
from ratecraft.records.running import Passage, Score
from ratecraft.training.ranks.answers import cause, joined_passage, joined_score, never_came, with_lines

DONE = Passage(8, Ending.DONE, 8)
LOST = Failure("exception", "RuntimeError", "[gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]")


def failed(failure: Failure) -> Passage:
    return Passage(3, Ending.FAILED, 3, failure=failure)


def test_all_ranks_have_to_come_to_a_step() -> None:
    assert joined_passage({0: DONE}, 2) is None
    assert joined_passage({1: DONE, 0: DONE}, 2) == DONE


@pytest.mark.parametrize("ending", [Ending.ENDED_EARLY, Ending.BLOWN_UP])
def test_one_rank_that_does_not_go_on_ends_the_passage_of_all(ending: Ending) -> None:
    ended = Passage(5, ending, 5)
    assert joined_passage({1: ended}, 2) == ended
    assert joined_passage({1: failed(LOST), 0: ended}, 2) == ended


def test_a_rank_that_fails_ends_the_passage_of_all() -> None:
    assert joined_passage({0: DONE, 1: failed(LOST)}, 3) == failed(LOST)


def test_a_failure_is_that_of_the_rank_which_the_others_only_missed() -> None:
    own = Failure("exception", "ValueError", "wrong shape")
    assert cause({0: LOST, 2: LOST, 1: own}) == 1
    assert cause({0: LOST, 1: Failure("killed", "SIGKILL")}) == 1
    assert cause({2: LOST, 0: LOST}) == 2


@pytest.mark.parametrize(
    ("answers", "value"),
    [
        ({0: Score(0.5, 1, "m.pt")}, 0.5),
        ({0: Score(0.5), 1: Score(0.7)}, 0.5),
        ({1: Score(0.7)}, None),
        ({0: Score(None), 1: Score(0.7), 2: Score(0.9)}, 0.7),
    ],
)
def test_a_figure_is_the_first_rank_s_or_else_the_lowest_one_s(answers: dict[int, Score], value: float | None) -> None:
    score = joined_score(Evaluate("figure", "val_loss"), answers, 3 if len(answers) == 3 else 2)
    assert (score and score.value) == value


def test_a_frozen_score_is_the_mean_over_all_ranks() -> None:
    how = Evaluate("frozen", steps=4)
    assert joined_score(how, {0: Score(1.0, 4)}, 2) is None
    assert joined_score(how, {1: Score(3.0, 4), 0: Score(1.0, 4, "m.pt")}, 2) == Score(2.0, 4, "m.pt")


def test_of_a_rank_without_a_traceback_the_last_lines_are_told_under_its_name() -> None:
    told = with_lines(Failure("killed", "SIGKILL"), 1, "\n".join(f"line {number}" for number in range(40)))
    assert told.traceback.splitlines()[0] == "[rank1]: line 25"
    assert told.traceback.splitlines()[-1] == "[rank1]: line 39"
    assert with_lines(Failure("exception", traceback="Error"), 0, "a line").traceback == "[rank0]: Error"


def test_a_rank_that_the_others_waited_for_in_vain_is_named_and_the_run_is_tried_again() -> None:
    late = never_came({0: LOST, 2: LOST}, (1,))
    assert late == (1, Failure("killed", "TimeoutError", LOST.message))


def test_a_rank_is_not_waited_for_where_another_one_failed_by_itself() -> None:
    own = Failure("exception", "ValueError", "wrong shape")
    assert never_came({0: LOST, 2: own}, (1,)) is None
    assert never_came({0: LOST, 1: LOST}, ()) is None
