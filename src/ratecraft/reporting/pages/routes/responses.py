"""From a page or a value to the response that a browser gets.

Path:   a page, JSON, a file of a fixed list -> a response with its headers.
"""

import hashlib
import json
import mimetypes
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ratecraft.errors import RatecraftError
from ratecraft.reporting.pages.frame import UNSERVED, Rest, SitePage, closing, opening, site_html
from ratecraft.reporting.pages.pieces import refusals
from ratecraft.reporting.pages.studies.study_page import missing_page
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import spoken

_HTML: Final = "text/html; charset=utf-8"
_FRESH: Final = {"cache-control": "no-store"}


def language_of(request: Request) -> str:
    """The language in the address."""
    return spoken(request.path_params.get("language"))


def page_response(page: SitePage, status: int = 200) -> Response:
    """A whole page."""
    return Response(site_html(page), status, _FRESH, _HTML)


def begun_response(shown: SitePage, rest: Callable[[], Rest]) -> Response:
    """A page whose opening is sent at once, so that the browser paints it while the rest is read."""

    def told() -> Iterator[str]:
        yield opening(shown)
        try:
            more = rest()
        except RatecraftError as error:  # the status is sent already
            more = Rest(refusals([error], Page(shown.language)))
        yield closing(shown, more)

    return StreamingResponse(told(), 200, _FRESH, _HTML)


def json_response(value: Mapping[str, object]) -> Response:
    """A JSON value requested by a page of the site."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text, 200, _FRESH, "application/json")


def file_response(request: Request, files: Mapping[str, bytes], place: str) -> Response:
    """A file of a fixed list; no other path can be reached. It is not sent again if the browser has it already."""
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


def not_found(request: Request, usual: str) -> Response:
    """The page for an unknown address, in the language that the address names, else in the usual one."""
    parts = request.url.path.strip("/").split("/")
    page = missing_page(spoken(parts[0], usual), "/".join(["studies", *["-"] * (max(len(parts), 2) - 2)]))
    return page_response(page, 404)
