"""Mirrors ratecraft/diagnosis/rates/resume.py: how sudden a reset is; what it is otherwise is in `test_diagnosing`."""

import numpy as np
import pytest
from tests.diagnosis.runs import codes, cosine, falling, run


@pytest.mark.parametrize(("points", "told"), [(2, ["resume-schedule"]), (3, ["resume-schedule"]), (4, [])])
def test_a_reset_is_sudden_where_it_takes_three_points_at_most(points: int, told: list[str]) -> None:
    def reset(place: np.ndarray) -> np.ndarray:
        rates, back = cosine(place - np.where(place < 0.4, 0, 0.4)), int(0.4 * len(place))
        rates[back : back + points - 1] = np.linspace(rates[back - 1], 1, points)[1:]
        return rates

    assert codes(run(falling(2000), shape=reset)) == told
