"""Mirrors ratecraft/reporting/pages/site.py and the pages behind it: what each address gives, without a browser."""

import http.client
import json
import re
import threading
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.reporting.pages import made
from tests.reporting.pages.conftest import HOSTILE

from ratecraft.api.ui import library_of
from ratecraft.errors import StudyError
from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.storage.store import Record
from ratecraft.reporting.pages.server.serving import Service, bound
from ratecraft.reporting.pages.site import application_of
from ratecraft.reporting.pages.studies.library import Known
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.translations.catalogue import LANGUAGES


@pytest.fixture(scope="module")
def key(folder: Path) -> str:
    return made.long_run(folder, 100_000)[1]


@pytest.fixture(scope="module")
def client(folder: Path, key: str) -> Generator[TestClient]:
    with TestClient(application_of(library_of([folder]), "ja", "0.1.0"), follow_redirects=False) as visitor:
        yield visitor


def data_of(page: str) -> dict[str, object]:
    return json.loads(page.partition('id="data">')[2].partition("</script>")[0])


def test_the_first_address_leads_to_the_studies_in_the_reader_s_language(client: TestClient) -> None:
    assert client.get("/").headers["location"] == "/ja/studies"


def test_the_list_has_every_study_the_live_one_marked(client: TestClient) -> None:
    page = client.get("/en/studies").text
    rows = dict(re.findall(r'<tr>.*?href="studies/([^"]+)".*?<td class="words">(.*?)</td>', page))
    assert rows.keys() == {"tune-train-3f9a12", "tune-hostile-1", "tune-live-1", "tune-long-1"}
    assert 'class="alive"' in rows["tune-live-1"]
    assert [name for name, state in rows.items() if "alive" in state] == ["tune-live-1"]
    assert rows["tune-train-3f9a12"] == "gain"


def test_without_studies_the_list_says_how_to_begin(tmp_path: Path) -> None:
    client = TestClient(application_of(library_of([tmp_path]), "en", "0"))
    assert "<code>ratecraft tune train.py</code>" in client.get("/en/studies").text
    assert 'id="start"' not in client.get("/en/studies").text
    assert 'href="learn/playground.html#rate=0.4"' in client.get("/en/studies").text
    home = client.get("/", follow_redirects=False)
    assert home.headers["location"] == "/en/learn/index.html"


def test_studies_of_two_folders_are_told_apart(folder: Path, tmp_path: Path) -> None:
    made.finished(tmp_path)
    client = TestClient(application_of(library_of([folder, tmp_path]), "en", "0"))
    names = re.findall(r'href="studies/(tune-train[^"]+)"', client.get("/en/studies").text)
    assert len(set(names)) == 2
    assert {client.get(f"/en/studies/{name}").status_code for name in names} == {200}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finished_study_is_the_report_with_ways_to_its_runs(client: TestClient, language: str) -> None:
    page = client.get(f"/{language}/studies/tune-train-3f9a12").text
    runs = re.findall(r'href="(tune-train-3f9a12/runs/[0-9a-f]{16})"', page)
    assert len(runs) > 10
    assert client.get(f"/{language}/studies/{runs[0]}").status_code == 200
    charts = data_of(page)["charts"]
    assert [chart["key"] for chart in charts] == ["bracket", "extremes", "comparison"]  # pyright: ignore


def test_the_beginning_of_a_page_is_sent_before_its_record_is_read(folder: Path) -> None:
    library, may_read = library_of([folder]), threading.Event()

    def late(known: Known) -> Evidence:
        assert may_read.wait(60)
        return library.evidence(known)

    service = Service(application_of(replace(library, evidence=late), "en", "0"), bound(), "secret")
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        cookie = {"Cookie": f"ratecraft-{service.port}=secret", "Connection": "close"}
        connection.request("GET", "/en/studies/tune-train-3f9a12", headers=cookie)
        answer = connection.getresponse()
        begun = answer.read1().decode()
        may_read.set()
        rest = answer.read().decode()
    finally:
        may_read.set()
        service.stop()
        thread.join()
    assert "<main" in begun
    assert "<h1" not in begun
    assert "<h1" in rest
    assert rest.endswith("</html>\n")


def test_a_run_without_a_loss_says_so(tmp_path: Path) -> None:
    folder, record = made.begun(tmp_path, "tune-none-1")
    outcome = Outcome(made.PROBE.key, Ending.FAILED, 0, 0)
    with record:
        for event in (Proposed(made.PROBE, "bracket"), Started(made.PROBE.key, 1), Finished(outcome, 1)):
            record.append(event)
    client = TestClient(application_of(library_of([tmp_path]), "en", "0"))
    address = f"/en/studies/{folder.name}/runs/{made.PROBE.key}"
    assert "this run reported no loss" in client.get(address).text
    assert client.get(f"{address}/findings").status_code == 404


def test_a_record_that_breaks_while_it_is_read_is_said_in_the_page(folder: Path) -> None:
    def broken(known: Known) -> Evidence:
        raise StudyError("record-damaged", path=known.folder.record, reason="torn")

    client = TestClient(application_of(replace(library_of([folder]), evidence=broken), "en", "0"))
    page = client.get("/en/studies/tune-train-3f9a12").text
    assert 'role="alert"' in page
    assert "torn" in page
    assert page.endswith("</html>\n")


def test_a_run_under_way_has_a_page_of_what_it_has_told(client: TestClient) -> None:
    address = f"/en/studies/tune-live-1/runs/{made.PROBE.key}"
    assert f'href="tune-live-1/runs/{made.PROBE.key}"' in client.get("/en/studies/tune-live-1").text
    page = client.get(address)
    assert page.status_code == 200
    (chart,) = data_of(page.text)["charts"]  # pyright: ignore
    assert len(chart["panels"][0]["lines"][0]["values"]) == 40


def test_a_study_whose_run_failed_says_why_and_does_not_look_alive(tmp_path: Path) -> None:
    made.failed(tmp_path)
    client = TestClient(application_of(library_of([tmp_path]), "en", "0"))
    page = client.get("/en/studies/tune-failed-1").text
    assert "<h1>The study failed</h1>" in page
    assert "failed: ValueError: no data here" in page
    assert 'class="alive"' not in page
    assert 'class="controls" hidden' in page
    assert "ratecraft resume" not in page


def test_a_study_at_work_tells_how_far_it_is(client: TestClient) -> None:
    page = client.get("/en/studies/tune-live-1").text
    assert "running, bracket" in page
    assert "40 steps" in page
    assert data_of(page)["stream"] == "tune-live-1/live?after=2"
    assert "ratecraft show tune-live-1" in page
    assert 'id="stop"' not in page


def test_a_window_has_every_point_of_a_short_stretch(client: TestClient, key: str) -> None:
    told = client.get(f"/en/studies/tune-long-1/runs/{key}/window?from=63690&to=63710").json()
    loss = told["panels"][0]
    assert loss["places"] == list(range(63690, 63711))
    assert loss["lines"][0]["values"][10] == 9
    assert told["along"]["range"] == [0, 99999]


def test_a_page_of_a_long_run_is_light_and_keeps_its_spike(client: TestClient, key: str) -> None:
    page = client.get(f"/en/studies/tune-long-1/runs/{key}").text
    assert len(page) < 100_000
    values = data_of(page)["charts"][0]["panels"][0]["lines"][0]["values"]  # pyright: ignore
    assert (len(values), max(values)) == (1400, 9)


@pytest.mark.parametrize("ends", ["", "?from=1", "?from=-1&to=5", "?from=a&to=b", "?from=1e3&to=2e3", "?from=٣&to=٤"])
def test_a_window_without_two_steps_is_none(client: TestClient, key: str, ends: str) -> None:
    assert client.get(f"/en/studies/tune-long-1/runs/{key}/window{ends}").status_code == 404


def test_a_window_beyond_the_run_is_empty(client: TestClient, key: str) -> None:
    told = client.get(f"/en/studies/tune-long-1/runs/{key}/window?from=500000&to=600000").json()
    assert [panel["places"] for panel in told["panels"]] == [[], []]


def test_findings_come_with_their_charts_and_marks(client: TestClient, folder: Path) -> None:
    _, key = made.broken_run(folder)
    told = client.get(f"/en/studies/tune-broken-1/runs/{key}/findings").json()
    assert "<h1" not in told["markup"]
    assert told["charts"][0]["key"] == "run"
    assert len(told["charts"]) > 1
    assert "edge" in {mark["kind"] for mark in told["charts"][0]["panels"][0]["marks"]}


def test_studies_are_compared_in_one_table_and_one_picture(client: TestClient) -> None:
    path = "/en/studies/compare?study=tune-train-3f9a12&study=tune-hostile-1&study=tune-live-1&study=nothing"
    page = client.get(path).text
    assert page.count("<tr>") > 4
    (chart,) = data_of(page)["charts"]  # pyright: ignore
    names = {line["label"] for panel in chart["panels"] for line in panel["lines"]}
    assert names == {"train.py (tune-train-3f9a12)", HOSTILE}
    assert "Pick two" in client.get("/en/studies/compare?study=tune-train-3f9a12").text


def named(page: str) -> list[str]:
    """The studies of a list, from the top."""
    return re.findall(r'scope="row"[^>]*><a href="studies/([^"]+)"', page)


def test_the_list_is_sorted_by_any_column_and_what_is_not_known_comes_last(client: TestClient) -> None:
    page = client.get("/en/studies?sort=-rate").text
    rated = {"tune-train-3f9a12", "tune-hostile-1"}
    assert set(named(page)[:2]) == rated
    assert page.count('aria-sort="descending"') == 1
    assert 'href="studies?sort=rate"' in page
    by_state = named(client.get("/en/studies?sort=result").text)
    assert by_state[0] == "tune-live-1"
    assert set(named(client.get("/en/studies?sort=rate").text)[:2]) == rated


def test_the_list_is_filtered_by_words_that_a_row_has(client: TestClient) -> None:
    assert named(client.get("/en/studies?filter=running").text) == ["tune-live-1"]
    assert set(named(client.get("/en/studies?filter=GAIN+3f9a12").text)) == {"tune-train-3f9a12"}
    page = client.get("/en/studies?filter=%3Cb%3E").text
    assert "No study has “&lt;b&gt;”." in page
    assert named(page) == []


def test_studies_of_different_lengths_are_compared_with_a_caution(tmp_path: Path) -> None:
    made.finished(tmp_path, "tune-a-1")
    longer = made.finished(tmp_path, "tune-b-1", script="other.py")
    with Record.open(longer.record) as record:
        answer = record.answer()
        assert answer
        record.claim()
        record.set_answer(replace(answer, horizon=3200))
    client = TestClient(application_of(library_of([tmp_path]), "en", "0"))
    page = client.get("/en/studies/compare?study=tune-a-1&study=tune-b-1").text
    assert "These runs differ in length (1,600, 3,200 steps)" in page


@pytest.mark.parametrize(
    "path", ["/en/studies/no", "/en/studies/tune-train-3f9a12/runs/0", "/xx/y/z/w/v", "/favicon.ico"]
)
def test_what_is_not_there_is_said_with_a_way_back(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "<h1>" in answer.text


def test_what_the_browser_has_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/assets/frame.css")
    again = client.get("/assets/frame.css", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_a_record_that_cannot_be_read_hides_nothing_else(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / ".ratecraft" / "tune-x-1"
    broken.mkdir(parents=True)
    (broken / "record.sqlite").write_bytes(b"SQLite format 3\x00" + b"\xff" * 500)
    client = TestClient(application_of(library_of([folder, tmp_path]), "en", "0"))
    page = client.get("/en/studies").text
    assert "unreadable" in page
    assert "tune-train-3f9a12" in page


@pytest.mark.parametrize("code", ["torch", "transformers", "optax", "keras"])
def test_code_is_written_for_whom_it_is_asked(client: TestClient, code: str) -> None:
    page = client.get(f"/en/try?schedule=0.1*linear(1,0)&steps=10&code={code}").text
    assert "Learning rate of 10 optimizer steps" in page


def test_what_looks_like_a_mistake_is_said(client: TestClient) -> None:
    page = client.get("/en/try?schedule=0.1*linear(1,0,0.5)&steps=1000").text
    assert "What looks like a mistake" in page


def test_a_plan_has_its_values_reasons_and_code(client: TestClient) -> None:
    page = client.get("/en/try/plan?optimizer=adamw&task=fine-tuning-vision&steps=3000").text
    for words in ("warm_up_steps", "common practice", "plan-why", "plan-mind", "torch.optim.AdamW("):
        assert words in page
