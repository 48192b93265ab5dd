"""Mirrors ratecraft/reporting/pictures/charts.py."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.reporting.pictures.charts import Axis, Chart, Line, Mark, Panel, to_json


def chart(*values: float | None) -> Chart:
    places = tuple(float(place) for place in range(len(values)))
    panel = Panel(Axis("loss"), places, (Line("run", "own", values),), (Mark("cross", 1.0, "lost"),))
    return Chart("key", "title", Axis("step", range=(0.0, 1.0)), (panel,))


@given(st.lists(st.none() | st.floats(), max_size=20))
def test_a_chart_is_legal_json_whatever_its_values_are(values: list[float | None]) -> None:
    plain = json.loads(json.dumps(to_json(chart(*values)), allow_nan=False))
    for given_, drawn in zip(values, plain["panels"][0]["lines"][0]["values"], strict=True):
        if given_ is None or not math.isfinite(given_):
            assert drawn is None
        else:
            assert math.isclose(drawn, given_, rel_tol=1e-5, abs_tol=0)


def test_numbers_are_no_longer_than_a_screen_can_show() -> None:
    assert to_json(chart(0.123456789, 3.0))["panels"][0]["lines"][0]["values"] == [0.123457, 3]


def test_a_cross_without_a_height_says_so() -> None:
    assert to_json(chart(1.0))["panels"][0]["marks"] == [{"kind": "cross", "place": 1, "label": "lost", "at": None}]
