"""A headless Chromium that opens a report from disk; without one, whoever asks for it is skipped.

On Debian: apt-get install chromium chromium-driver fonts-noto-cjk.
"""

import json
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TIME_ENOUGH = 600
"""Seconds; not a measure: what a page has not done by then it never does."""
NO_BROWSER = "no browser: install chromium and chromium-driver to look at the report"


class Browser:
    """One window; `open` shows a file in it."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, file: Path, *, theme: str = "light", width: int = 1000) -> None:
        """Show a file; what an earlier page logged or stored is forgotten."""
        self.emulate(theme, width)
        self.driver.get("about:blank")
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        self.driver.get(file.as_uri())
        self.settle()

    def emulate(self, theme: str = "light", width: int = 1000) -> None:
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def settle(self) -> None:
        """Wait until what was asked for is drawn: two frames."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));"
        )

    def run(self, script: str, *arguments: object) -> Any:
        """The value that a script returns."""
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def type(self, selector: str, *keys: str) -> None:
        self.find(selector).send_keys(*keys)
        self.settle()

    def press(self, selector: str) -> None:
        """Click, wherever on the page it is."""
        self.run("arguments[0].scrollIntoView({block: 'center'})", self.find(selector))
        self.find(selector).click()
        self.settle()

    def text(self, selector: str) -> str:
        return str(self.run("return arguments[0].textContent", self.find(selector)))

    def complaints(self) -> list[str]:
        """What the page wrote on the console."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Every address that pages asked for; the browser's own, like that of a new tab, are none of ours."""
        told = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [each["params"] for each in told if each["method"] == "Network.requestWillBeSent"]
        return [each["request"]["url"] for each in asked if not each["documentURL"].startswith("chrome://")]

    def colours(self, selector: str) -> dict[str, int]:
        """How many pixels of each colour the first canvas of an element has."""
        return self.run(
            """
            const canvas = arguments[0].querySelector("canvas"), counts = {};
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            for (let at = 0; at < pixels.length; at += 4) {
              if (pixels[at + 3] < 255) continue;
              const colour = [0, 1, 2].map((part) => pixels[at + part].toString(16).padStart(2, "0")).join("");
              counts[`#${colour}`] = (counts[`#${colour}`] ?? 0) + 1;
            }
            return counts;
            """,
            self.find(selector),
        )


@contextmanager
def opened(folder: Path) -> Generator[Browser]:
    """A browser with a profile of its own in the folder."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip(NO_BROWSER)
    selenium = pytest.importorskip("selenium.webdriver", reason=NO_BROWSER)
    from selenium.webdriver.chrome.service import Service

    options = selenium.ChromeOptions()
    options.binary_location = program
    sandbox = ("--no-sandbox", "--disable-dev-shm-usage")  # neither is there in a container
    for argument in ("--headless=new", "--disable-gpu", *sandbox, f"--user-data-dir={folder}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    window = selenium.Chrome(options=options, service=Service(driver))
    window.set_script_timeout(TIME_ENOUGH)
    try:
        yield Browser(window)
    finally:
        window.quit()
