"""Mirrors ratecraft/reporting/pages/live/stream.py and following.py: what a listener is sent, also after a break."""

import http.client
import json
import re
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.reporting.pages import made

from ratecraft.api.ui import Site, library_of
from ratecraft.records.storage.study import StudyFolder
from ratecraft.reporting.pages.live.following import MOST_NEWS, SHOWN, Follower
from ratecraft.reporting.pages.live.stream import Watches, message
from ratecraft.reporting.pages.site import application_of
from ratecraft.reporting.progress.view import job_rows
from ratecraft.reporting.text.page import Page


@pytest.fixture
def working(tmp_path: Path) -> Generator[made.Working]:
    study = made.Working(tmp_path)
    yield study
    study.record.close()


class Listener:
    """Reads one stream message by message."""

    def __init__(self, site: Site, last: int | None = None, language: str = "en") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", site.service.port, timeout=made.TIME_ENOUGH)
        headers = {"Cookie": made.cookie(site)} | ({} if last is None else {"Last-Event-ID": str(last)})
        self.connection.request("GET", f"/{language}/studies/tune-live-1/live", headers=headers)
        self.answer = self.connection.getresponse()
        self.messages = self._read()

    def _read(self) -> Iterator[dict[str, object]]:
        told: dict[str, str] = {}
        while line := self.answer.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            told[name] = value
            if name == "data":
                yield {"id": int(told["id"]), **json.loads(value)}
                self.answer.readline()
            elif name == "retry":
                self.answer.readline()

    def next(self) -> dict[str, object]:
        return next(self.messages)

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


@pytest.fixture
def site(working: made.Working) -> Generator[Site]:
    with made.serving(working.folder.path.parents[1]) as served:
        yield served


def test_a_message_s_id_is_the_number_of_the_last_event_in_the_record(site: Site, working: made.Working) -> None:
    listener = Listener(site)
    assert listener.answer.headers["content-type"].startswith("text/event-stream")
    first = listener.next()
    numbers = [number for number, _ in working.record.numbered_events()]
    assert (first["id"], first["number"], first["state"]) == (numbers[-1], numbers[-1], "running")
    working.tell(10)
    working.end()
    listener.close()


def test_losses_come_as_they_are_told(site: Site, working: made.Working) -> None:
    listener = Listener(site)
    listener.next()
    working.tell(25)
    told = listener.next()
    line = told["charts"][0]["panels"][0]["lines"][0]  # pyright: ignore
    assert line["values"] == pytest.approx([2.0 * 2.718281828 ** (-step / 100) for step in range(25)], rel=1e-5)
    assert "25 of 400" in str(told["parts"])
    listener.close()


def test_after_a_break_only_what_happened_since_is_news(site: Site, working: made.Working) -> None:
    listener = Listener(site)
    first = listener.next()
    assert first["news"] == ["bracket: rate 1e-2, started"]
    listener.close()
    working.tell(50)
    working.end()
    again = Listener(site, last=int(str(first["id"])))
    told = again.next()
    assert told["news"] == ["bracket: rate 1e-2, done, loss 1.27, score 0.250"]
    again.close()
    whole = Listener(site, language="ja")
    assert len(whole.next()["news"]) == 2  # pyright: ignore
    whole.close()


def test_the_answer_ends_the_wait(site: Site, working: made.Working) -> None:
    listener = Listener(site)
    listener.next()
    working.tell(8)
    working.end()
    working.answer()
    working.record.close()
    while (told := listener.next())["state"] != "finished":
        pass
    assert told["number"] == 3
    listener.close()


def test_a_page_that_is_open_finds_the_site_again_when_it_is_started_anew(working: made.Working) -> None:
    folder = working.folder.path.parents[1]
    with made.serving(folder) as site:
        listener = Listener(site)
        number = int(str(listener.next()["id"]))
        listener.close()
    working.tell(30)
    working.end()
    with made.serving(folder) as again:
        assert again.address == site.address
        listener = Listener(again, last=number)
        assert [each[:7] for each in listener.next()["news"]] == ["bracket"]  # pyright: ignore
        listener.close()


def test_a_study_that_is_not_there_is_not_asked_for_again(site: Site) -> None:
    assert made.ask(site, "/en/studies/nothing/live").status == 204


@pytest.mark.parametrize("last", ["", "-1", "1e9", "٣", "9" * 40, "x"])
def test_a_last_id_that_is_none_begins_at_the_beginning(site: Site, last: str) -> None:
    path = "/en/studies/tune-live-1/live"
    listener = Listener.__new__(Listener)
    listener.connection = http.client.HTTPConnection("127.0.0.1", site.service.port, timeout=made.TIME_ENOUGH)
    listener.connection.request("GET", path, headers={"Cookie": made.cookie(site), "Last-Event-ID": last.encode()})
    listener.answer = listener.connection.getresponse()
    listener.messages = listener._read()
    assert len(listener.next()["news"]) == 1  # pyright: ignore
    listener.close()


# ---- the follower by itself


def test_looking_again_reads_nothing_twice_and_gives_the_same_where_nothing_is_new(working: made.Working) -> None:
    follower = Follower(working.folder)
    working.tell(30)
    first = follower.look()
    assert follower.look() is first
    working.tell(20)
    later = follower.look()
    (curve,) = later.curves.values()
    assert (first.version < later.version, curve.count) == (True, 50)
    assert curve.losses.tolist() == working.record.series.of(made.PROBE.key, "loss").tolist()


def test_step_by_step_or_all_at_once_a_study_looks_the_same(working: made.Working) -> None:
    steady = Follower(working.folder)
    for count in (1, 7, 40):
        working.tell(count)
        steady.look()
    working.end()
    seen, late = steady.look(), Follower(working.folder).look()
    rows = [[row for _, _, row in job_rows(each.view, Page())] for each in (seen, late)]
    assert rows[0] == rows[1]
    assert (seen.news, seen.number, seen.state) == (late.news, late.number, late.state)
    assert [each.losses.tolist() for each in seen.curves.values()] == [
        each.losses.tolist() for each in late.curves.values()
    ]


def test_a_study_in_the_place_of_another_is_followed_from_its_beginning(tmp_path: Path) -> None:
    first = made.Working(tmp_path)
    first.tell(30)
    follower = Follower(first.folder)
    before = follower.look()
    first.record.close()
    first.folder.path.rename(tmp_path / "aside")
    folder, record = made.begun(tmp_path, "tune-live-1", script="other.py")
    with record:
        now = follower.look()
    assert folder == first.folder
    assert (now.number, now.curves, now.version > before.version) == (0, {}, True)


def test_only_the_last_jobs_are_kept_and_only_so_many_lines(tmp_path: Path) -> None:
    folder = made.finished(tmp_path)
    live = Follower(folder).look()
    assert len(live.curves) == SHOWN
    assert 0 < len(live.news) <= MOST_NEWS
    assert live.state == "finished"


def test_a_message_is_one_line_of_data_whatever_is_in_it(working: made.Working) -> None:
    live = Follower(working.folder).look()
    told = message(live, 0, json.dumps({"parts": {"a": "x\ny\r\n\u2028data: z"}}), "en")
    assert re.fullmatch(r"id: \d+\nevent: study\ndata: [^\n\r]*\n\n", told)


def test_the_application_can_be_made_for_a_folder_without_studies(tmp_path: Path) -> None:
    assert application_of(library_of([tmp_path]), "en", "0").routes


def test_all_threads_get_one_watch_of_a_study_and_few_idle_ones_are_remembered(tmp_path: Path) -> None:
    watches, first = Watches(), StudyFolder(tmp_path / "first")
    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(watches.of, [first] * 64))
    assert len(set(map(id, given))) == 1
    for at in range(100):
        watches.of(StudyFolder(tmp_path / str(at)))
    assert watches.of(first) is not given[0]
    latest = watches.of(StudyFolder(tmp_path / "99"))
    assert watches.of(StudyFolder(tmp_path / "99")) is latest
