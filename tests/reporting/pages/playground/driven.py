"""The playground in a window, and what a reader does with it."""

from itertools import count
from pathlib import Path
from typing import Any

from tests.reporting.browser import Browser

RIGHT, LEFT, UP, DOWN, END, TAB = "\ue014", "\ue012", "\ue013", "\ue015", "\ue010", "\ue004"
LANES = ("low", "chosen", "high")
OPENED = count()


class Playground:
    """The page in the window."""

    def __init__(self, window: Browser, folder: Path) -> None:
        self.window, self.folder = window, folder

    def open(self, state: str = "", language: str = "en", *, calm: bool = True, **look: Any) -> "Playground":
        """Show the page with a state in its address; `calm` is a reader who wants nothing to move."""
        theme, width = look.get("theme", "light"), look.get("width", 1000)
        self.window.emulate(theme, width)
        motion = {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"}
        contrast = {"name": "forced-colors", "value": "active" if look.get("forced") else "none"}
        features = [{"name": "prefers-color-scheme", "value": theme}, motion, contrast]
        self.window.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        for log in ("browser", "performance"):
            self.window.driver.get_log(log)
        address = f"{(self.folder / language / 'learn/playground.html').as_uri()}?{next(OPENED)}"  # never the same
        self.window.driver.get(f"{address}#{state}" if state else address)
        self.window.settle()
        return self

    def state(self, part: str) -> Any:
        return self.window.run("return Playground.page.state()[arguments[0]]", part)

    def words(self) -> list[str]:
        """What each run is called."""
        return [self.window.text(f"[data-lane={lane}] .word") for lane in LANES]

    def fragment(self) -> str:
        return self.window.run("return location.hash.slice(1)")

    def wait(self, script: str) -> Any:
        """Until a script says yes, looked at once a frame."""
        frames = (
            "const done = arguments[0]; const look = () => (%s) ? done(true) : requestAnimationFrame(look); look();"
        )
        return self.window.driver.execute_async_script(frames % script)

    def type(self, selector: str, *keys: str) -> None:
        self.window.type(selector, *keys)

    def press(self, selector: str) -> None:
        self.window.press(selector)

    def choose(self, name: str, value: str) -> None:
        """Choose an option of a control."""
        self.window.run(
            "const [name, value] = arguments; const select = document.forms.controls.elements[name];"
            "select.focus(); select.value = value; select.dispatchEvent(new Event('change', { bubbles: true }))",
            name,
            value,
        )
        self.window.settle()
