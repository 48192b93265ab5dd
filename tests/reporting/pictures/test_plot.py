"""Mirrors ratecraft/reporting/pictures/plot.py and canvas.py."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.answer import Answer, Probe
from ratecraft.reporting.pictures.plot import Plot, PlottedCurve, draw, plot_of
from ratecraft.reporting.text.page import Page, cells

RATES = st.floats(1e-9, 1e3)
SCORES = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True, width=32))


def plot(*points: tuple[float, float | None], smaller_is_better: bool = True, chosen: float | None = None) -> Plot:
    return Plot(
        "loss",
        (PlottedCurve("after 10 steps", points),),
        smaller_is_better,
        chosen,
        chosen_text="chosen",
        without_score="blown up",
    )


def row_of(lines: tuple[str, ...], symbol: str) -> int:
    return next(at for at, line in enumerate(lines) if symbol in line)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_study_is_drawn_as_in_the_golden_file(
    answer: Answer, language: str, width: int, golden: Callable[[str, str], None]
) -> None:
    page = Page(language)
    picture = plot_of(answer, page)
    assert picture
    golden(f"plot-{language}-{width}", "\n".join(draw(picture, page, width, 14)))


def test_ascii_pages_get_an_ascii_plot(answer: Answer, golden: Callable[[str, str], None]) -> None:
    page = Page(unicode=False)
    picture = plot_of(answer, page)
    assert picture
    text = "\n".join(draw(picture, page, 80, 14))
    assert text.isascii()
    golden("plot-ascii-80", text)


@given(
    points=st.lists(st.tuples(RATES, SCORES), min_size=1, max_size=12),
    smaller_is_better=st.booleans(),
    chosen=st.one_of(st.none(), RATES),
    width=st.integers(40, 140),
    height=st.integers(4, 30),
    unicode=st.booleans(),
)
def test_any_points_fit_the_width(
    points: list[tuple[float, float | None]],
    smaller_is_better: bool,
    chosen: float | None,
    width: int,
    height: int,
    unicode: bool,
) -> None:
    drawn = plot(*points, smaller_is_better=smaller_is_better, chosen=chosen)
    lines = draw(drawn, Page(unicode=unicode), width, height)
    assert max(cells(line) for line in lines) <= width
    assert lines == tuple(line.rstrip() for line in lines)


def test_no_probes_give_no_plot(answer: Answer) -> None:
    assert plot_of(replace(answer, probes=()), Page()) is None


def test_each_rung_has_its_own_symbol(answer: Answer) -> None:
    picture = plot_of(answer, Page())
    assert picture
    text = "\n".join(draw(picture, Page(), 80, 14))
    assert "○ after 94 steps" in text
    assert "● after 375 steps" in text


def test_runs_of_a_program_whose_steps_are_not_seen_are_named_by_their_metric(answer: Answer) -> None:
    probes = tuple(replace(probe, stop=1) for probe in answer.probes)
    picture = plot_of(replace(answer, probes=probes), Page())
    assert picture
    assert {curve.label for curve in picture.curves} == {answer.probe_metric.name}


def test_the_mark_of_the_chosen_rate_stands_under_its_line() -> None:
    lines = draw(plot((1e-3, 2.0), (1e-2, 1.0), chosen=4e-3), Page(), 60, 8)
    assert lines[row_of(lines, "▲")].index("▲") == lines[1].index("⠅")


def test_a_better_score_stands_lower_where_smaller_is_better() -> None:
    lines = draw(plot((1e-3, 2.0), (1e-2, 1.0)), Page(), 60, 8)
    assert lines[row_of(lines, "○")].index("○") < 30


def test_a_better_score_stands_higher_where_larger_is_better() -> None:
    lines = draw(plot((1e-3, 2.0), (1e-2, 1.0), smaller_is_better=False), Page(), 60, 8)
    assert row_of(lines, "○") == 1
    assert lines[1].index("○") < 30


@pytest.mark.parametrize(("smaller_is_better", "row"), [(True, 1), (False, 8)])
def test_a_blown_up_probe_is_a_cross_on_the_bad_edge(smaller_is_better: bool, row: int) -> None:
    lines = draw(plot((1e-3, 2.0), (1e-2, 1.0), (0.1, None), smaller_is_better=smaller_is_better), Page(), 60, 8)
    assert row_of(lines, "×") == row
    assert lines[row].count("×") == 1


def test_nothing_but_blown_up_probes_has_no_numbers_on_the_axis() -> None:
    lines = draw(plot((1e-3, None), (1e-2, math.nan)), Page(), 60, 6)
    assert lines[1].startswith(" │")
    assert lines[1].count("×") == 2


def test_one_far_score_does_not_flatten_the_valley() -> None:
    lines = draw(plot((1e-4, 1.2), (1e-3, 1.0), (1e-2, 1.3), (1e-1, 900.0)), Page(), 60, 8)
    rows = [at for at, line in enumerate(lines[1:9]) if "○" in line]
    assert len(rows) == 4
    assert "at the edge: worse than 1.30" in lines[-1]


def test_equal_scores_lie_on_one_labelled_row() -> None:
    lines = draw(plot((1e-3, 1.0), (1e-2, 1.0)), Page(), 60, 7)
    assert [line[:4] for line in lines if "┤" in line] == ["1.00"]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (1e-3, 1e-2, ["1e-3", "2e-3", "5e-3", "1e-2"]),
        (1e-6, 1.0, ["1e-6", "1e-5", "1e-4", "1e-3", "1e-2", "1e-1", "1"]),
    ],
)
def test_the_rates_under_the_axis_suit_its_length(low: float, high: float, ticks: list[str]) -> None:
    lines = draw(plot((low, 1.0), (high, 2.0)), Page(), 70, 6)
    assert lines[8].split() == ticks


def test_failed_probes_are_not_called_blown_up(answer: Answer) -> None:
    failed = (*answer.probes, Probe("z", 0.5, 94, None, "failed"))
    picture = plot_of(replace(answer, probes=failed), Page())
    assert picture
    assert picture.without_score == "blown up or failed"
