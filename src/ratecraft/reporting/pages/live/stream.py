"""Server-sent events: a study as it goes, for any number of viewers at the cost of one.

Path:   `Follower` -> `Watch` (one for each study, while anybody is looking) -> messages of a stream.
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

EVERY: Final = 0.5
"""Seconds between two looks at the record: at most two messages a second."""
BEAT: Final = 15.0
"""Seconds between two heartbeats if nothing happens; by then a listener that has gone is noticed."""
_REMEMBERED: Final = 16
"""Studies whose last state is remembered, besides those that have listeners."""


class Watch:
    """Looks at a study repeatedly while somebody listens.

    Args:
        follower: The follower of the study.
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
        """Add a listener."""
        self._listeners += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())

    def leave(self) -> None:
        """Remove a listener; the last one ends the looking."""
        self._listeners -= 1
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._task, self._live = None, None
            self._told.clear()

    async def later_than(self, version: int) -> Live | None:
        """The study as soon as it is newer than a version; None if nothing is new for a heartbeat."""
        try:
            async with asyncio.timeout(BEAT), self._news:
                await self._news.wait_for(lambda: self._live is not None and self._live.version > version)
        except TimeoutError:
            if self._task is not None and self._task.done():
                self._task.result()  # looking has failed: this stream ends too, and the next one starts again
            return None
        return self._live

    def told(self, live: Live, language: str) -> str:
        """The message for a language without the news, made once for all who read it."""
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
            except StudyError:  # the folder was moved, or is being rewritten: it may be back later
                live = self._live
            if live is not self._live:
                async with self._news:
                    self._live = live
                    self._news.notify_all()
            await asyncio.sleep(EVERY)


class Watches:
    """The watch of each study, shared by all viewers; may be asked in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: OrderedDict[Path, Watch] = OrderedDict()

    def of(
        self,
        folder: StudyFolder,
        plan: Callable[[], Planner | None] = lambda: None,
        id: str = "",  # noqa: A002 - in the address
    ) -> Watch:
        """The watch of a study. Without listeners, the one unused for longest is forgotten.

        Args:
            folder: The study's folder.
            plan: Reads its estimate by the length of a run, None if nothing is planned; called for a new watch only.
            id: Id of the study in addresses.
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
        watch: The watch of the study.
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
    """One message. Its id is the number of the last event in the record, so that a broken stream can continue there.

    Args:
        live: The study.
        after: Number of the last event that the listener knows; news up to it are left out.
        told: JSON object of the parts and charts.
        language: Code of a language, e.g. `ja`.
    """
    news = [news.words[language] for news in live.news if news.number > after]
    said = json.dumps({"number": live.number, "state": live.state, "news": news}, ensure_ascii=False)
    return f"id: {live.number}\nevent: study\ndata: {said[:-1]},{told[1:]}\n\n"
