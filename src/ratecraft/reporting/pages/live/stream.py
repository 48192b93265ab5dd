"""Server-sent events: a study as it goes, told to everybody who looks at the cost of one.

Path:   `Follower` -> `Watch` (one a study, while anybody looks) -> messages of a stream.
Units:  seconds.
Source: HTML standard, "Server-sent events": `id`, `retry`, `Last-Event-ID`.
"""

import asyncio
import json
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Final

from ratecraft.errors import StudyError
from ratecraft.records.storage.study import StudyFolder
from ratecraft.reporting.pages.live.following import Follower, Live
from ratecraft.reporting.pages.live.page import live_figures, live_parts
from ratecraft.reporting.progress.estimate import Planner
from ratecraft.reporting.text.page import Page

__all__ = ["BEAT", "EVERY", "Watch", "Watches", "message", "stream"]

EVERY: Final = 0.5
"""Between two looks at the record: at most two messages a second."""
BEAT: Final = 15.0
"""Between two signs of life where nothing happens; a listener that has gone is noticed by then."""
_REMEMBERED: Final = 16
"""Studies that are remembered as they were last seen, beside those that somebody listens to."""


class Watch:
    """Looks at a study again and again while somebody listens.

    Args:
        follower: Of the study.
        id: Id of the study in addresses.
    """

    def __init__(self, follower: Follower, id: str = "") -> None:  # noqa: A002 - in the address
        self.follower, self._id = follower, id
        self._listeners = 0
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self._live: Live | None = None
        self._told: dict[tuple[int, str], str] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nobody listens."""
        return self._listeners == 0

    def join(self) -> None:
        """One more listens."""
        self._listeners += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())

    def leave(self) -> None:
        """One listens no more; the last one ends the looking."""
        self._listeners -= 1
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._task, self._live = None, None
            self._told.clear()

    async def later_than(self, version: int) -> Live | None:
        """The study as soon as it differs from a version; None if nothing is new for a beat."""
        try:
            async with asyncio.timeout(BEAT), self._news:
                await self._news.wait_for(lambda: self._live is not None and self._live.version > version)
        except TimeoutError:
            if self._task is not None and self._task.done():
                self._task.result()  # looking has failed: so does this stream, and the next starts again
            return None
        return self._live

    def told(self, live: Live, language: str) -> str:
        """What is sent of it but for the news, made once for all who read a language."""
        key = live.version, language
        if key not in self._told:
            self._told = {sent: text for sent, text in self._told.items() if sent[0] == live.version}
            page = Page(language)
            told = {"parts": live_parts(self._id, live, page), **live_figures(live, page)}
            self._told[key] = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return self._told[key]

    async def _look(self) -> None:
        while True:
            try:
                live = await asyncio.to_thread(self.follower.look)
            except StudyError:  # it was moved, or is being written again: it may be there again
                live = self._live
            if live is not self._live:
                async with self._news:
                    self._live = live
                    self._news.notify_all()
            await asyncio.sleep(EVERY)


class Watches:
    """The watch of each study, one however many look at it; may be asked in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: OrderedDict[Path, Watch] = OrderedDict()

    def of(
        self,
        folder: StudyFolder,
        plan: Callable[[], Planner | None] = lambda: None,
        id: str = "",  # noqa: A002 - in the address
    ) -> Watch:
        """The watch of a study; what was looked at longest ago is forgotten where nobody listens to it.

        Args:
            folder: The study's.
            plan: Reads its estimate by the length of a run, None if nothing is planned; asked for a new watch only.
            id: What it is called in addresses.
        """
        with self._lock:
            watch = self._watches.pop(folder.path, None) or Watch(Follower(folder, plan()), id)
            self._watches[folder.path] = watch
            idle = [path for path, watch in self._watches.items() if watch.is_idle]
            for path in idle[: max(len(self._watches) - _REMEMBERED, 0)]:
                del self._watches[path]
            return watch


async def stream(watch: Watch, after: int, language: str) -> AsyncGenerator[str]:
    """The messages for one listener.

    Args:
        watch: Of the study.
        after: Number of the last event that the listener knows.
        language: Code of a language, e.g. `ja`.
    """
    watch.join()
    try:
        yield "retry: 2000\n\n"
        version = -1
        while True:
            live = await watch.later_than(version)
            if live is None:
                yield ": alive\n\n"
                continue
            yield message(live, after, watch.told(live, language), language)
            version, after = live.version, live.number
    finally:
        watch.leave()


def message(live: Live, after: int, told: str, language: str) -> str:
    """One message: its id is the number of the last event in the record, so that a stream goes on where it broke.

    Args:
        live: The study.
        after: Number of the last event that the listener knows; news up to it are left out.
        told: JSON object of the parts and charts.
        language: Code of a language, e.g. `ja`.
    """
    news = [news.words[language] for news in live.news if news.number > after]
    said = json.dumps({"number": live.number, "state": live.state, "news": news}, ensure_ascii=False)
    return f"id: {live.number}\nevent: study\ndata: {said[:-1]},{told[1:]}\n\n"
