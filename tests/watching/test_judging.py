"""Mirrors ratecraft/watching/judging.py: each finding once, when it is certain, and again when it has changed."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.diagnosis.diagnosing import EXPLAINS
from ratecraft.diagnosis.finding import Advice, Finding, Severity
from ratecraft.watching.judging import WAITING, Held, judged, next_check


def finding(code: str, severity: Severity = "warning", advice: str = "find-rate", *, exact: bool = False) -> Finding:
    return Finding(code, severity, 0.9, (0, 100), {}, (Advice(advice),), exact=exact)


def told(checks: Sequence[Sequence[Finding]], *, over: bool = False) -> list[list[str]]:
    """Codes that are told check by check; `over` makes the last one that of the end."""
    held: Mapping[str, Held] = {}
    said: list[list[str]] = []
    for number, findings in enumerate(checks, 1):
        judgement = judged(held, findings, over=over and number == len(checks))
        held = judgement.held
        said.append([each.code for each in judgement.told])
    return said


def test_it_is_told_at_the_third_check_in_a_row_and_never_again() -> None:
    assert told([[finding("spikes")]] * 5) == [[], [], ["spikes"], [], []]


def test_one_that_goes_away_between_is_not_certain() -> None:
    gone: list[Finding] = []
    here = [finding("spikes")]
    assert told([here, here, gone, here, here]) == [[]] * 5


def test_one_that_comes_back_as_it_was_told_is_not_told_again() -> None:
    assert told([[finding("spikes")]] * 3 + [[]] + [[finding("spikes")]] * 4)[3:] == [[]] * 5


@pytest.mark.parametrize("changed", [finding("spikes", "error"), finding("spikes", advice="clip")])
def test_one_that_changes_is_told_again_when_the_change_is_certain(changed: Finding) -> None:
    assert told([[finding("spikes")]] * 3 + [[changed]] * 4)[3:] == [[], [], ["spikes"], []]


def test_a_loss_that_is_no_number_is_told_at_the_second_check() -> None:
    assert told([[finding("non-finite", "error")]] * 3) == [[], ["non-finite"], []]


def test_an_exact_one_is_told_at_the_first_check_and_once() -> None:
    assert told([[finding("weights-large", exact=True)]] * 4) == [["weights-large"], [], [], []]


def test_an_exact_one_that_waits_for_the_end_or_is_a_hint_is_not_hurried() -> None:
    assert told([[finding("schedule-cut", exact=True), finding("spikes", "info", exact=True)]] * 4) == [[]] * 4


def test_one_that_becomes_exact_is_told_then() -> None:
    inputs = [finding("inputs-unscaled")]
    assert told([inputs, [finding("inputs-unscaled", exact=True)], inputs, inputs]) == [[], ["inputs-unscaled"], [], []]


@pytest.mark.parametrize("code", sorted(WAITING))
def test_what_only_the_end_can_tell_waits_for_it(code: str) -> None:
    assert told([[finding(code)]] * 9) == [[]] * 9
    assert told([[finding(code)]] * 2, over=True) == [[], [code]]


@pytest.mark.parametrize("code", ["stuck", "creeping", "not-learning"])
def test_a_loss_that_stands_while_the_rate_still_rises_is_left_alone(code: str) -> None:
    assert told([[finding(code), finding("warm-up-unfinished")]] * 5) == [[]] * 5


def test_hints_are_never_told() -> None:
    assert told([[finding("spikes", "info")]] * 5, over=True) == [[]] * 5


def test_the_codes_that_wait_are_codes_of_rules() -> None:
    explained = {code for codes in EXPLAINS.values() for code in codes} | set(EXPLAINS)
    assert explained >= WAITING - {"warm-up-unfinished", "stepped-too-rarely"}


@given(steps=st.integers(1, 10**9))
def test_looks_come_soon_but_ever_more_rarely(steps: int) -> None:
    after = next_check(steps)
    assert steps + 128 <= after <= steps + 1000
    assert after >= steps + min(steps // 4, 1000)
