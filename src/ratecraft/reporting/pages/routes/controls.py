"""The addresses that start and stop a study; they exist only if that is allowed.

Path:   JSON of a request -> a command, a process of its own; a study's lock -> JSON.
"""

import asyncio
import json
import subprocess

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ratecraft.errors import RatecraftError, StudyError
from ratecraft.reporting.pages.studies.library import Library
from ratecraft.reporting.pages.studies.starting import command_of, scripts_of, start, stop
from ratecraft.translations.catalogue import spoken


class ControlRoutes:
    """Start and stop of studies.

    Args:
        library: The studies, with the folders whose scripts may be started.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._started: list[subprocess.Popen[bytes]] = []

    def routes(self) -> list[Route]:
        """Each address with what answers it."""
        return [Route("/start", self._start, methods=["POST"]), Route("/stop", self._stop, methods=["POST"])]

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


async def _asked(request: Request) -> dict[str, object]:
    """The JSON object of a request; empty if it is not one."""
    try:
        asked = json.loads(await request.body())
    except (ValueError, RecursionError):
        return {}
    return asked if isinstance(asked, dict) else {}  # pyright: ignore[reportUnknownVariableType]
