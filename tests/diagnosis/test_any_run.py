"""Whatever was logged, a run is judged: no value of a series and no fact breaks a rule, or divides by nothing."""

import math

import pytest
from hypothesis import given
from tests.diagnosis.any_runs import runs

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.records.watching.observed import ObservedRun


@pytest.mark.filterwarnings("error")
@given(run=runs())
def test_a_run_of_any_values_is_judged(run: ObservedRun) -> None:
    said = diagnosis_of(run)
    assert all(math.isfinite(each.confidence) for each in said.findings)
