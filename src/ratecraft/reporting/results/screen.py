"""The end screen: first the verdict, then what it rests on, what it cost, where it is kept, and what to type now.

Path:   `Summary` + `Page` -> text. It computes only differences of the figures shown.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from ratecraft.records.answer import Answer
from ratecraft.reporting.findings.proof import cost_lines
from ratecraft.reporting.findings.screen import Diagnosed, findings_text
from ratecraft.reporting.pictures.picture_plot import answer_plot
from ratecraft.reporting.pictures.plot import draw
from ratecraft.reporting.results.foresight import foresight_text
from ratecraft.reporting.results.parts import parts_lines
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.results.trials import trials_lines
from ratecraft.reporting.text.durations import duration_text
from ratecraft.reporting.text.numbers import change_of, count_text, number_text, numbers_text, times_text
from ratecraft.reporting.text.page import Page, Style, cells, pad, table, wrap
from ratecraft.reporting.text.sections import WIDEST, labelled, listed
from ratecraft.reporting.verdict import is_gain_at_end, is_kept, sureness_text, verdict_text
from ratecraft.translations.catalogue import rate_text
from ratecraft.translations.rewording import commented

PLOT_ROWS = 12
_SIGNS: dict[str, tuple[str, str, Style]] = {
    "gain": ("✓", "+", "good"),
    "no-gain": ("=", "=", "fair"),
    "not-compared": ("✓", "+", "good"),
    "saturated": ("!", "!", "fair"),
    "no-information": ("?", "?", "bad"),
    "found": ("✓", "+", "good"),
    "suggested": ("!", "!", "fair"),
    "proved": ("✓", "+", "good"),
    "not-repeatable": ("?", "?", "bad"),
}


def result_text(summary: Summary, page: Page, plot_rows: int = PLOT_ROWS) -> str:
    """The end screen of a study.

    Args:
        summary: What is told.
        page: Language, width, colour and alphabet.
        plot_rows: Rows of the plot; 0 for none.
    """
    width = min(page.width, WIDEST)
    page = replace(page, width=width)
    if summary.diagnosed is not None:
        return _proof(summary, summary.diagnosed, page)
    label_width = max(cells(page.words(f"screen.label.{name}")) for name, _ in _SECTIONS) + 2
    room = width - label_width
    blocks = [_headline(summary, page)]
    for name, section in _SECTIONS:
        lines = section(summary, page, room)
        if lines:
            blocks.append(labelled(page.words(f"screen.label.{name}"), lines, label_width, page))
        if name == "rate" and plot_rows:
            blocks.append(_plot(summary.answer, page, plot_rows))
        if name == "schedule":
            blocks.append(_code(summary, page))
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _proof(summary: Summary, diagnosed: Diagnosed, page: Page) -> str:
    """The screen of a proof: what is wrong, what was tried, what it cost."""
    said = [page.words(f"decision.{decision.code}.text", **decision.values) for decision in summary.answer.decisions]
    told = [line for text in said for line in wrap(text, page.width)]
    cost = cost_lines(summary.costs, summary.answer.tried, page)
    return "\n\n".join([findings_text([diagnosed], page), "\n".join([*told, *cost])])


def result_parts(summary: Summary, page: Page) -> tuple[tuple[str, str, list[str]], ...]:
    """The parts besides verdict and plot, for other pages: code of a part, its label, its paragraphs.

    Args:
        summary: What is told.
        page: A page wide enough for a whole paragraph on a line.
    """
    said = [(name, section(summary, page, page.width)) for name, section in _SECTIONS if name != "compared"]
    return tuple((name, page.words(f"screen.label.{name}"), lines) for name, lines in said if lines)


def _headline(summary: Summary, page: Page) -> list[str]:
    """The verdict in one line, another on what it means, and one on the total cost."""
    answer, costs = summary.answer, summary.costs
    sign, plain, style = _SIGNS["saturated" if is_gain_at_end(answer) else answer.verdict]
    head, meaning = verdict_text(answer, page)
    told = ""
    if answer.horizon and summary.verb != "find":
        code = "screen.cost.headline" if costs.baseline_runs else "screen.cost.headline-alone"
        told = page.words(code, runs=f"{costs.total_runs:.2f}")
    lines = wrap(f"{sign if page.unicode else plain} {head}", page.width, hang="  ")
    under = [
        line for text in (meaning, sureness_text(answer, page), told) if text for line in wrap(text, page.width - 2)
    ]
    return [*(page.paint(line, style) for line in lines), *(f"  {line}" for line in under)]


def comparison(summary: Summary, page: Page) -> list[list[str]]:
    """Baseline and tuned run side by side, and the constant-rate run if there is one: final values, best values, steps.

    Returns:
        Rows of cells, the first with the heads, the last column with the change. None if nothing was run in full.
    """
    answer = summary.answer
    runs = (("own", answer.baseline), ("constant", answer.constant), ("tuned", answer.tuned))
    standings = [(name, run) for name, run in runs if run]
    if not standings:
        return []
    both = answer.baseline is not None and answer.tuned is not None
    better = page.words("screen.compare.change") if both else ""
    called = {"own": "own-task"} if summary.subject == "task" else {}
    called |= {"tuned": "trial"} if answer.search else {}
    heads = (page.words(f"screen.compare.{called.get(name, name)}") for name, _ in standings)
    rows = [[answer.metric.name, *heads, better]]
    figures = {
        "final": [standing.final for _, standing in standings],
        "best": [standing.best for _, standing in standings],
    }
    for name, said in ((name, numbers_text(values)) for name, values in figures.items()):
        change = _change(figures[name][0], figures[name][-1], answer, page) if both else ""
        rows.append([page.words(f"screen.compare.{name}"), *map(page.spell, said), change])
    if answer.horizon == 1:  # the runs were not observed
        return rows
    places = ["–" if standing.best_at is None else count_text(standing.best_at) for _, standing in standings]
    rows.append([page.words("screen.compare.best-at"), *(page.spell(place) for place in places), ""])
    rows.append([page.words("screen.compare.steps"), *(count_text(standing.steps) for _, standing in standings), ""])
    return rows


def _compared(summary: Summary, page: Page, room: int) -> list[str]:
    """The comparison as a table, as wide as `room` allows."""
    rows = comparison(summary, page)
    if not rows:
        return []
    both = bool(rows[0][-1])
    without_change = [row[:-1] for row in rows]
    layouts = [table(rows), table(rows, gap=2)] if both else [table(without_change)]
    layouts += [table(without_change, gap=2)] if len(rows[0]) > 4 else []
    head, *body = next((layout for layout in layouts if max(map(cells, layout)) <= room), layouts[-1])
    rule = page.spell("─") * max(map(cells, (head, *body)))
    return [page.paint(head, "faint"), page.paint(rule, "faint"), *body]


def _change(before: float | None, after: float | None, answer: Answer, page: Page) -> str:
    if before is None or after is None:
        return ""
    share = change_of(before, after, answer.metric.sign())
    if share is None:
        difference = answer.metric.sign() * (before - after)
        better, amount = difference > 0, number_text(abs(difference))
    else:
        better, amount = share > 0, f"{abs(share):.1%}"
    if amount in ("0", "0.0%"):
        return page.words("screen.compare.same")
    return page.words("screen.compare.better" if better else "screen.compare.worse", amount=amount)


def _foreseen(summary: Summary, page: Page, room: int) -> list[str]:
    return [line for text in foresight_text(summary.answer, page) for line in wrap(text, room)]


def _rate(summary: Summary, page: Page, room: int) -> list[str]:
    """The rate with its interval, compared with the script's own, and the rate at which it blew up."""
    answer = summary.answer
    if answer.rate is None:
        return [*wrap(page.words("screen.rate.none"), room), *_edge(answer, page, room)]
    text = rate_text(answer.rate)
    if is_kept(answer):
        said = page.words("screen.rate.tried", rate=answer.rate)
    elif answer.interval is None:
        said = page.words("screen.rate.no-interval", rate=answer.rate)
    else:
        low, high = answer.interval
        key = "between" if "moved" in answer.marks else "interval"
        said = page.words(f"screen.rate.{key}", rate=answer.rate, low=low, high=high)
    first, *rest = wrap(said, room)
    lines = [first.replace(text, page.paint(text, "accent"), 1), *rest]
    if answer.own_rate:
        kind, times = times_text(answer.rate / answer.own_rate)
        lines += wrap(page.words(f"screen.rate.{kind}", own=answer.own_rate, times=times), room)
    return [*lines, *_edge(answer, page, room)]


def _edge(answer: Answer, page: Page, room: int) -> Iterable[str]:
    """Where it blows up: seen in a probe, or estimated by a ramp with its uncertainty."""
    if answer.edge is None:
        return ()
    ramp = answer.ramp
    if ramp is None or ramp.edge_interval is None or ramp.edge != answer.edge:
        return wrap(page.words("screen.rate.edge", edge=answer.edge), room)
    low, high = ramp.edge_interval
    return wrap(page.words("screen.rate.rises", edge=answer.edge, low=low, high=high), room)


def _suggestions(summary: Summary, page: Page, room: int) -> list[str]:
    """What other finders read off a ramp, each with its source; only if nothing else was asked for."""
    ramp = summary.answer.ramp
    if ramp is None or summary.answer.verdict != "suggested":
        return []
    shown = {name: page.spell("–") if rate is None else rate_text(rate) for name, rate in ramp.suggestions.items()}
    rows = [(rate, page.words(f"screen.suggestion.{name.replace('_', '-')}")) for name, rate in shown.items()]
    hang = max((cells(rate) for rate, _ in rows), default=0) + 3
    return [line for rate, said in rows for line in wrap(pad(rate, hang) + said, room, " " * hang)]


def _groups(summary: Summary, page: Page, room: int) -> list[str]:
    answer = summary.answer
    if answer.rate is None or len(answer.groups) < 2:
        return []
    rows: list[list[str]] = []
    several = len(answer.optimizers) > 1
    for at, group in enumerate(answer.groups):
        role = page.words("screen.group.leading" if at == answer.leading else "screen.group.ratio", ratio=group.ratio)
        size = page.words("screen.group.size", count=count_text(group.parameters))
        rows.append([rate_text(answer.rate * group.ratio), role, *([group.optimizer] if several else []), size])
    return [line for row in table(rows, text_columns=range(2 + several)) for line in wrap(row, room)]


def _schedule(summary: Summary, page: Page, room: int) -> list[str]:
    return list(wrap(summary.expression, room)) if _recommends(summary) else []


def _recommends(summary: Summary) -> bool:
    """Whether there is a schedule to use instead of the script's own."""
    answer = summary.answer
    return bool(summary.expression) and answer.rate is not None and not is_kept(answer)


def _why(summary: Summary, page: Page, room: int) -> list[str]:
    """The decisions in order, each with its numbers."""
    said = [page.words(f"decision.{decision.code}.text", **decision.values) for decision in summary.answer.decisions]
    digits = len(str(len(said)))
    return listed([f"{at:>{digits}}. " for at in range(1, len(said) + 1)], said, room)


def _mind(summary: Summary, page: Page, room: int) -> list[str]:
    """Qualifications of the result, and notes that the user must read once."""
    said = [page.words(f"screen.mark.{mark}") for mark in summary.answer.marks]
    said += [page.note(note) for note in summary.notes]
    return listed(["• " if page.unicode else "* "] * len(said), said, room)


def _costs(summary: Summary, page: Page, room: int) -> list[str]:
    costs = summary.costs
    horizon = max(summary.answer.horizon, 1)
    shares = {phase: steps / horizon for phase, steps in costs.by_phase.items() if steps}

    def shown(runs: float) -> str:
        """In runs; in steps if the length of a run is not known."""
        return f"{runs:.2f}" if summary.answer.horizon else count_text(runs)

    phases = [
        page.words("screen.cost.phase", phase=page.words(f"screen.phase.{phase}"), runs=shown(runs))
        for phase, runs in shares.items()
        if phase != "baseline"
    ]
    together = page.words("screen.cost.and").join(phases)
    time = duration_text(costs.seconds, page)
    rows = [(costs.total_runs, page.words("screen.cost.total", time=time)), (costs.runs, together)]
    if costs.baseline_runs:
        rows.append((costs.baseline_runs, page.words("screen.cost.baseline")))
    for name, steps in (("evaluation", costs.evaluation_steps), ("recomputed", costs.recomputed_steps)):
        if steps:
            rows.append((steps / horizon, page.words(f"screen.cost.{name}", steps=count_text(steps))))
    unit = "runs" if summary.answer.horizon else "steps"
    amounts = [page.words(f"screen.cost.{unit}", **{unit: shown(runs)}) + "   " for runs, _ in rows]
    hang = " " * max(map(cells, amounts))
    padded = [pad(amount, len(hang), "right") for amount in amounts]
    lines = [line for amount, (_, said) in zip(padded, rows, strict=True) for line in wrap(amount + said, room, hang)]
    key = "screen.cost.reused" if summary.answer.horizon else "screen.cost.reused-steps"
    for study, reused in costs.reused.items():
        said = page.words(key, jobs=count_text(reused.jobs), study=study, runs=shown(reused.steps / horizon))
        lines += wrap(said, room)
    return lines


def _model(summary: Summary, page: Page, room: int) -> list[str]:
    if not summary.model:
        return []
    which = _which_model(summary, page)
    return [summary.model, *(wrap(which, room) if which else ())]


def _which_model(summary: Summary, page: Page) -> str:
    """Whose state is kept: the final run's at its best step, a probe's, or that of a full run that was not kept."""
    answer, own = summary.answer, summary.answer.baseline
    if summary.is_baseline_best and own is not None and own.best is not None:
        step = count_text(own.steps if own.best_at is None else own.best_at)
        return page.words("screen.model.baseline", metric=answer.metric.name, score=number_text(own.best), step=step)
    if not answer.best_job:
        return ""
    if answer.search is not None:
        return page.words("screen.model.trial", number=count_text(answer.search.trials[0].number))
    scored = (*answer.probes, *((answer.unannealed,) if answer.unannealed else ()), *answer.shares)
    # The best probe has no state if another study ran it and kept none; then the final run's is kept.
    is_final = bool(answer.final_job) and Path(summary.model).name.startswith(answer.final_job)
    best = answer.final_job if is_final else answer.best_job
    probe = next((probe for probe in scored if probe.job == best), None)
    if probe is not None:
        score, step = number_text(probe.score), count_text(probe.stop)
        name = answer.probe_metric.name
        return page.words("screen.model.probe", metric=name, score=score, rate=probe.rate, step=step)
    if best != answer.final_job:
        return page.words("screen.model.other")
    run = answer.tuned
    if run is not None and answer.metric.source == "training":  # without validation, the last state is kept
        return page.words("screen.model.last", metric=answer.metric.name, score=number_text(run.final))
    if run is None or run.best is None:
        return ""
    step = count_text(run.steps if run.best_at is None else run.best_at)
    return page.words("screen.model.final", metric=answer.metric.name, score=number_text(run.best), step=step)


def _folder(summary: Summary, page: Page, room: int) -> list[str]:
    """Which run's files lie where the script writes, and where those of the other run are."""
    if not summary.home:
        return []
    code = f"screen.folder.{summary.home}{'' if summary.elsewhere else '-alone'}"
    return list(wrap(page.words(code, path=summary.elsewhere), room))


def _study(summary: Summary, page: Page, room: int) -> list[str]:
    return [summary.path] if summary.path else []


def _next(summary: Summary, page: Page, room: int) -> list[str]:
    if not summary.next_command:
        return []
    offered = bool(summary.baseline) and is_kept(summary.answer) and summary.home != "baseline"
    said = wrap(page.words("screen.next.baseline"), room) if offered else ()
    return [*said, page.paint(summary.next_command, "strong")]


def _plot(answer: Answer, page: Page, rows: int) -> list[str]:
    plot = answer_plot(answer, page)
    return ["  " + line for line in draw(plot, page, page.width - 2, rows)] if plot else []


def _code(summary: Summary, page: Page) -> list[str]:
    """Flush with the left edge, so that it can be pasted."""
    if not summary.code or not _recommends(summary):
        return []
    return [
        page.paint(page.words("screen.code.title"), "faint"),
        *commented(summary.code, page.language).rstrip().splitlines(),
    ]


_SECTIONS: tuple[tuple[str, Callable[[Summary, Page, int], list[str]]], ...] = (
    ("compared", _compared),
    ("foreseen", _foreseen),
    ("rate", _rate),
    ("trials", trials_lines),
    ("suggestions", _suggestions),
    ("groups", _groups),
    ("parts", parts_lines),
    ("schedule", _schedule),
    ("why", _why),
    ("mind", _mind),
    ("cost", _costs),
    ("model", _model),
    ("folder", _folder),
    ("study", _study),
    ("next", _next),
)
