"""Finds what earlier studies of the same training have run already, so that it need not run again.

Path:   the studies of a working folder -> those of the same training -> how a job ended there, with its files
        -> `tuning.reusing`.

A job fits where all that it depends on is the same: its own fields (its key), script, arguments, torch, threads, and
the user's files that the script was made of when it ran. What came of it is then what would come of it now. The files
that belong to it are linked, so that either study can be removed.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, cast

from ratecraft.api.studies.study import VERBS, Settings, Study
from ratecraft.controllers.baseline.start import baseline_job
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import StudyError
from ratecraft.records.events import Finished, Proposed
from ratecraft.records.job import Job
from ratecraft.records.metrics import normal_name
from ratecraft.records.outcome import Figure, Outcome
from ratecraft.records.printed.figures import is_usual
from ratecraft.records.storage.codec import to_plain
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder, find_studies, studies_aside

ANEW = "anew"
"""Fact of a record: the study was begun with `--new`, and runs everything once more but its baseline."""

_FIRST_EVENTS = 8  # a baseline is proposed first
_OF_HERE = ("fewer-workers", "replayed")  # notes on how jobs were run, which say nothing of what came of them


@dataclass(frozen=True, slots=True)
class EarlierStudies:
    """The studies whose jobs may be reused (made by `of`).

    Attributes:
        folder: Folder of the new study.
        now: The identity of the new study.
        studies: The other studies, newest first.
        anew: Reuse only the baseline.
    """

    folder: StudyFolder
    now: StudyHeader
    studies: tuple[tuple[StudyFolder, StudyHeader], ...]
    anew: bool = False

    @classmethod
    def of(cls, study: Study, now: StudyHeader, *, anew: bool = False) -> "EarlierStudies":
        """The studies of the same training in this study's working folder.

        Args:
            study: Who asks.
            now: The study's header.
            anew: Whether it is to run everything once more but the baseline.
        """
        studies = (*studies_aside(study.folder), *reversed(find_studies(study.directory)))
        found = [
            (distinct.folder, distinct.header)
            for distinct in {other.folder.path: other for other in studies}.values()
            if distinct.header is not None
            and distinct.folder.path != study.folder.path.absolute()
            and _is_same_training(distinct.header, now)
            and _is_made_of_the_same(distinct.folder, study.directory, is_task=bool(now.task))
        ]
        return cls(study.folder, now, tuple(found), anew)

    def ended(self, job: Job) -> Finished | None:
        """How a job ended in one of them, at no cost; its files are linked into the folder of the study that asks."""
        for folder, outcome in self._candidates(job):
            with suppress(OSError):  # that study is removed just now, or the disk is full: then the job is run
                return Finished(self._taken(outcome, job, folder), attempt=0, reused=folder.name)
        return None

    def name_of(self, job: Job) -> str:
        """Name of the study that a job would be taken from; empty where it is to be run."""
        return next((folder.name for folder, _ in self._candidates(job)), "")

    def _candidates(self, job: Job) -> Iterator[tuple[StudyFolder, Outcome]]:
        """Where the job went well, and what came of it, as this study would have seen it."""
        for folder, then in self.studies if self._may_be_known(job) else ():
            if not _knows_its_parts(job, self.now, then):
                continue
            with suppress(StudyError), Record.open(folder.record, read_only=True) as record:
                found = record.finish(job.key)
                outcome = found.outcome if found else _other_baseline(job, record)
                if outcome is None or outcome.failure is not None or not _has_its_model(outcome, job, folder):
                    continue
                outcome = self._seen(outcome, job, folder, then)
                if outcome is not None:
                    yield folder, outcome

    def _may_be_known(self, job: Job) -> bool:
        """A run in the user's own folder is made for what it leaves there: it is never known."""
        at_home = job.in_place and not self.now.task
        return not at_home and (_is_baseline(job) or not self.anew)

    def _seen(self, outcome: Outcome, job: Job, folder: StudyFolder, then: StudyHeader) -> Outcome | None:
        """The outcome with the figures that this study would have got; None if they are not known.

        A figure of an unusual name is seen only by a study that asks for it, in what its baseline has printed.
        """
        wanted, other = _metric(self.now), _metric(then)
        figures = [
            figure for figure in outcome.figures if normal_name(figure.name) in ("", wanted) or not _odd(figure, other)
        ]
        if wanted and _is_first_look(job) and not any(normal_name(figure.name) == wanted for figure in figures):
            from ratecraft.training.scoring.kept_lines import figures_kept  # only a verb that trains loads training

            told = () if self.now.task else figures_kept(folder.lines(outcome.job), wanted)
            if told is None:
                return None
            figures = sorted((*figures, *told), key=lambda figure: figure.step)
        return replace(outcome, figures=tuple(figures))

    def _taken(self, outcome: Outcome, job: Job, folder: StudyFolder) -> Outcome:
        """What came of it, for nothing, and with its files in the folder of this study.

        Raises:
            OSError: The files cannot be linked.
        """
        models = [f"{job.key}.pt", f"{job.key}-best.pt"]
        for name in models if outcome.model else ():
            if (folder.models / name).is_file():
                _link(folder.models / name, self.folder.models / name)
        if _is_whole(job) and not self.now.task:
            _link_all(*((where.run(job.key) if job.schedules else where.baseline) for where in (folder, self.folder)))
            if folder.lines(outcome.job).is_file():
                _link(folder.lines(outcome.job), self.folder.lines(job.key))
        model = self.folder.models / models[0]
        return replace(
            outcome,
            job=job.key,
            executed=0,
            recomputed=0,
            frozen=0,
            evaluation_steps=0.0,
            seconds=0.0,
            notes=tuple(note for note in outcome.notes if note.code not in _OF_HERE),
            model=str(model) if outcome.model and model.is_file() else "",
        )


def earlier_baseline(study: Study) -> str:
    """Name of the study whose baseline will be used again by one that is to begin; empty for none.

    Raises:
        InvalidInput: Same as `Study.header`.
    """
    settings = _tuner(study.settings)
    if settings is None or not settings.baseline:
        return ""
    return EarlierStudies.of(study, study.header()).name_of(baseline_job(settings))


def _tuner(settings: Settings) -> TunerSettings | None:
    """The settings by which a baseline is run that every study can use."""
    if isinstance(settings, SearchSettings):
        return settings.tuner
    return settings if isinstance(settings, TunerSettings) else None


def _is_same_training(then: StudyHeader, now: StudyHeader) -> bool:
    """Whether a job is the same job in both. Without torch, no one looks into the runs."""
    return bool(now.torch_version) and then.verb in VERBS and _training(then) == _training(now)


def _training(header: StudyHeader) -> tuple[object, ...]:
    settings = (header.settings.get(name) for name in ("threads", "hide", "processes"))
    of = (header.script, header.words, header.arguments, header.script_hash, dict(header.task))
    return (*of, header.torch_version, header.ratecraft_version, *settings)


def _is_made_of_the_same(folder: StudyFolder, directory: Path, *, is_task: bool) -> bool:
    """Whether the user's files that the script was made of, as its first run told them, are what they were."""
    if is_task:
        return True  # what it is made of is in its header
    with suppress(StudyError), Record.open(folder.record, read_only=True) as record:
        for _, event in record.numbered_events():
            if isinstance(event, Finished) and event.outcome.facts.sources:
                return _are_the_same(event.outcome.facts.sources, directory)
    return False


def _are_the_same(files: Mapping[str, str], directory: Path) -> bool:
    try:
        return all(hashlib.sha256((directory / file).read_bytes()).hexdigest() == files[file] for file in files)
    except OSError:
        return False


def _knows_its_parts(job: Job, now: StudyHeader, then: StudyHeader) -> bool:
    """Whether body and head were looked for as they are to be now, where the job is about them."""
    asked, known = ((header.settings.get("groups"), header.settings.get("head")) for header in (now, then))
    return not asked[0] or asked == known or not (job.scale or _is_first_look(job))


def _is_whole(job: Job) -> bool:
    return job.evaluate is not None and job.evaluate.kind == "natural"


def _is_baseline(job: Job) -> bool:
    """Whether it is the training as it is, whatever figure it is asked for."""
    return _is_whole(job) and replace(job, evaluate=None) == Job(seed=job.seed)


def _is_first_look(job: Job) -> bool:
    """Whether it tells what the script prints: the controller chooses by it, and finds fault with it."""
    return _is_baseline(job) or (job.evaluate is not None and job.evaluate.kind == "census")


def _other_baseline(job: Job, record: Record) -> Outcome | None:
    """What came of the baseline of a study of another metric: its figures alone say how that run came out."""
    for _, event in islice(record.numbered_events(), _FIRST_EVENTS) if _is_baseline(job) else ():
        if isinstance(event, Proposed) and _is_baseline(event.job) and event.job.seed == job.seed:
            found = record.finish(event.job.key)
            free = {"score": None, "best_score": None, "best_step": None, "model": ""}
            return replace(found.outcome, **free) if found else None
    return None


def _has_its_model(outcome: Outcome, job: Job, folder: StudyFolder) -> bool:
    """Whether the state of a full run is still there, which its user may want. Of probes only the best one's is."""
    return not _is_whole(job) or not outcome.model or (folder.models / f"{job.key}.pt").is_file()


def _metric(header: StudyHeader) -> str:
    """Name of the figure that the user asked for; empty where none was."""
    metric = to_plain(header.settings.get("metric"))  # a header may come from a record, or from a command
    return str(cast("dict[str, Any]", metric)["name"]) if isinstance(metric, dict) else ""


def _odd(figure: Figure, asked: str) -> bool:
    """Whether a figure was read only because it was asked for."""
    name = normal_name(figure.name)
    return name == asked and figure.source not in ("logged", "task", "evaluated") and not is_usual(name)


def _link_all(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, copy_function=_link)


def _link(source: str | Path, target: str | Path) -> None:
    """Give a file a second place, so that it outlives the first; where that does not work, a copy."""
    target = Path(target)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
