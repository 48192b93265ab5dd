"""Mirrors ratecraft/reporting/report/details.py."""

from dataclasses import replace

from ratecraft.records.storage.header import StudyHeader
from ratecraft.reporting.report.blocks import Code, Facts, Listing, Table
from ratecraft.reporting.report.details import cost_section, decisions_section, environment_section, use_section
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.text.page import Page


def with_answer(evidence: Evidence, **changes: object) -> Evidence:
    answer = replace(evidence.summary.answer, **changes)  # pyright: ignore[reportArgumentType]
    return replace(evidence, summary=replace(evidence.summary, answer=answer))


def test_the_code_is_there_as_it_is_pasted_with_the_rate_of_every_group(evidence: Evidence) -> None:
    section = use_section(evidence, Page())
    assert section
    _, code, groups = section.blocks
    assert code == Code("def rate(step):\n    return 0.012\n")
    assert isinstance(groups, Table)
    assert groups.rows == (("1.2e-2", "leading", "1,203,482"), ("1.2e-3", "× 0.1", "5,120"))


def test_where_the_own_rate_stays_there_is_nothing_to_paste(evidence: Evidence) -> None:
    assert use_section(with_answer(evidence, verdict="no-gain"), Page()) is None
    assert use_section(with_answer(evidence, verdict="no-information", rate=None), Page()) is None


def test_every_decision_is_told_in_order(evidence: Evidence) -> None:
    section = decisions_section(evidence, Page())
    assert section
    (listing,) = section.blocks
    assert isinstance(listing, Listing)
    assert len(listing.items) == len(evidence.summary.answer.decisions)
    assert listing.items[-1] == "0.09 instead of 0.164: better by more than 0.000821."


def test_the_phases_add_up_to_the_whole_cost(evidence: Evidence) -> None:
    table = cost_section(evidence, Page()).blocks[1]
    assert isinstance(table, Table)
    phases, whole = table.rows[:-1], table.rows[-1]
    numbers = [[float(cell.replace(",", "")) for cell in row[1:4]] for row in phases]
    assert [sum(column) for column in zip(*numbers, strict=True)][:2] == [
        float(cell.replace(",", "")) for cell in whole[1:3]
    ]
    assert whole[3] == f"{evidence.summary.costs.total_runs:.2f}"


def test_where_the_length_of_a_run_is_not_known_no_runs_are_told(evidence: Evidence) -> None:
    (table,) = cost_section(with_answer(evidence, horizon=0, tuned=None), Page()).blocks
    assert isinstance(table, Table)
    assert {row[3] for row in table.rows} == {"–"}


def test_every_job_is_listed_with_its_peak_rate(evidence: Evidence) -> None:
    (jobs,) = cost_section(evidence, Page()).folded
    assert isinstance(jobs, Table)
    assert len(jobs.rows) == len(evidence.made)
    assert jobs.rows[0][:3] == ("baseline", "done", "your own")
    assert ("bracket", "blown up", "0.26", "0", "20", "–", "0.7 s") in jobs.rows


def test_the_environment_tells_no_path_of_the_machine(evidence: Evidence) -> None:
    (facts,) = environment_section(evidence, Page()).blocks
    assert isinstance(facts, Facts)
    told = dict(facts.rows)
    assert (told["arguments"], told["budget in runs"], told["optimizer"]) == ("--epochs 8", "1.6", "SGD")
    assert not any("/home" in value for value in told.values())


def test_what_is_not_known_of_the_environment_is_left_out(evidence: Evidence) -> None:
    bare = replace(evidence, header=StudyHeader("find-1", "find", "", (), "", ""), made={})
    (facts,) = environment_section(bare, Page()).blocks
    assert isinstance(facts, Facts)
    assert [name for name, _ in facts.rows] == ["study", "full run"]
