"""The application: which address gives which page. Every page is a pure function of what is read here.

Path:   a request behind the wall -> records, the address -> HTML, JSON, a stream.
"""

import asyncio
import hashlib
import json
import mimetypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.errors import RatecraftError, StudyError
from ratecraft.importers.studies import begun_job, study_run
from ratecraft.records.observed import ObservedRun
from ratecraft.records.store import Record
from ratecraft.records.study import StudyFolder
from ratecraft.reporting.findings.screen import Diagnosed
from ratecraft.reporting.html.elements import element, text
from ratecraft.reporting.pages.frame import UNSERVED, Rest, SitePage, closing, opening, site_html
from ratecraft.reporting.pages.learn import assets, guide_files, learn_page, unbuilt_page
from ratecraft.reporting.pages.live.page import live_page
from ratecraft.reporting.pages.live.stream import Watch, Watches, stream
from ratecraft.reporting.pages.pieces import refusals
from ratecraft.reporting.pages.playground import playground_page
from ratecraft.reporting.pages.studies.compare_page import MOST, compare_page, compare_rest
from ratecraft.reporting.pages.studies.library import Known, Library
from ratecraft.reporting.pages.studies.run_page import findings_part, run_chart, run_page, run_rest
from ratecraft.reporting.pages.studies.start_form import start_form
from ratecraft.reporting.pages.studies.starting import command_of, printed, scripts_of, start, stop
from ratecraft.reporting.pages.studies.study_list import list_page
from ratecraft.reporting.pages.studies.study_order import Order
from ratecraft.reporting.pages.studies.study_page import missing_page, study_page, study_rest
from ratecraft.reporting.pages.trying.plan_page import plan_page
from ratecraft.reporting.pages.trying.tried import plan_tried, rebuilt, surveyed, tried_of
from ratecraft.reporting.pages.trying.try_page import try_page
from ratecraft.reporting.pictures.charts import to_json
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import spoken

__all__ = ["application_of"]

_KEPT_FINDINGS: Final = 16
"""Runs whose findings are kept, some 50 kB each."""
_KEPT_RUNS: Final = 2
"""Runs whose series are kept for the next zoom: three series of a million points are 48 MB."""


def application_of(library: Library, language: str, version: str, *, allow_run: bool = False) -> Starlette:
    """The site as an application, without its wall.

    Args:
        library: The studies.
        language: Where `/` leads.
        version: Version of ratecraft.
        allow_run: Whether studies may be started and stopped.
    """
    return Starlette(routes=_Site(library, language, version, allow_run=allow_run).routes())


class _Site:
    def __init__(self, library: Library, language: str, version: str, *, allow_run: bool) -> None:
        self._library = library
        self._language = language
        self._version = version
        self._may_run = allow_run
        self._watches = Watches()
        self._started: list[Any] = []
        self._looking = asyncio.Lock()  # for findings, in one run at a time: nobody computes what another does already

    def routes(self) -> list[Route]:
        acts = [Route("/start", self._start, methods=["POST"]), Route("/stop", self._stop, methods=["POST"])]
        return [
            Route("/", self._home),
            Route("/assets/{place:path}", self._asset),
            Route("/{language}/learn/guide/{place:path}", self._guide),
            Route("/{language}/learn/{place}", self._learn),
            Route("/{language}/studies", self._studies),
            Route("/{language}/studies/compare", self._compare),
            Route("/{language}/studies/{id}", self._study),
            Route("/{language}/studies/{id}/live", self._live),
            Route("/{language}/studies/{id}/runs/{key}", self._run),
            Route("/{language}/studies/{id}/runs/{key}/window", self._window),
            Route("/{language}/studies/{id}/runs/{key}/findings", self._findings),
            Route("/{language}/try", self._try),
            Route("/{language}/try/plan", self._plan),
            *(acts if self._may_run else []),
            Route("/{rest:path}", self._nothing),
        ]

    # ---- what is always the same

    def _home(self, request: Request) -> Response:
        place = "studies" if self._library.studies() else "learn/index.html"
        return RedirectResponse(f"/{self._language}/{place}", 303)

    def _asset(self, request: Request) -> Response:
        return _file(request, assets(), request.path_params["place"])

    def _guide(self, request: Request) -> Response:
        files, place = guide_files(_language(request)), request.path_params["place"] or "index.html"
        if not files and "/" not in place:  # one of its pages, which are all in one folder
            return _page(unbuilt_page(_language(request)))
        return _file(request, files, place)

    def _learn(self, request: Request) -> Response:
        pages = {"index.html": learn_page, "playground.html": playground_page}
        page = pages.get(request.path_params["place"])
        return self._nothing(request) if page is None else _page(page(_language(request)))

    def _nothing(self, request: Request) -> Response:
        parts = request.url.path.strip("/").split("/")
        language = spoken(parts[0], self._language)
        return _page(missing_page(language, "/".join(["studies", *["-"] * (max(len(parts), 2) - 2)])), 404)

    # ---- studies

    def _studies(self, request: Request) -> Response:
        folders = self._library.directories
        form = None
        if self._may_run:
            said = "".join(map(printed, folders))
            form = start_form([(folder, scripts_of(folder)) for folder in folders], said, Page(_language(request)))
        studies, order = self._library.studies(), Order.of(request.query_params)
        return _page(list_page(studies, folders, _language(request), form, order, self._left(studies)))

    def _left(self, studies: Sequence[Known]) -> dict[str, float]:
        """Seconds that those at work will still take, as far as they are known."""
        left: dict[str, float] = {}
        for known in studies:
            if known.line.state == "running":
                with suppress(StudyError):
                    seconds = self._watch(known).follower.look().seconds_left
                    left |= {} if seconds is None else {known.id: seconds}
        return left

    def _compare(self, request: Request) -> Response:
        wanted = list(dict.fromkeys(request.query_params.getlist("study")))[:MOST]
        found = [each for name in wanted if (each := self._library.find(name)) is not None]
        language = _language(request)
        rest = lambda: compare_rest([(study, self._evidence(study)) for study in found], language)  # noqa: E731
        return _begun(compare_page(language), rest)

    def _evidence(self, known: Known) -> Any:
        try:
            return self._library.evidence(known) if known.line.state == "finished" else None
        except StudyError:
            return None

    def _study(self, request: Request) -> Response:
        known, language = self._known(request), _language(request)
        if known is None:
            return self._nothing(request)
        if known.line.state == "finished":
            shown = study_page(known.id, known.script or known.line.name, language)
            command = self._library.command("show", known)
            return _begun(shown, lambda: study_rest(known.id, self._library.evidence(known), command, language))
        try:
            live = self._watch(known).follower.look()
        except StudyError:
            return self._nothing(request)
        command = self._library.command("resume" if live.state == "unfinished" else "show", known)
        may_stop = self._may_run and live.state == "running"
        return _page(live_page(known.id, live, command, language, stop=may_stop))

    async def _live(self, request: Request) -> Response:
        known = await asyncio.to_thread(self._known, request)
        if known is None:
            return Response(status_code=204)  # which tells a browser not to ask again
        last = request.headers.get("last-event-id") or request.query_params.get("after", "")
        after = int(last) if last.isascii() and last.isdecimal() and len(last) < 16 else 0
        messages = stream(self._watch(known), after, _language(request))
        return StreamingResponse(messages, media_type="text/event-stream", headers={"cache-control": "no-store"})

    # ---- a run of a study

    def _run(self, request: Request) -> Response:
        known, key, language = self._known(request), request.path_params["key"], _language(request)
        phase = None if known is None else _phase(known.folder, key)
        if known is None or phase is None:
            return self._nothing(request)

        def rest() -> Rest:
            _, run = self._seen(request)
            if run is None:
                return Rest(element("p", text(Page(language).words("site.run.no-loss")), class_="meaning"))
            return run_rest(key, run, self._library.command("show", known), language)

        return _begun(run_page(known.id, key, known.line.name, phase, language), rest)

    def _window(self, request: Request) -> Response:
        _, run = self._seen(request)
        ends = [request.query_params.get(name, "") for name in ("from", "to")]
        if run is None or not all(end.isascii() and end.isdecimal() and len(end) < 16 for end in ends):
            return JSONResponse({"error": "no-such-window"}, 404)
        first, last = map(int, ends)
        return _json(to_json(run_chart(run, Page(_language(request)), (first, last))))

    async def _findings(self, request: Request) -> Response:
        known = await asyncio.to_thread(self._known, request)
        told = None
        if known is not None:
            asked = known.folder, request.path_params["key"], known.folder.changed
            with suppress(StudyError):
                async with self._looking:
                    named = known.line.name, _language(request), self._version
                    told = await asyncio.to_thread(_found, *asked, *named)
        return JSONResponse({"error": "no-such-run"}, 404) if told is None else _json(told)

    # ---- try

    def _try(self, request: Request) -> Response:
        query = parse_qsl(request.url.query, keep_blank_values=True)
        tried = tried_of(query)
        try:
            changed = rebuilt(tried, dict(query))
        except RatecraftError as error:
            looked, wrong = surveyed(tried)
            return _page(try_page(tried, looked, [error, *wrong], _language(request)))
        if changed is not None:
            return RedirectResponse(f"try?{changed.query}", 303)
        return _page(try_page(tried, *surveyed(tried), _language(request)))

    def _plan(self, request: Request) -> Response:
        typed = dict(request.query_params)
        try:
            plan, wrong = plan_tried(typed), list[RatecraftError]()
        except RatecraftError as error:
            plan, wrong = None, [error]
        return _page(plan_page(typed, plan, wrong, _language(request)))

    # ---- acts

    async def _start(self, request: Request) -> Response:
        asked = await _asked(request)
        folders = self._library.directories
        at = asked.get("folder", 0)
        if not isinstance(at, int) or not 0 <= at < len(folders):
            return JSONResponse({"error": "folder"}, 400)
        scripts = await asyncio.to_thread(scripts_of, folders[at])
        try:
            command = command_of(asked, scripts)
        except RatecraftError as error:
            return JSONResponse({"error": error.message(spoken(asked.get("language")))}, 400)
        self._started = [process for process in self._started if process.poll() is None]
        self._started.append(await asyncio.to_thread(start, command, folders[at]))
        return JSONResponse({"started": command[3:]})

    async def _stop(self, request: Request) -> Response:
        asked = await _asked(request)
        known = await asyncio.to_thread(self._library.find, str(asked.get("study", "")))
        try:
            return JSONResponse({"stopped": known is not None and await asyncio.to_thread(stop, known.folder)})
        except StudyError as error:
            return JSONResponse({"error": error.message()}, 400)

    # ---- what several need

    def _watch(self, known: Known) -> Watch:
        return self._watches.of(known.folder, lambda: self._library.plan(known), known.id)

    def _known(self, request: Request) -> Known | None:
        return self._library.find(request.path_params["id"])

    def _seen(self, request: Request) -> tuple[Known | None, ObservedRun | None]:
        known = self._known(request)
        if known is None:
            return None, None
        try:
            return known, _observed(known.folder, request.path_params["key"], known.folder.changed)
        except StudyError:
            return known, None


def _phase(folder: StudyFolder, key: str) -> str | None:
    """What a run was for; None where there is no such run."""
    try:
        with Record.open(folder.record, read_only=True) as record:
            begun = begun_job(record, key)
    except StudyError:
        return None
    return None if begun is None else begun[0].phase


@lru_cache(maxsize=_KEPT_RUNS)
def _observed(folder: StudyFolder, key: str, stamp: int) -> ObservedRun | None:
    """A run with its series, read once for all zooms of it."""
    with Record.open(folder.record, read_only=True) as record:
        return study_run(record, key)


@lru_cache(maxsize=_KEPT_FINDINGS)
def _found(
    folder: StudyFolder, key: str, stamp: int, name: str, language: str, version: str
) -> Mapping[str, object] | None:
    """What is found in a run, looked for once: in a million steps that takes seconds, which every other page feels."""
    run = _observed(folder, key, stamp)
    if run is None:
        return None
    markup, data = findings_part(run, Diagnosed(name, run, diagnosis_of(run)), language, version)
    return {"markup": markup, **data}


def _language(request: Request) -> str:
    return spoken(request.path_params.get("language"))


def _page(page: SitePage, status: int = 200) -> Response:
    return Response(site_html(page), status, {"cache-control": "no-store"}, "text/html; charset=utf-8")


def _begun(shown: SitePage, rest: Callable[[], Rest]) -> Response:
    """A page whose beginning is sent at once, so that it is painted while the rest is read."""

    def told() -> Iterator[str]:
        yield opening(shown)
        try:
            more = rest()
        except RatecraftError as error:  # the status is sent already
            more = Rest(refusals([error], Page(shown.language)))
        yield closing(shown, more)

    return StreamingResponse(told(), 200, {"cache-control": "no-store"}, "text/html; charset=utf-8")


def _json(value: Mapping[str, object]) -> Response:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text, 200, {"cache-control": "no-store"}, "application/json")


def _file(request: Request, files: Mapping[str, bytes], place: str) -> Response:
    """A file of a fixed list: no address leads anywhere else. What the browser has already isn't sent again."""
    content = files.get(place)
    if content is None:
        return Response("404\n", 404, media_type="text/plain")
    if place.endswith(".html"):
        content = content.replace(UNSERVED.encode(), b"<li>")
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    kind = "text/javascript" if place.endswith(".js") else mimetypes.guess_type(place)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return Response(content, 200, headers, f"{kind}{charset}")


async def _asked(request: Request) -> dict[str, object]:
    """The JSON object of a request; empty where it is none."""
    try:
        asked = json.loads(await request.body())
    except (ValueError, RecursionError):
        return {}
    return asked if isinstance(asked, dict) else {}  # pyright: ignore[reportUnknownVariableType]
