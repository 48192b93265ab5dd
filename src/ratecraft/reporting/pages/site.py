"""The application: which address shows which page. Every page is a pure function of the data read here.

Path:   a request behind the wall -> records, the address -> HTML, JSON, a stream.
"""

from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ratecraft.errors import RatecraftError
from ratecraft.reporting.pages.learn import assets, guide_files, learn_page, unbuilt_page
from ratecraft.reporting.pages.playground import playground_page
from ratecraft.reporting.pages.routes.controls import ControlRoutes
from ratecraft.reporting.pages.routes.responses import file_response, language_of, not_found, page_response
from ratecraft.reporting.pages.routes.runs import RunRoutes
from ratecraft.reporting.pages.routes.studies import StudyRoutes
from ratecraft.reporting.pages.studies.library import Library
from ratecraft.reporting.pages.trying.plan_page import plan_page
from ratecraft.reporting.pages.trying.tried import plan_tried, rebuilt, surveyed, tried_of
from ratecraft.reporting.pages.trying.try_page import try_page


def application_of(library: Library, language: str, version: str, *, allow_run: bool = False) -> Starlette:
    """The site as an application, without its wall.

    Args:
        library: The studies.
        language: Language that `/` leads to.
        version: Version of ratecraft.
        allow_run: Whether studies may be started and stopped.
    """

    def home(request: Request) -> Response:
        place = "studies" if library.studies() else "learn/index.html"
        return RedirectResponse(f"/{language}/{place}", 303)

    def nothing(request: Request) -> Response:
        return not_found(request, language)

    def learn(request: Request) -> Response:
        pages = {"index.html": learn_page, "playground.html": playground_page}
        page = pages.get(request.path_params["place"])
        return nothing(request) if page is None else page_response(page(language_of(request)))

    routes = [
        Route("/", home),
        Route("/assets/{place:path}", _asset),
        Route("/{language}/learn/guide/{place:path}", _guide),
        Route("/{language}/learn/{place}", learn),
        *StudyRoutes(library, language, may_run=allow_run).routes(),
        *RunRoutes(library, language, version).routes(),
        Route("/{language}/try", _try),
        Route("/{language}/try/plan", _plan),
        *(ControlRoutes(library).routes() if allow_run else []),
        Route("/{rest:path}", nothing),
    ]
    return Starlette(routes=routes)


def _asset(request: Request) -> Response:
    return file_response(request, assets(), request.path_params["place"])


def _guide(request: Request) -> Response:
    files, place = guide_files(language_of(request)), request.path_params["place"] or "index.html"
    if not files and "/" not in place:  # one of its pages, which are all in one folder
        return page_response(unbuilt_page(language_of(request)))
    return file_response(request, files, place)


def _try(request: Request) -> Response:
    query = parse_qsl(request.url.query, keep_blank_values=True)
    tried = tried_of(query)
    try:
        changed = rebuilt(tried, dict(query))
    except RatecraftError as error:
        looked, wrong = surveyed(tried)
        return page_response(try_page(tried, looked, [error, *wrong], language_of(request)))
    if changed is not None:
        return RedirectResponse(f"try?{changed.query}", 303)
    return page_response(try_page(tried, *surveyed(tried), language_of(request)))


def _plan(request: Request) -> Response:
    typed = dict(request.query_params)
    try:
        plan, wrong = plan_tried(typed), list[RatecraftError]()
    except RatecraftError as error:
        plan, wrong = None, [error]
    return page_response(plan_page(typed, plan, wrong, language_of(request)))
