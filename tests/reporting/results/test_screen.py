"""Mirrors ratecraft/reporting/results/screen.py."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest

from ratecraft.records.answer import Answer, Decision, Foreseen, Probe, RunResult, Span, Verdict
from ratecraft.records.cost import Reused
from ratecraft.records.metrics import Metric
from ratecraft.reporting.results.screen import result_text
from ratecraft.reporting.results.summary import Summary, to_json
from ratecraft.reporting.text.page import Page

VERDICTS = get_args(Verdict)


def of(summary: Summary, **changes: object) -> Summary:
    """The summary with another answer."""
    return replace(summary, answer=replace(summary.answer, **changes))


def section(text: str, label: str) -> str:
    return next(block for block in text.split("\n\n") if block.startswith(label))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_gain_looks_as_in_the_golden_file(
    summary: Summary, language: str, width: int, golden: Callable[[str, str], None]
) -> None:
    golden(f"gain-{language}-{width}", result_text(summary, Page(language, width)))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_gain_looks_as_in_the_golden_file(
    summary: Summary, answer: Answer, language: str, golden: Callable[[str, str], None]
) -> None:
    same = of(summary, verdict="no-gain", tuned=answer.baseline, decisions=answer.decisions[:2], marks=("training",))
    golden(f"no-gain-{language}-80", result_text(same, Page(language)))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_fits_the_width_but_for_its_code(
    summary: Summary, verdict: Verdict, width: int, language: str, widest: Callable[[str], int]
) -> None:
    text = result_text(of(replace(summary, code=""), verdict=verdict), Page(language, width))
    assert widest(text) <= width


@pytest.mark.parametrize("verdict", VERDICTS)
def test_ascii_pages_are_all_ascii(summary: Summary, verdict: Verdict) -> None:
    assert result_text(of(summary, verdict=verdict), Page(unicode=False)).isascii()


def test_colour_only_adds_to_the_text(summary: Summary) -> None:
    painted = result_text(summary, Page(colour=True))
    for code in ("1;32", "1", "2", "36", "0"):
        painted = painted.replace(f"\x1b[{code}m", "")
    assert painted == result_text(summary, Page())


def test_the_verdict_comes_first(summary: Summary) -> None:
    assert result_text(summary, Page()).startswith("✓ Gain: val_loss 1.27 instead of 1.41, 10.3% better.\n")


def test_no_gain_keeps_the_script_s_own_rate(summary: Summary) -> None:
    text = result_text(of(summary, verdict="no-gain"), Page())
    assert text.startswith("= No gain: keep your rate, 3e-3.\n")
    assert "LambdaLR" not in text


def test_without_a_baseline_no_gain_is_claimed_and_the_schedule_is_given(summary: Summary) -> None:
    text = result_text(of(summary, verdict="not-compared", baseline=None), Page())
    assert text.startswith("✓ Tuned: val_loss 1.27 at rate 4.9e-3.\n")
    assert "LambdaLR" in text


def test_a_gain_over_a_script_that_came_to_nothing_says_so(summary: Summary, answer: Answer) -> None:
    assert answer.baseline
    text = result_text(of(summary, baseline=replace(answer.baseline, final=None)), Page())
    assert text.startswith("✓ Gain: val_loss 1.27; the baseline reached none.\n")


def test_no_information_gives_no_rate(summary: Summary) -> None:
    text = result_text(of(summary, verdict="no-information", rate=None, interval=None), Page())
    assert section(text, "Rate") == "Rate      none\n          0.19 is the lowest rate that diverged"
    assert "LambdaLR" not in text


def test_an_accuracy_that_rises_is_better(summary: Summary, answer: Answer) -> None:
    assert answer.baseline
    assert answer.tuned
    rising = of(
        summary,
        metric=Metric("val_acc", "max"),
        baseline=replace(answer.baseline, final=0.912, best=0.914),
        tuned=replace(answer.tuned, final=0.931, best=0.913),
    )
    lines = section(result_text(rising, Page()), "Compared").splitlines()
    assert lines[2].split()[-4:] == ["0.912", "0.931", "2.1%", "better"]
    assert lines[3].split()[-4:] == ["0.914", "0.913", "0.1%", "worse"]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_was_foreseen_stands_below_the_comparison(
    summary: Summary, width: int, language: str, widest: Callable[[str], int]
) -> None:
    page, foreseen = Page(language, width), Foreseen(Span(1.28, 1.22, 1.34), Span(1.2, 1.11, 1.3))
    text = result_text(of(replace(summary, code=""), foreseen=foreseen, twice=Span(1.19, 1.15, 1.24)), page)
    compared, said = text.split("\n\n")[1:3]
    assert compared.startswith(page.words("screen.label.compared"))
    assert said.startswith(page.words("screen.label.foreseen"))
    assert "1.28" in said
    assert widest(text) <= width


def test_an_unknown_interval_is_not_invented(summary: Summary) -> None:
    assert "no interval" in section(result_text(of(summary, interval=None), Page()), "Rate")


def test_every_mark_is_explained(summary: Summary) -> None:
    marks = ("training", "short-run", "rough", "at-edge")
    assert section(result_text(of(summary, marks=marks), Page(width=200)), "Note").count("•") == 4 + len(summary.notes)


def test_the_code_can_be_pasted_as_it_is(summary: Summary) -> None:
    assert summary.code.rstrip() in result_text(summary, Page(width=40))


def test_the_costs_add_up(summary: Summary) -> None:
    amounts = [
        line.split(" runs")[0].split()[-1] for line in section(result_text(summary, Page()), "Cost").splitlines()
    ]
    assert amounts == ["2.75", "1.62", "1.00", "0.13"]


def test_steps_that_were_done_again_are_told(summary: Summary) -> None:
    again = replace(summary, costs=replace(summary.costs, recomputed_steps=240, total_runs=2.85))
    assert "0.10 runs   run again (240 steps)" in result_text(again, Page())


def test_the_model_of_a_probe_is_named(summary: Summary) -> None:
    text = result_text(of(summary, verdict="saturated", best_job="branch-0.006"), Page())
    assert "val_loss 1.47 of the probe at 6e-3, step 375" in section(text, "Model")


def test_where_the_best_probe_has_left_no_state_that_of_the_final_run_is_named(summary: Summary) -> None:
    """Another study had run that probe, and kept its own best state."""
    kept = replace(of(summary, best_job="branch-0.006"), model=".ratecraft/x/models/final-best.pt")
    assert "of the final run: the best validated" in section(result_text(kept, Page()), "Model")


def test_what_another_study_had_run_is_told_beside_the_cost(summary: Summary) -> None:
    again = replace(summary, costs=replace(summary.costs, reused={"tune-train-77b0c4": Reused(9, 3600)}))
    said = " ".join(section(result_text(again, Page()), "Cost").split())
    assert "Reused: 9 jobs of tune-train-77b0c4, worth 1.50 runs." in said
    assert to_json(again)["cost"]["reused"] == [{"study": "tune-train-77b0c4", "jobs": 9, "steps": 3600}]


def test_the_model_of_a_trunk_that_was_scored_is_named(summary: Summary) -> None:
    trunk = Probe("trunk", 6e-3, 300, 1.2, "done")
    text = result_text(of(summary, unannealed=trunk, best_job="trunk"), Page())
    assert "val_loss 1.20 of the probe at 6e-3, step 300" in section(text, "Model")


def test_the_model_of_a_full_run_that_was_not_kept_is_not_called_that_of_the_final_run(summary: Summary) -> None:
    text = result_text(of(summary, best_job="held"), Page())
    assert "of another full run, which was not kept" in section(text, "Model")


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80])
def test_a_rate_held_constant_is_compared_as_in_the_golden_file(
    summary: Summary, language: str, width: int, golden: Callable[[str, str], None], widest: Callable[[str], int]
) -> None:
    held = RunResult(final=1.334, best=1.331, best_at=2280, steps=2400)
    text = result_text(of(summary, constant=held), Page(language, width)).split("\n\n")[1]
    assert widest(text) <= width
    golden(f"constant-{language}-{width}", text)


def test_a_rate_held_constant_is_compared_with_the_tuned_run_where_there_is_no_baseline(summary: Summary) -> None:
    held = RunResult(final=1.334, best=None, best_at=None, steps=2400)
    lines = section(result_text(of(summary, baseline=None, constant=held), Page()), "Compared").splitlines()
    assert lines[0].split() == ["Compared", "val_loss", "constant", "rate", "tuned"]
    assert lines[2].split()[-2:] == ["1.33", "1.27"]


def test_a_model_that_was_never_validated_is_not_called_the_best(summary: Summary) -> None:
    unvalidated = RunResult(final=1.266, best=None, best_at=None, steps=2400)
    changed = of(summary, metric=Metric("training_loss", "min", "training"), tuned=unvalidated)
    text = section(result_text(changed, Page()), "Model")
    assert text.endswith("training_loss 1.27 at the end of the final run")


def test_every_decision_is_told_in_order(summary: Summary) -> None:
    lines = section(result_text(summary, Page(width=120)), "Why").splitlines()
    assert lines[0] == "Why        1. A full run has 2400 steps, as the script showed."
    assert lines[-1] == "          16. 1.27 instead of 1.41: better by more than 0.0141."


def test_equal_runs_are_called_the_same(summary: Summary, answer: Answer) -> None:
    text = section(result_text(of(summary, verdict="no-gain", tuned=answer.baseline), Page()), "Compared")
    assert text.count("the same") == 2


@pytest.mark.parametrize(("after", "said"), [(0.25, "0.250 worse"), (-0.25, "0.250 better"), (0.0, "the same")])
def test_a_difference_from_zero_has_no_share(summary: Summary, answer: Answer, after: float, said: str) -> None:
    assert answer.baseline
    assert answer.tuned
    text = result_text(
        of(summary, baseline=replace(answer.baseline, final=0.0), tuned=replace(answer.tuned, final=after)), Page()
    )
    assert section(text, "Compared").splitlines()[2].endswith(said)


def test_the_last_line_is_the_command_to_type_now(summary: Summary) -> None:
    assert result_text(summary, Page()).splitlines()[-1] == "Next      ratecraft show tune-train-3f9a12 --json"


def test_the_plot_can_be_left_out(summary: Summary) -> None:
    assert "┤" not in result_text(summary, Page(), plot_rows=0)


def test_the_bare_answer_of_a_study_without_anything_is_shown(summary: Summary) -> None:
    bare = Summary(summary.study, summary.path, Answer("no-information", summary.answer.metric), summary.costs)
    text = result_text(bare, Page())
    assert text.startswith("? No information")
    assert text.endswith("Study     .ratecraft/tune-train-3f9a12")


def test_where_nothing_was_gained_the_files_of_the_script_as_it_is_are_offered(summary: Summary) -> None:
    command = "cp -R .ratecraft/tune-train-3f9a12/baseline/. ."
    offered = replace(summary, baseline=".ratecraft/tune-train-3f9a12/baseline", next_command=command)
    lines = section(result_text(of(offered, verdict="no-gain"), Page()), "Next").splitlines()
    assert lines[0] == "Next      This puts the files that your script writes as it is into this folder:"
    assert lines[1].strip() == command


def test_a_final_run_without_a_score_is_no_praise_of_the_own_rate(summary: Summary) -> None:
    text = result_text(of(summary, verdict="no-gain", tuned=None), Page())
    assert text.splitlines()[0].endswith("No result: the full run at the rate that was found got no score.")
    assert "Your rate is good" not in text


# ---- a search for a rate alone


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_found_rate_looks_as_in_the_golden_file(
    found: Summary, language: str, width: int, golden: Callable[[str, str], None], widest: Callable[[str], int]
) -> None:
    text = result_text(found, Page(language, width))
    assert widest(text) <= width
    golden(f"found-{language}-{width}", text)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_ramp_alone_looks_as_in_the_golden_file(
    ramped: Summary, language: str, width: int, golden: Callable[[str, str], None], widest: Callable[[str], int]
) -> None:
    text = result_text(ramped, Page(language, width))
    assert widest(text) <= width
    golden(f"ramp-{language}-{width}", text)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_nothing_found_looks_as_in_the_golden_file(
    found: Summary, language: str, golden: Callable[[str, str], None]
) -> None:
    nothing = (*found.answer.decisions[:2], Decision("nothing-learned", {"first": 2.33, "last": 2.31, "stop": 39}))
    empty = of(found, verdict="no-information", rate=None, interval=None, marks=(), decisions=nothing)
    golden(f"found-nothing-{language}-80", result_text(empty, Page(language)))


def test_ascii_pages_of_a_search_are_all_ascii(found: Summary, ramped: Summary) -> None:
    assert result_text(found, Page(unicode=False)).isascii()
    assert result_text(ramped, Page(unicode=False)).isascii()


def test_of_a_run_of_unknown_length_costs_are_told_in_steps(found: Summary) -> None:
    text = section(result_text(of(found, horizon=0), Page()), "Cost")
    assert "steps" in text
    assert "runs" not in text


def test_every_mark_of_a_search_is_explained(found: Summary) -> None:
    marks = ("moved", "length-unknown", "ramp-only")
    assert section(result_text(of(found, marks=marks), Page(width=200)), "Note").count("•") == 3


def test_a_gain_that_the_best_figures_contradict_is_no_plain_gain(summary: Summary) -> None:
    own, tuned = RunResult(0.93, 0.900, 50, 100), RunResult(0.92, 0.902, 80, 100)
    text = result_text(of(summary, baseline=own, tuned=tuned), Page(width=120))
    assert text.startswith("! Better only at its end: val_loss 0.920 instead of 0.930, 1.1% better.")
    assert "0.2% worse" in section(text, "Compared")


@pytest.mark.parametrize(
    ("home", "elsewhere", "said"),
    [
        ("baseline", "run-f1", "has the files of your script as it is; those of the tuned run are in run-f1"),
        ("baseline", "", "has the files of your script as it is"),
        ("tuned", "baseline", "has the files of the tuned run; those of your script as it is are in baseline"),
    ],
)
def test_whose_files_lie_in_the_folder_is_told(summary: Summary, home: str, elsewhere: str, said: str) -> None:
    told = replace(summary, home=home, elsewhere=elsewhere)
    assert section(result_text(told, Page(width=120)), "Folder").split(maxsplit=1)[1] == said
    assert to_json(told)["folder"] == {"run": home, "other": elsewhere or None}


def test_of_a_baseline_that_diverged_it_is_said_where_and_at_which_rate(summary: Summary) -> None:
    lost = RunResult(None, None, None, 188)
    told = (*summary.answer.decisions[:-1], Decision("baseline-blown-up", {"step": 188}))
    answer = replace(summary.answer, baseline=lost, decisions=told)
    head, meaning = result_text(replace(summary, answer=answer), Page(width=120)).splitlines()[:2]
    assert head == "✓ Gain: val_loss 1.27; your own run diverged at step 188 of 2,400."
    assert meaning == "  Your rate, 3e-3, makes this training diverge; at the tuned rate it completes."


def test_a_rate_that_is_smaller_is_called_so(summary: Summary) -> None:
    answer = replace(summary.answer, own_rate=0.0817)
    assert "17 times smaller than your own, 8.2e-2" in result_text(replace(summary, answer=answer), Page(width=120))
