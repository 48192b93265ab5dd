"""The addresses of studies: their list, a comparison, one study, and the progress of a study under way.

Path:   a request -> the library, the watch of a study under way -> pages, a stream of events.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ratecraft.errors import StudyError
from ratecraft.reporting.pages.live.page import live_page
from ratecraft.reporting.pages.live.stream import Watch, Watches, stream
from ratecraft.reporting.pages.routes.responses import begun_response, language_of, not_found, page_response
from ratecraft.reporting.pages.studies.compare_page import MOST, compare_page, compare_rest
from ratecraft.reporting.pages.studies.library import Known, Library
from ratecraft.reporting.pages.studies.start_form import start_form
from ratecraft.reporting.pages.studies.starting import printed, scripts_of
from ratecraft.reporting.pages.studies.study_list import list_page
from ratecraft.reporting.pages.studies.study_order import Order
from ratecraft.reporting.pages.studies.study_page import study_page, study_rest
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.text.page import Page


class StudyRoutes:
    """The pages of studies, with the watches of those under way.

    Args:
        library: The studies.
        usual: Language of addresses that do not name one.
        may_run: Whether the pages offer to start and to stop studies.
    """

    def __init__(self, library: Library, usual: str, *, may_run: bool) -> None:
        self._library = library
        self._usual = usual
        self._may_run = may_run
        self._watches = Watches()

    def routes(self) -> list[Route]:
        """Each address with what answers it."""
        return [
            Route("/{language}/studies", self._list),
            Route("/{language}/studies/compare", self._compare),
            Route("/{language}/studies/{id}", self._study),
            Route("/{language}/studies/{id}/live", self._live),
        ]

    def _list(self, request: Request) -> Response:
        folders = self._library.directories
        form = None
        if self._may_run:
            said = "".join(map(printed, folders))
            form = start_form([(folder, scripts_of(folder)) for folder in folders], said, Page(language_of(request)))
        studies, order = self._library.studies(), Order.of(request.query_params)
        return page_response(list_page(studies, folders, language_of(request), form, order, self._left(studies)))

    def _left(self, studies: Sequence[Known]) -> dict[str, float]:
        """Expected seconds to the end of the studies under way, where known."""
        left: dict[str, float] = {}
        for known in studies:
            if known.line.state == "running":
                with suppress(StudyError):
                    seconds = self._watch(known).follower.look().seconds_left
                    left |= {} if seconds is None else {known.id: seconds}
        return left

    def _compare(self, request: Request) -> Response:
        wanted = list(dict.fromkeys(request.query_params.getlist("study")))[:MOST]
        found = [known for name in wanted if (known := self._library.find(name)) is not None]
        language = language_of(request)
        rest = lambda: compare_rest([(study, self._evidence(study)) for study in found], language)  # noqa: E731
        return begun_response(compare_page(language), rest)

    def _evidence(self, known: Known) -> Evidence | None:
        try:
            return self._library.evidence(known) if known.line.state == "finished" else None
        except StudyError:
            return None

    def _study(self, request: Request) -> Response:
        known, language = self._library.find(request.path_params["id"]), language_of(request)
        if known is None:
            return not_found(request, self._usual)
        if known.line.state == "finished":
            shown = study_page(known.id, known.script or known.line.name, language)
            command = self._library.command("show", known)
            return begun_response(shown, lambda: study_rest(known.id, self._library.evidence(known), command, language))
        try:
            live = self._watch(known).follower.look()
        except StudyError:
            return not_found(request, self._usual)
        command = self._library.command("resume" if live.state == "unfinished" else "show", known)
        may_stop = self._may_run and live.state == "running"
        return page_response(live_page(known.id, live, command, language, stop=may_stop))

    async def _live(self, request: Request) -> Response:
        known = await asyncio.to_thread(self._library.find, request.path_params["id"])
        if known is None:
            return Response(status_code=204)  # it tells the browser not to reconnect
        last = request.headers.get("last-event-id") or request.query_params.get("after", "")
        after = int(last) if last.isascii() and last.isdecimal() and len(last) < 16 else 0
        messages = stream(self._watch(known), after, language_of(request))
        return StreamingResponse(messages, media_type="text/event-stream", headers={"cache-control": "no-store"})

    def _watch(self, known: Known) -> Watch:
        return self._watches.of(known.folder, lambda: self._library.plan(known), known.id)
