"""Turns a record into the one value that screens and `--json` show.

Path:   record + files of the study -> `Summary`.
"""

import math
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ratecraft.api.results.proof import diagnosed_proof
from ratecraft.api.studies.putting_back import HOME, OPEN
from ratecraft.api.studies.task_study import again
from ratecraft.diagnosis.program.several_processes import several_processes
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.errors import StudyError
from ratecraft.records.answer import Answer
from ratecraft.records.cost import costs
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.outcome import RANKS_DIFFER, Group, Note
from ratecraft.records.program import command_words
from ratecraft.records.storage.file_systems import journal_mode, journal_notes
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder, StudySummary, find_studies, study_folder
from ratecraft.records.watching.observed import Fact, ObservedRun
from ratecraft.reporting.progress.studies import StudyLine, failed_text
from ratecraft.reporting.results.parts import parts_code
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.text.numbers import change_of
from ratecraft.schedules.generated_code.code import torch_code
from ratecraft.schedules.sets import ScheduleSet


def summarise_study(folder: StudyFolder, record: Record, directory: Path) -> Summary:
    """The summary of a finished study.

    Args:
        folder: The study's.
        record: The study's open record.
        directory: Folder that paths are told from.

    Raises:
        StudyError: It has no answer yet (`study-unfinished`).
    """
    answer, header = record.answer(), record.header
    if answer is None:
        raise StudyError("study-unfinished", study=folder.name, command=way_on(header, folder, directory))
    told = record.events() if header.verb == "prove" else (event for _, event in record.numbered_events())
    events = tuple(told)  # series are much, and only the runs of a proof are looked into
    kept = _baseline_job(events) if header.task and _baseline_is_best(answer) else ""
    model = _model((kept,) if kept else (answer.best_job, answer.final_job), folder, directory)
    schedules = ScheduleSet(answer.schedules) if answer.schedules else None
    has_files = folder.baseline.is_dir() and any(folder.baseline.iterdir())
    baseline = _told_from(directory, folder.baseline) if has_files else ""
    home = record.fact(HOME, str) or ""
    home = "" if home == OPEN else home
    other = folder.baseline if home == "tuned" else folder.run(answer.final_job)
    return Summary(
        study=folder.name,
        path=_told_from(directory, folder.path),
        answer=answer,
        costs=costs(events, max(1, answer.horizon), record.series.reached()),
        notes=(*study_notes(folder), *_notes(events)),
        model=model,
        expression=schedules.expression if schedules else "",
        code=_code(answer, schedules) if schedules else "",
        baseline=baseline,
        next_command=_next_command(folder, answer, header, "" if home == "baseline" else baseline, directory),
        subject="task" if header.task else "script",
        is_baseline_best=bool(kept),
        verb=header.verb,
        home=home,
        elsewhere=_told_from(directory, other) if home and other.is_dir() and any(other.iterdir()) else "",
        diagnosed=diagnosed_proof(events, answer, header.script) if header.verb == "prove" else None,
    )


def _code(answer: Answer, schedules: ScheduleSet) -> str:
    """The schedule for the groups of the script, or for those that body and head make of its one."""
    if not answer.is_split:
        horizon = answer.search.horizon if answer.search else answer.horizon
        return torch_code(schedules, horizon, _ratios_by_name(answer.optimizers) or answer.ratios)
    if len(answer.groups) > 1 or answer.parts is None:
        return ""  # the script's own groups, each in two: whoever has written them knows how
    code = torch_code(schedules, answer.horizon, answer.ratios)
    return f"{parts_code(answer.parts.head, frozen=answer.share == 0)}\n{code}"


def _ratios_by_name(optimizers: Sequence[Sequence[Group]]) -> dict[str, list[float]]:
    """Ratios of the groups of each optimizer, where there are several, by a name for code: after its class.

    Example:
        >>> _ratios_by_name([[Group(9, 0.1, 1.0, "Adam")], [Group(5, 0.4, 4.0, "Adam")], [Group(1, 0.4, 4.0, "SGD")]])
        {'adam_1': [1.0], 'adam_2': [4.0], 'sgd': [4.0]}
    """
    if len(optimizers) < 2:
        return {}
    classes = [re.sub(r"\W", "_", groups[0].optimizer).lower() or "optimizer" for groups in optimizers]
    names = [
        name if classes.count(name) == 1 else f"{name}_{classes[: at + 1].count(name)}"
        for at, name in enumerate(classes)
    ]
    return {name: [group.ratio for group in groups] for name, groups in zip(names, optimizers, strict=True)}


def study_notes(folder: StudyFolder) -> tuple[Note, ...]:
    """What the user must be told of the place of a study."""
    return journal_notes(folder.path, journal_mode(folder.path))


def command_for(verb: str, folder: StudyFolder, directory: Path) -> str:
    """The command that applies a verb to a study, typed in its working folder: `ratecraft VERB STUDY`.

    Example:
        >>> command_for("show", StudyFolder(Path("/home/me/.ratecraft/tune-train")), Path("/home/me"))
        'ratecraft show tune-train'
    """
    at_home = folder == study_folder(directory, folder.name)
    return f"ratecraft {verb} {shlex.quote(folder.name if at_home else _told_from(directory, folder.path))}"


def way_on(header: StudyHeader, folder: StudyFolder, directory: Path) -> str:
    """What continues a study: a command, or the call of the program that made the task."""
    if header.task and not header.script:
        at_home = folder == study_folder(directory, folder.name)
        return again(None if at_home else _told_from(directory, folder.path), header.verb)
    return command_for("resume", folder, directory)


def _next_command(folder: StudyFolder, answer: Answer, header: StudyHeader, baseline: str, directory: Path) -> str:
    """The next command to type: after a rate was found, the one that trains with it.

    Where nothing was gained, the files of the script as it is are offered, unless they lie in the folder again.
    """
    if header.verb == "find":
        verb = "tune" if answer.verdict == "found" else "find"
        if not header.script:
            return again(verb=verb)
        further = ("--thorough", "--seeds", "3") if answer.verdict == "no-information" else ()
        hidden = [word for hidden in header.settings.get("hide", ()) for word in ("--hide", hidden)]
        if header.settings.get("processes", 1) > 1:
            hidden += ["--processes", str(header.settings["processes"])]
        return shlex.join(command_words(verb, header.words, (*further, *hidden), header.arguments))
    if answer.verdict == "no-gain" and baseline:
        return f"cp -R {shlex.quote(baseline)}/. ."
    return command_for("report", folder, directory)


def _notes(events: Iterable[Event]) -> list[Note]:
    """What the runs had to tell, each code once."""
    notes: dict[str, Note] = {}
    for event in events:
        if isinstance(event, Finished):
            for note in event.outcome.notes:
                notes.setdefault(note.code, note)
    parted = notes.pop(RANKS_DIFFER, None)
    return [*notes.values(), *(_findings(parted.values) if parted else ())]


def _findings(facts: Mapping[str, Fact]) -> Iterator[Note]:
    """What a watch would have said of processes that part, in its words."""
    for finding in several_processes(RunView(ObservedRun({}, "step", facts, "live"))):
        yield Note(finding.code, {**finding.evidence, "advice": finding.advice[0].code})


def _baseline_job(events: Iterable[Event]) -> str:
    return next((event.job.key for event in events if isinstance(event, Proposed) and event.phase == "baseline"), "")


def _baseline_is_best(answer: Answer) -> bool:
    """Whether nothing that was tried came to a better figure than the task as it is did at its best.

    A script's baseline has left files of its own, which are offered instead.
    """
    if answer.baseline is None or answer.baseline.best is None or answer.metric.source == "training":
        return False
    probes = () if answer.scored_by else (*answer.probes, answer.unannealed)
    tried = [probe.score for probe in probes if probe is not None]
    tried += [run.best for run in (answer.tuned, answer.constant) if run is not None]
    scores = [answer.metric.sign() * score for score in tried if score is not None]
    return answer.metric.sign() * answer.baseline.best < min(scores, default=math.inf)


def _model(keys: Iterable[str], folder: StudyFolder, directory: Path) -> str:
    """The best state that was kept of the first of the jobs that has left one."""
    for key in dict.fromkeys(keys):
        for name in (f"{key}-best.pt", f"{key}.pt") if key else ():
            if (folder.models / name).is_file():
                return _told_from(directory, folder.models / name)
    return ""


def _told_from(directory: Path, path: Path) -> str:
    return os.path.relpath(path, directory) if path.is_relative_to(directory) else str(path)


def study_lines(directory: Path) -> tuple[StudyLine, ...]:
    """Every study of a working folder as a line of the list, oldest first."""
    return tuple(study_line(study, directory) for study in find_studies(directory))


def _failure(folder: StudyFolder) -> str:
    """Why the last run of a study that stopped failed; empty where it did not."""
    with Record.open(folder.record, read_only=True) as record:
        last = next(iter(reversed(tuple(record.events()))), None)
    return failed_text(last)


def study_line(study: StudySummary, directory: Path) -> StudyLine:
    """A study as a line of the list."""
    changed = datetime.fromtimestamp(study.folder.changed / 1e9)
    line = StudyLine(study.folder.name, study.state, f"{changed:%Y-%m-%d %H:%M}")
    if study.header is not None:
        line = replace(line, script=study.header.script, arguments=study.header.arguments)
    if study.state == "unfinished" and (failure := _failure(study.folder)):
        return replace(line, state="failed", failure=failure)
    if study.state != "finished" or study.header is None or study.header.verb == "watch":
        return line
    try:
        with Record.open(study.folder.record, read_only=True) as record:
            summary = summarise_study(study.folder, record, directory)
    except StudyError:  # one study that cannot be read must not hide the others
        return replace(line, state="unreadable")
    answer = summary.answer
    before, after = answer.baseline.final if answer.baseline else None, answer.tuned.final if answer.tuned else None
    return replace(
        line,
        gain=None if before is None or after is None else change_of(before, after, answer.metric.sign()),
        verdict=answer.verdict,
        rate=answer.rate,
        metric=answer.metric.name,
        before=before,
        after=after,
        runs=summary.costs.runs,
    )
