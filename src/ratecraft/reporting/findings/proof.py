"""What short branches showed: a sentence for each finding, a table of everything tried, and the cost.

Path:   `Summary` of a proof -> the screen of `diagnose --prove`, its JSON.
Units:  steps are optimizer steps; rates are absolute; intervals hold 95 %.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from ratecraft.diagnosis.finding import Finding, Shown
from ratecraft.laws.trials.paired import level, paired
from ratecraft.records.cost import Costs
from ratecraft.records.proof import AS_IT_IS, TriedArm
from ratecraft.reporting.text.numbers import finite, numbers_text
from ratecraft.reporting.text.page import Page, table, wrap
from ratecraft.translations.catalogue import rate_text

_LARGEST = 99.0  # log ratio


def shown_text(finding: Finding, page: Page) -> str:
    """What a branch showed about a finding, in a sentence; empty if there was no branch."""
    shown = finding.shown
    if shown is None:
        return ""
    values = {
        "arm": page.words(f"arm.{shown.arm}"),
        "start": shown.start,
        "steps": shown.steps,
        "repeats": shown.repeats,
        "figure": page.words("proof.validation" if shown.metric else "proof.training"),
        **dict(zip(("loss", "own"), numbers_text([shown.loss, shown.as_it_is]), strict=True)),
    }
    share = {name: 1 - math.exp(min(-getattr(shown, name), _LARGEST)) for name in ("gain", "low", "high")}
    return page.words(f"proof.{finding.status}-{_kind(shown)}", **values, **share)


def _kind(shown: Shown) -> str:
    """Which of the two branches has a loss at all."""
    if shown.as_it_is is None:
        return "saved" if shown.loss is not None else "both-lost"
    return "lost" if shown.loss is None else "compared"


def shown_json(shown: Shown | None) -> dict[str, Any] | None:
    """The same as plain values: null for NaN and infinities."""
    return None if shown is None else {name: _legal(value) for name, value in asdict(shown).items()}


def tried_lines(tried: Sequence[TriedArm], page: Page) -> list[str]:
    """Everything that was tried: a table for each place where branches leave the run."""
    lines: list[str] = []
    for place in sorted({arm.place for arm in tried}):
        rows, start = [arm for arm in tried if arm.place == place], place[0]
        values = {"start": start, "steps": rows[0].steps, "repeats": min(len(row.scores) for row in rows)}
        lines += wrap(
            page.words("screen.proof.from-start" if start == 0 else "screen.proof.from", **values), page.width
        )
        names = ("rate", "validation" if rows[0].metric else "loss", "against")
        heads = [page.words(f"screen.proof.{name}") for name in names]
        body = [[page.words(f"arm.{row.arm.name}"), *_cells(row, rows, page)] for row in rows]
        lines += [page.spell(f"  {line}") for line in table([["", *heads], *body])]
    return lines


def _cells(each: TriedArm, rows: Iterable[TriedArm], page: Page) -> Iterator[str]:
    """The rate of an arm, its loss with an interval, and its comparison with the run as it is."""
    yield rate_text(each.rate)
    losses = [score for score in each.scores if score is not None]
    lost = len(each.scores) - len(losses)
    if lost:
        yield page.words("screen.proof.blew-up", lost=lost, repeats=len(each.scores))
    else:
        near = level(losses)
        found = (near.mean, near.low, near.high) if near else (losses[0], None, None)
        yield page.words("screen.proof.near", **dict(zip(("loss", "low", "high"), numbers_text(found), strict=True)))
    control = next((row for row in rows if row.arm.name == AS_IT_IS.name), None)
    is_rival = control is not None and each is not control and not each.arm.is_on_one_batch
    gain = paired(control.scores, each.scores) if control is not None and is_rival else None
    if gain is None or not math.isfinite(gain.gain):
        yield ""
        return
    ratios = (math.exp(min(-loss_gain, _LARGEST)) for loss_gain in (gain.gain, gain.high, gain.low))
    yield page.words("screen.proof.change", **dict(zip(("ratio", "low", "high"), ratios, strict=True)))


def tried_json(tried: Sequence[TriedArm]) -> list[dict[str, Any]]:
    """The same as plain values, with every single loss."""
    return [
        {
            "start": arm.start,
            "steps": arm.steps,
            "arm": arm.arm.name,
            "rate": arm.rate,
            "treatment": arm.arm.treatment,
            "warm_up": arm.arm.warm_up,
            "metric": arm.metric or None,
            "losses": list(arm.scores),
            "before": list(arm.before),
            "jobs": list(arm.jobs),
        }
        for arm in tried
    ]


def cost_lines(costs: Costs, tried: Sequence[TriedArm], page: Page) -> list[str]:
    """The cost of the proof."""
    values = {"runs": costs.runs, "baseline": costs.baseline_runs, "total": costs.total_runs}
    return list(wrap(page.words("screen.proof.cost", count=sum(len(arm.jobs) for arm in tried), **values), page.width))


def _legal(value: object) -> object:
    return finite(value) if isinstance(value, float) else value
