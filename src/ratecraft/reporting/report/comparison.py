"""Before and after: the full runs side by side, and what annealing gained.

Path:   `Evidence` -> two sections.
Units:  figures in the unit of the metric; steps are optimizer steps.
"""

from ratecraft.records.answer import Answer, RunResult
from ratecraft.reporting.pictures.charts import Chart, Role
from ratecraft.reporting.report.blocks import Figure, Section, Table, Text
from ratecraft.reporting.report.evidence import Evidence, Made
from ratecraft.reporting.report.foresight import with_foreseen
from ratecraft.reporting.report.run_curves import reading, run_curve_of, run_panels, run_table, steps_axis
from ratecraft.reporting.text.numbers import change_of, count_text, number_text, numbers_text
from ratecraft.reporting.text.page import Page


def comparison_section(evidence: Evidence, page: Page) -> Section | None:
    """The full runs: the script as it is, the run at a constant rate if there is one, and the tuned run."""
    answer = evidence.summary.answer
    own = "screen.compare.own-task" if evidence.summary.subject == "task" else "screen.compare.own"
    runs: list[tuple[Made | None, RunResult | None, str, Role]] = [
        (evidence.baseline, answer.baseline, page.words(own), "own"),
        (evidence.constant, answer.constant, page.words("screen.compare.constant"), "constant"),
        (evidence.final, answer.tuned, page.words("screen.compare.tuned"), "chosen"),
    ]
    standings = [(label, standing) for _, standing, label, _ in runs if standing]
    courses = [run_curve_of(evidence, made.job.key, label, role) for made, _, label, role in runs if made]
    courses = [course for course in courses if course.losses or course.rates]
    blocks: list[Figure | Table] = []
    if standings:
        blocks.append(_standings(answer, standings, page))
    if courses:
        metric = answer.metric.name if answer.metric.source == "validation" else ""
        told = run_panels(courses, page, metric)
        panels = with_foreseen(told, answer, page)
        chart = Chart("comparison", _title(answer, page), steps_axis(courses, page), panels)
        said = [page.words("report.comparison.caption"), *reading(courses, page)]
        said += [page.words("report.foresight.caption")] if panels != told else []
        caption = page.words("report.between").join(said)
        table = run_table(courses, page, page.words("report.comparison.table"), metric)
        blocks.append(Figure(chart, caption, table))
    return Section("comparison", page.words("report.comparison.title"), tuple(blocks)) if blocks else None


def _title(answer: Answer, page: Page) -> str:
    before = answer.baseline.final if answer.baseline else None
    after = answer.tuned.final if answer.tuned else None
    if before is None or after is None:
        return page.words("report.comparison.runs", metric=answer.metric.name)
    first, last = numbers_text([before, after])
    return page.words("report.comparison.found", metric=answer.metric.name, before=first, after=last)


def _standings(answer: Answer, standings: list[tuple[str, RunResult]], page: Page) -> Table:
    """A comparison of the final values, of the best values, and of where the best was reached."""
    own = answer.baseline if answer.baseline and answer.tuned else None
    final = numbers_text([standing.final for _, standing in standings])
    best = numbers_text([standing.best for _, standing in standings])
    head = ["", *(page.words(f"screen.compare.{name}") for name in ("final", "best", "best-at", "steps"))]
    head += [page.words("screen.compare.change")] if own else []
    rows: list[tuple[str, ...]] = []
    for at, (label, standing) in enumerate(standings):
        where = "–" if standing.best_at is None else count_text(standing.best_at)
        row = [label, final[at], best[at], where, count_text(standing.steps)]
        row += [_change(answer, own, standing, page)] if own else []
        rows.append(tuple(row))
    return Table(page.words("report.comparison.standings", metric=answer.metric.name), tuple(head), tuple(rows))


def _change(answer: Answer, own: RunResult, run: RunResult, page: Page) -> str:
    if run is own or own.final is None or run.final is None:
        return ""
    share = change_of(own.final, run.final, answer.metric.sign())
    better = answer.metric.sign() * (own.final - run.final)
    amount = number_text(abs(better)) if share is None else f"{abs(share):.1%}"
    if amount in ("0", "0.0%"):
        return page.words("screen.compare.same")
    return page.words("screen.compare.better" if better > 0 else "screen.compare.worse", amount=amount)


def annealing_section(evidence: Evidence, page: Page) -> Section | None:
    """What the cool-down gained over the same rate held constant; None if it was not measured."""
    answer = evidence.summary.answer
    said = [
        Text(page.words(f"decision.{decision.code}.text", **decision.values))
        for decision in answer.decisions
        if decision.code.startswith(("annealing-", "constant-"))
    ]
    if not said:
        return None
    rows = [*_of_the_probe(answer, page), *_of_the_run(answer, page)]
    head = ("", page.words("report.annealing.held"), page.words("report.annealing.cooled"))
    table = [Table(page.words("report.annealing.table", metric=answer.metric.name), head, tuple(rows))] if rows else []
    return Section("annealing", page.words("report.annealing.title"), (*said, *table))


def _of_the_probe(answer: Answer, page: Page) -> list[tuple[str, ...]]:
    held = answer.unannealed
    cooled = [probe for probe in answer.probes if held and probe.rate == held.rate and probe.stop > held.stop]
    if held is None or not cooled:
        return []
    name = page.words("report.annealing.probe", rate=held.rate, step=count_text(cooled[0].stop))
    return [(name, *numbers_text([held.score, cooled[0].score]))]


def _of_the_run(answer: Answer, page: Page) -> list[tuple[str, ...]]:
    if answer.constant is None or answer.tuned is None or answer.rate is None:
        return []
    name = page.words("report.annealing.run", rate=answer.rate)
    return [(name, *numbers_text([answer.constant.final, answer.tuned.final]))]
