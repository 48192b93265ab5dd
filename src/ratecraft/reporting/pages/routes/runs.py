"""The addresses of one run of a study: its page, a stretch of its curves, its findings.

Path:   a request -> the record of the study -> a page, JSON.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.errors import StudyError
from ratecraft.importers.studies import begun_job, study_run
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.reporting.findings.screen import Diagnosed
from ratecraft.reporting.html.elements import element, text
from ratecraft.reporting.pages.frame import Rest
from ratecraft.reporting.pages.routes.responses import begun_response, json_response, language_of, not_found
from ratecraft.reporting.pages.studies.library import Known, Library
from ratecraft.reporting.pages.studies.run_page import findings_part, run_chart, run_page, run_rest
from ratecraft.reporting.pictures.charts import to_json
from ratecraft.reporting.text.page import Page

_KEPT_FINDINGS: Final = 16
"""Number of runs whose findings are kept, some 50 kB each."""
_KEPT_RUNS: Final = 2
"""Number of runs whose series are kept for the next zoom: three series of a million points are 48 MB."""


class RunRoutes:
    """The pages of a study's runs.

    Args:
        library: The studies.
        usual: Language of addresses that do not name one.
        version: Version of ratecraft.
    """

    def __init__(self, library: Library, usual: str, version: str) -> None:
        self._library = library
        self._usual = usual
        self._version = version
        self._looking = asyncio.Lock()  # findings are computed for one run at a time, so that nothing is computed twice

    def routes(self) -> list[Route]:
        """Each address with what answers it."""
        return [
            Route("/{language}/studies/{id}/runs/{key}", self._run),
            Route("/{language}/studies/{id}/runs/{key}/window", self._window),
            Route("/{language}/studies/{id}/runs/{key}/findings", self._findings),
        ]

    def _run(self, request: Request) -> Response:
        known, key, language = self._known(request), request.path_params["key"], language_of(request)
        phase = None if known is None else _phase(known.folder, key)
        if known is None or phase is None:
            return not_found(request, self._usual)

        def rest() -> Rest:
            run = self._observed(request)
            if run is None:
                return Rest(element("p", text(Page(language).words("site.run.no-loss")), class_="meaning"))
            return run_rest(key, run, self._library.command("show", known), language)

        return begun_response(run_page(known.id, key, known.line.name, phase, language), rest)

    def _window(self, request: Request) -> Response:
        run = self._observed(request)
        ends = [request.query_params.get(name, "") for name in ("from", "to")]
        if run is None or not all(end.isascii() and end.isdecimal() and len(end) < 16 for end in ends):
            return JSONResponse({"error": "no-such-window"}, 404)
        first, last = map(int, ends)
        return json_response(to_json(run_chart(run, Page(language_of(request)), (first, last))))

    async def _findings(self, request: Request) -> Response:
        known = await asyncio.to_thread(self._known, request)
        told = None
        if known is not None:
            asked = known.folder, request.path_params["key"], known.folder.changed
            with suppress(StudyError):
                async with self._looking:
                    named = known.line.name, language_of(request), self._version
                    told = await asyncio.to_thread(_found, *asked, *named)
        return JSONResponse({"error": "no-such-run"}, 404) if told is None else json_response(told)

    def _known(self, request: Request) -> Known | None:
        return self._library.find(request.path_params["id"])

    def _observed(self, request: Request) -> ObservedRun | None:
        known = self._known(request)
        if known is None:
            return None
        try:
            return _observed(known.folder, request.path_params["key"], known.folder.changed)
        except StudyError:
            return None


def _phase(folder: StudyFolder, key: str) -> str | None:
    """The phase of a run; None if there is no such run."""
    try:
        with Record.open(folder.record, read_only=True) as record:
            begun = begun_job(record, key)
    except StudyError:
        return None
    return None if begun is None else begun[0].phase


@lru_cache(maxsize=_KEPT_RUNS)
def _observed(folder: StudyFolder, key: str, stamp: int) -> ObservedRun | None:
    """A run with its series, read once for all its zooms."""
    with Record.open(folder.record, read_only=True) as record:
        return study_run(record, key)


@lru_cache(maxsize=_KEPT_FINDINGS)
def _found(
    folder: StudyFolder, key: str, stamp: int, name: str, language: str, version: str
) -> Mapping[str, object] | None:
    """The findings of a run, computed once: for a million steps that takes seconds, which slows all other pages."""
    run = _observed(folder, key, stamp)
    if run is None:
        return None
    markup, data = findings_part(run, Diagnosed(name, run, diagnosis_of(run)), language, version)
    return {"markup": markup, **data}
