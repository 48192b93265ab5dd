"""Real records and a real server for the tests of the site."""

import math
import threading
import urllib.error
import urllib.request
from array import array
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPMessage
from pathlib import Path

from tests.reporting import invented

from ratecraft.api.ui import Site, open_site
from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Failure, Figure, Outcome
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.series import pack
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder, study_folder
from ratecraft.schedules.builders.constructors import constant, linear

TIME_ENOUGH = 600
"""Seconds; not a measure: an answer that has not come by then never will."""
PROBE = Job({"rate": constant(0.01)}, stop=400, evaluate=Evaluate("figure", "val_loss"))


def begun(directory: Path, name: str, script: str = "train.py") -> tuple[StudyFolder, Record]:
    """A study of its own record, without any event."""
    folder = study_folder(directory, name)
    folder.path.mkdir(parents=True)
    header = replace(invented.HEADER, name=name, script=script, directory=str(directory))
    return folder, Record.create(folder.record, header)


def finished(directory: Path, name: str = "tune-train-3f9a12", script: str = "train.py") -> StudyFolder:
    """The invented study as a record on disk."""
    folder, record = begun(directory, name, script)
    evidence = invented.study()
    with record:
        for key, made in evidence.made.items():
            record.append(Proposed(made.job, made.phase))
            record.append(Started(key, 1))
            record.append(Finished(made.outcome, 1))
        record.set_answer(evidence.summary.answer)
    return folder


def long_run(directory: Path, steps: int, name: str = "tune-long-1") -> tuple[StudyFolder, str]:
    """A study with one run of many steps, and a spike that one step has; also the key of its job."""
    folder, record = begun(directory, name)
    job = Job({"rate": linear(0.1, 0, steps)}, stop=steps, evaluate=Evaluate("natural", "val_loss"))
    losses = array("d", [0.5 + 2 * math.exp(-8 * step / steps) + 0.05 * math.sin(step * 0.7) for step in range(steps)])
    losses[round(0.637 * steps)] = 9.0
    figures = tuple(Figure(step, "val_loss", 0.6 + math.exp(-step / steps)) for step in range(0, steps, steps // 20))
    outcome = Outcome(job.key, Ending.DONE, steps, steps, score=0.9, losses=tuple(losses), figures=figures)
    with record:
        for event in (Proposed(job, "final"), Started(job.key, 1), Finished(outcome, 1)):
            record.append(event)
    return folder, job.key


def broken_run(directory: Path, name: str = "tune-broken-1") -> tuple[StudyFolder, str]:
    """A study with one run whose loss grew until it was no number; also the key of its job."""
    folder, record = begun(directory, name)
    job = Job({"rate": constant(3.0)}, stop=600, evaluate=Evaluate("natural", "val_loss"))
    learnt = [2.3 * math.exp(-step / 150) + 0.02 * math.sin(step) for step in range(300)]
    lost = [0.4 * 1.03**step for step in range(250)]
    losses = (*learnt, *lost, *[math.nan] * 50)
    with record:
        outcome = Outcome(job.key, Ending.BLOWN_UP, 600, 600, losses=losses)
        for event in (Proposed(job, "final"), Started(job.key, 1), Finished(outcome, 1)):
            record.append(event)
    return folder, job.key


def failed(directory: Path, name: str = "tune-failed-1") -> StudyFolder:
    """A study that stopped as its baseline failed."""
    folder, record = begun(directory, name)
    job = Job(evaluate=Evaluate("natural"))
    why = Failure("exception", "ValueError", "no data here")
    with record:
        for event in (Proposed(job, "baseline"), Started(job.key, 1)):
            record.append(event)
        record.append(Finished(Outcome(job.key, Ending.FAILED, 0, 0, failure=why), 1))
    return folder


class Working:
    """A study at work: this process is its supervisor and tells losses as it is asked to."""

    def __init__(self, directory: Path, name: str = "tune-live-1") -> None:
        self.folder, self.record = begun(directory, name)
        self.record.claim()
        self.record.append(Proposed(PROBE, "bracket"))
        self.record.append(Started(PROBE.key, 1))
        self.told = 0

    def tell(self, count: int) -> None:
        losses = [2.0 * math.exp(-step / 100) for step in range(self.told, self.told + count)]
        self.record.series.extend(PROBE.key, 1, SeriesBlock("loss", self.told, pack(losses)))
        self.record.series.flush()
        self.told += count

    def end(self) -> None:
        losses = tuple(2.0 * math.exp(-step / 100) for step in range(self.told))
        outcome = Outcome(PROBE.key, Ending.DONE, self.told, self.told, score=0.25, losses=losses)
        self.record.append(Finished(outcome, 1))

    def answer(self) -> None:
        self.record.set_answer(replace(invented.study().summary.answer, final_job="", best_job="", constant=None))


@contextmanager
def serving(directory: Path, *, port: int | None = None, allow_run: bool = False) -> Generator[Site]:
    """The site of a folder, served by a thread."""
    site = open_site([directory], port=port, allow_run=allow_run)
    thread = threading.Thread(target=site.service.run)
    thread.start()
    try:
        yield site
    finally:
        site.service.stop()
        thread.join()


@dataclass(frozen=True)
class Answered:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *told: object) -> None:
        return None


def ask(
    site: Site,
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    data: bytes | None = None,
) -> Answered:
    """One request as somebody who has the cookie; other headers go before."""
    told = {"Cookie": cookie(site), **(headers or {})}
    request = urllib.request.Request(f"http://127.0.0.1:{site.service.port}{path}", data, told, method=method)
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=TIME_ENOUGH) as answer:
            return Answered(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Answered(error.code, error.headers, error.read())


def cookie(site: Site) -> str:
    return f"ratecraft-{site.service.port}={site.address.rpartition('token=')[2]}"
