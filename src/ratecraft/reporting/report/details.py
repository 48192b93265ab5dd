"""The sections without a chart: code to paste, the decisions, the cost, the environment.

Path:   `Evidence` -> sections of words and tables.
Units:  runs are multiples of the horizon; steps are optimizer steps; seconds are wall time of the jobs' processes.
"""

import shlex
from collections.abc import Iterator

from ratecraft.reporting.report.blocks import Block, Code, Facts, Listing, Section, Table, Text
from ratecraft.reporting.report.evidence import Evidence, Made
from ratecraft.reporting.text.durations import duration_text
from ratecraft.reporting.text.numbers import count_text, number_text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text
from ratecraft.translations.rewording import commented

_HASH = 12


def use_section(evidence: Evidence, page: Page) -> Section | None:
    """The schedule as code to paste, and the rate of every group; None if the script's own rate is kept."""
    summary = evidence.summary
    answer = summary.answer
    keeps_own = answer.verdict == "no-gain" and answer.baseline is not None
    if not summary.code or answer.rate is None or keeps_own:
        return None
    blocks: list[Block] = [
        Text(page.words("report.use.text")),
        Code(commented(summary.code, page.language).rstrip() + "\n"),
    ]
    if len(answer.groups) > 1:
        head = (page.words("screen.plot.across"), page.words("report.use.group"), page.words("report.use.size"))
        rows = tuple(
            (
                rate_text(answer.rate * group.ratio),
                page.words("screen.group.leading" if at == answer.leading else "screen.group.ratio", ratio=group.ratio),
                count_text(group.parameters),
            )
            for at, group in enumerate(answer.groups)
        )
        blocks.append(Table(page.words("report.use.groups"), head, rows, 2))
    return Section("use", page.words("report.use.title"), tuple(blocks))


def decisions_section(evidence: Evidence, page: Page) -> Section | None:
    """The decisions in order, each with its numbers."""
    decisions = evidence.summary.answer.decisions
    said = tuple(page.words(f"decision.{decision.code}.text", **decision.values) for decision in decisions)
    return Section("decisions", page.words("report.decisions.title"), (Listing(said),)) if said else None


def cost_section(evidence: Evidence, page: Page) -> Section:
    """Jobs, steps, runs and time by phase; folded, every job."""
    summary = evidence.summary
    text = page.words("report.cost.text", runs=f"{summary.costs.runs:.2f}")
    return Section(
        "cost",
        page.words("report.cost.title"),
        (*([Text(text)] if summary.answer.tuned else []), _phases(evidence, page)),
        (_jobs(evidence, page),),
        page.words("report.cost.every-job"),
    )


def _phases(evidence: Evidence, page: Page) -> Table:
    """The cost of each phase. If the length of a run is not known, nothing is given in runs."""
    costs, horizon = evidence.summary.costs, evidence.summary.answer.horizon
    head = tuple(page.words(f"report.cost.{name}") for name in ("phase", "jobs", "steps", "runs", "time"))

    def row(name: str, jobs: str, steps: float, time: str) -> tuple[str, ...]:
        return name, jobs, count_text(steps), f"{steps / horizon:.2f}" if horizon else "–", time

    rows: list[tuple[str, ...]] = []
    for phase, steps in costs.by_phase.items():
        made = [job for job in evidence.made.values() if job.phase == phase and job.attempt]
        time = duration_text(sum(job.outcome.seconds for job in made), page)
        rows.append(row(page.words(f"screen.phase.{phase}"), count_text(len(made)), steps, time))
    for name, steps in (("evaluation", costs.evaluation_steps), ("recomputed", costs.recomputed_steps)):
        if steps:
            rows.append(row(page.words(f"report.cost.{name}"), "", steps, ""))
    for study, reused in costs.reused.items():
        rows.append(row(page.words("report.cost.reused", study=study), count_text(reused.jobs), 0, ""))
    jobs = count_text(sum(job.attempt > 0 for job in evidence.made.values()))
    total = costs.total_runs * max(horizon, 1)  # if no length is known, a run counts as one step
    rows.append(row(page.words("report.cost.total"), jobs, total, duration_text(costs.seconds, page)))
    return Table(page.words("report.cost.table"), head, tuple(rows), last_is_total=True)


def _jobs(evidence: Evidence, page: Page) -> Table:
    head = tuple(
        page.words(f"report.cost.{name}") for name in ("phase", "ended", "rate", "from", "to", "score", "time")
    )
    rows = tuple(_job(job, page) for job in evidence.made.values())
    return Table(page.words("report.cost.every-job"), head, rows, 2)


def _job(made: Made, page: Page) -> tuple[str, ...]:
    job, outcome = made.job, made.outcome
    schedule = job.schedules.get("rate")
    rate = page.words("screen.progress.own")
    if schedule is not None and not schedule.needs_horizon:
        rate = rate_text(float(schedule.curve(max(outcome.steps, 1), job.start).max()))
    return (
        page.words(f"screen.phase.{made.phase}"),
        page.words(f"screen.ending.{outcome.ending.replace(' ', '-')}"),
        rate,
        count_text(job.start),
        count_text(job.start + outcome.steps),
        number_text(outcome.score),
        page.words("report.cost.again")
        if made.reused
        else duration_text(outcome.seconds, page)
        if made.attempt
        else "",
    )


def environment_section(evidence: Evidence, page: Page) -> Section:
    """What was run and with which versions; paths of the machine are left out, since the file is made to be shared."""
    rows = tuple((page.words(f"report.environment.{name}"), value) for name, value in _facts(evidence, page) if value)
    return Section("environment", page.words("report.environment.title"), (Facts(rows),))


def _facts(evidence: Evidence, page: Page) -> Iterator[tuple[str, str]]:
    header, answer = evidence.header, evidence.summary.answer
    first = next(iter(evidence.made.values()), None)
    yield "script", header.script
    yield "arguments", shlex.join(header.arguments)
    yield "hash", header.script_hash[:_HASH]
    yield "study", header.name
    yield "begun", header.created.replace("T", " ")
    yield "ratecraft", header.ratecraft_version
    yield "torch", header.torch_version
    yield "threads", str(header.settings.get("threads", ""))
    yield "seed", str(header.settings.get("seed", ""))
    yield "budget", f"{header.settings['budget']:g}" if header.settings.get("budget") else ""
    yield "horizon", page.words("report.environment.steps", steps=count_text(answer.horizon)) if answer.horizon else ""
    if first is not None:
        facts = first.outcome.facts
        yield "optimizer", page.words("report.listed").join(facts.optimizers)
        yield "parameters", count_text(sum(group.parameters for group in facts.groups)) if facts.groups else ""
        yield "samples", f"{facts.samples_per_step:.4g}" if facts.samples_per_step else ""
        yield "dataset", count_text(facts.dataset_length) if facts.dataset_length else ""
        yield "frameworks", page.words("report.listed").join(facts.frameworks)
