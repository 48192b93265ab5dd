"""Mirrors ratecraft/watching/judging.py: each finding once, when it is certain, and again when it has changed."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.diagnosis.diagnosing import EXPLAINS, Diagnosis, Explained
from ratecraft.diagnosis.finding import Advice, Finding, Severity
from ratecraft.watching.judging import WAITING, Held, judged, next_check

SIGNS: Mapping[str, str] = {"observed": "", "changed": "~", "withdrawn": "-"}


def finding(code: str, severity: Severity = "warning", advice: str = "find-rate", *, exact: bool = False) -> Finding:
    return Finding(code, severity, 0.9, (0, 100), {}, (Advice(advice),), exact=exact)


def told(checks: Sequence[Sequence[Finding]], *, over: bool = False, last: bool = False) -> list[list[str]]:
    """Codes that are told check by check, a changed one with a sign; `over` and `last` are said of the last check."""
    held: Mapping[str, Held] = {}
    said: list[list[str]] = []
    for number, findings in enumerate(checks, 1):
        is_end = number == len(checks)
        judgement = judged(held, Diagnosis(tuple(findings), (), ()), over=over and is_end, last=last and is_end)
        held = judgement.held
        said.append([SIGNS[each.status] + each.code for each in judgement.told])
    return said


def test_it_is_told_at_the_third_check_in_a_row_and_never_again() -> None:
    assert told([[finding("spikes")]] * 5) == [[], [], ["spikes"], [], []]


def test_one_that_goes_away_between_is_not_certain() -> None:
    gone: list[Finding] = []
    here = [finding("spikes")]
    assert told([here, here, gone, here, here]) == [[]] * 5


def test_one_that_comes_back_soon_as_it_was_told_is_not_told_again() -> None:
    assert told([[finding("spikes")]] * 3 + [[]] * 2 + [[finding("spikes")]] * 4 + [[]] * 2)[3:] == [[]] * 8


def test_one_that_stays_away_is_taken_back_once() -> None:
    assert told([[finding("spikes")]] * 3 + [[]] * 6)[3:] == [[], [], ["-spikes"], [], [], []]


@pytest.mark.parametrize("end", [{"over": True}, {"last": True}])
def test_one_that_is_gone_at_the_last_check_is_taken_back_there(end: dict[str, bool]) -> None:
    assert told([[finding("spikes")]] * 3 + [[]], **end)[3:] == [["-spikes"]]


def test_one_that_was_never_told_is_not_taken_back() -> None:
    assert told([[finding("spikes")]] * 2 + [[]] * 4, over=True) == [[]] * 6


def test_one_that_was_taken_back_is_told_again_by_the_end_alone() -> None:
    flapping = [[finding("spikes")]] * 3 + [[]] * 3 + [[finding("spikes")]] * 5
    assert told(flapping)[6:] == [[]] * 5
    assert told(flapping, over=True)[6:] == [[]] * 4 + [["spikes"]]


def test_one_that_follows_from_another_or_became_a_hint_is_not_taken_back() -> None:
    here = finding("spikes")
    state = judged(
        judged(judged({}, Diagnosis((here,), (), ())).held, Diagnosis((here,), (), ())).held, Diagnosis((here,), (), ())
    )
    assert [each.code for each in state.told] == ["spikes"]
    explained = Diagnosis((finding("diverged"),), (Explained(here, "diverged"),), ())
    for said in (explained, Diagnosis((finding("spikes", "info"),), (), ())):
        assert "spikes" not in [each.code for each in judged(state.held, said, over=True).told]


@pytest.mark.parametrize("changed", [finding("spikes", "error"), finding("spikes", advice="clip")])
def test_one_that_changes_is_told_again_when_the_change_is_certain(changed: Finding) -> None:
    assert told([[finding("spikes")]] * 3 + [[changed]] * 4)[3:] == [[], [], ["~spikes"], []]


def test_a_loss_that_is_no_number_is_told_at_the_second_check() -> None:
    assert told([[finding("non-finite", "error")]] * 3) == [[], ["non-finite"], []]


def test_an_exact_one_is_told_at_the_first_check_and_once() -> None:
    assert told([[finding("weights-large", exact=True)]] * 4) == [["weights-large"], [], [], []]


def test_an_exact_one_that_waits_for_the_end_or_is_a_hint_is_not_hurried() -> None:
    assert told([[finding("schedule-cut", exact=True), finding("spikes", "info", exact=True)]] * 4) == [[]] * 4


def test_one_that_becomes_exact_is_told_then() -> None:
    inputs = [finding("inputs-unscaled")]
    exact = [finding("inputs-unscaled", exact=True)]
    assert told([inputs, exact, inputs, inputs]) == [[], ["inputs-unscaled"], [], []]


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


codes = st.lists(st.sampled_from(["spikes", "diverged", "non-finite"]), unique=True)


@given(checks=st.lists(codes, max_size=30), over=st.booleans())
def test_what_was_told_and_not_taken_back_stands_at_the_end_and_each_is_taken_back_once(
    checks: list[list[str]], over: bool
) -> None:
    said = told([[finding(code) for code in each] for each in checks] + [[]], over=over, last=True)
    for code in ("spikes", "diverged", "non-finite"):
        news = [each for check in said for each in check if each.lstrip("-~") == code]
        assert news in ([], [code, f"-{code}"])
