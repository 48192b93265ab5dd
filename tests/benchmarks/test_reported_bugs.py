"""Mirrors benchmarks/reported_bugs: the cases are scripts, and the codes that name them are codes."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "reported_bugs"))

from listed import LISTED
from reported import ALIKE, CASES

from ratecraft.diagnosis.diagnosing import RULES

CODES = {kind.code for rule in RULES for kind in rule.kinds}
SHOWN_BY_BRANCHES = {"higher-rate-wins", "lower-rate-wins"}
A_REFUSAL_SAYS = {"no-steps"}


EVERY = {**CASES, **LISTED}


@pytest.mark.parametrize("name", EVERY)
def test_a_case_is_a_script_that_is_broken_in_one_way(name: str) -> None:
    case = EVERY[name]
    for text in (case.broken, case.mended):
        compile(text, f"{name}.py", "exec")
    assert case.broken != case.mended
    assert case.codes <= CODES | SHOWN_BY_BRANCHES | A_REFUSAL_SAYS
    assert case.source.startswith("https://")


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 25
    assert all(compile(text, name, "exec") for name, text in ALIKE.items())
