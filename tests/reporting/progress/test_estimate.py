"""Mirrors ratecraft/reporting/progress/estimate.py."""

from ratecraft.controllers.estimate import Estimate
from ratecraft.reporting.progress.estimate import estimate_text, opening_text
from ratecraft.reporting.text.page import Page


def plan(probes: int = 8, final_runs: int = 1, runs: float = 1.7, budget: float = 2.0) -> Estimate:
    return Estimate(probes, final_runs, runs, runs + 1, budget, None)


def test_the_price_names_probes_runs_and_baseline() -> None:
    assert estimate_text(plan(), Page()) == ("2.7 runs in total, at most 3.0: the baseline, 8 probes and a run")


def test_several_full_runs_are_counted() -> None:
    text = estimate_text(plan(final_runs=2, runs=2.66, budget=2.66), Page())
    assert text == "3.7 runs in total: the baseline, 8 probes and 2 full runs"


def test_what_is_not_known_is_not_said() -> None:
    assert estimate_text(plan(), Page(), baseline=False) == "1.7 runs in total, at most 2.0: 8 probes and a run"


def test_the_price_is_said_in_japanese() -> None:
    text = estimate_text(plan(), Page("ja"))
    assert text == "全部で学習 2.7 回分（最大 3.0 回分）：ベースライン、試し学習 8 回と本番"


def test_a_proof_tells_between_what_it_will_cost_with_its_scores_before_its_baseline_tells_more() -> None:
    first, *_ = opening_text(plan(final_runs=0), (), Page(), verb="prove").splitlines()
    assert first == (
        "Between 1.0 and 3.3 runs in total: the baseline, short branches and their scores; "
        "a closer estimate follows the baseline"
    )
