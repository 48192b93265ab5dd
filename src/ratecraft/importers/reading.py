"""What came of reading a log: its runs, what could not be read, what was assumed, what more would decide.

Path:   readers -> `Reading` -> diagnosis and the command line.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ratecraft.importers.axis import observed
from ratecraft.importers.gathering import GatheredRun, Gathering
from ratecraft.records.outcome import Note
from ratecraft.records.watching.observed import ObservedRun

_FIRST = 5
_FEWEST_POINTS = 30  # fewer and a rule abstains (docs/reference/findings.md, "Judging")
_TORN = {
    "cells": "log-torn-cells",
    "json": "log-torn-json",
    "bytes": "log-torn-bytes",
    "long": "log-torn-long",
    "cut": "log-torn-cut",
    "unfinished": "log-unfinished",
    "record": "log-torn-record",
}


@dataclass(frozen=True, slots=True)
class Torn:
    """Parts of a log that could not be read.

    Attributes:
        kind: `cells` (a row that does not fit its header), `json` (a line that begins like JSON and is none), `bytes`
            (no text), `long` (a line too long to read), `cut` (a long line of which only beginning and end were read),
            `unfinished` (the last line has no end, so its last number may be cut), `record` (a damaged record of a
            binary log).
        count: Number of such places.
        first: Numbers of the first of them: of lines from 1; of records of a binary log, their byte.
    """

    kind: str
    count: int
    first: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading one log.

    Attributes:
        path: What was read, as it was given.
        format: `nanogpt`, `timm`, `keras`, `transformers`, `tqdm`, `text`, `csv`, `tsv`, `table`, `lightning`,
            `fastai`, `jsonl`, `json`, `tensorboard`, `mlflow`, `wandb`, `ratecraft`.
        runs: In the order of the log.
        lines: Lines read, or records of a binary log.
        used: Of these, those that told a figure.
        torn: What could not be read.
        notes: What was assumed and left out.
        helps: What the log lacks that would decide more.
    """

    path: str
    format: str
    runs: tuple[ObservedRun, ...]
    lines: int = 0
    used: int = 0
    torn: tuple[Torn, ...] = ()
    notes: tuple[Note, ...] = ()
    helps: tuple[Note, ...] = ()


class TornCounter:
    """Counts what could not be read, by kind.

    Example:
        >>> torn = TornCounter()
        >>> torn.add("cells", 7)
        >>> torn.counted()
        (Torn(kind='cells', count=1, first=(7,)),)
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, list[int]] = {}

    def add(self, kind: str, number: int) -> None:
        """One more, at a line or byte."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        first = self._first.setdefault(kind, [])
        if len(first) < _FIRST:
            first.append(number)

    def counted(self) -> tuple[Torn, ...]:
        """All kinds of torn lines so far, the most frequent first."""
        kinds = sorted(self._counts, key=lambda kind: -self._counts[kind])
        return tuple(Torn(kind, self._counts[kind], tuple(self._first[kind])) for kind in kinds)


def reading_of(
    gathering: Gathering,
    path: str,
    source: str,
    *,
    lines: int,
    used: int,
    torn: tuple[Torn, ...] = (),
) -> Reading:
    """The reading of one log, once its rows are gathered."""
    gathered = [run for run in gathering.runs if any(points.keys for points in run.series.values())]
    runs = tuple(observed(run, source) for run in gathered)
    notes = (*map(_torn_note, torn), *_gathering_notes(gathering, gathered, runs))
    return Reading(path, source, runs, lines, used, torn, notes, _helps(runs))


def _torn_note(lines: Torn) -> Note:
    return Note(_TORN[lines.kind], {"count": lines.count, "places": ", ".join(map(str, lines.first))})


def _gathering_notes(
    gathering: Gathering, gathered: Iterable[GatheredRun], runs: tuple[ObservedRun, ...]
) -> Iterable[Note]:
    if len(runs) > 1:
        yield Note("log-several-runs", {"runs": len(runs)})
    if gathering.runs_left_out:
        yield Note("log-runs-left-out", {"runs": gathering.runs_left_out})
    if gathering.series_left_out:
        yield Note("log-series-left-out", {"series": gathering.series_left_out})
    resumes = sum(run.resumes for run in gathered)
    if resumes:
        yield Note("log-resumed", {"count": resumes})
    if gathering.thinned:
        yield Note("log-thinned", {"points": gathering.thinned})
    if any("steps_per_epoch_estimated" in run.facts for run in runs):
        yield Note("log-epoch-length-estimated")
    if any(run.facts.get("counts") == "samples" for run in runs):
        yield Note("log-counts-samples")


def _helps(runs: tuple[ObservedRun, ...]) -> tuple[Note, ...]:
    if not runs:
        return ()
    names = frozenset[str]().union(*(run.series for run in runs))
    most = max((len(run.series[name]) for run in runs for name in run.series if name == "loss"), default=0)
    helps = list[Note]()
    if most < _FEWEST_POINTS:
        helps.append(Note("log-more-losses", {"points": most}))
    if all(run.unit != "step" for run in runs):
        helps.append(Note("log-steps"))
    if not any(name.startswith("val_") for name in names):
        helps.append(Note("log-validation"))
    if "rate" not in names:
        helps.append(Note("log-rates"))
    if "grad_norm" not in names:
        helps.append(Note("log-gradient-norms"))
    return tuple(helps)
