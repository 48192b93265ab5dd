"""The guide within whatever is installed: in a wheel, or where it is read from when the source itself is installed.

Path:   hatchling, before it collects files -> MkDocs (`mkdocs.yml`) -> `ratecraft/reporting/pages/guide`.
"""

import subprocess
import sys
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_BUILD = ("build", "--quiet", "--strict", "--config-file", "docs/building/mkdocs.yml")
_MKDOCS = "import sys; sys.path.insert(0, 'src'); from mkdocs.__main__ import cli; cli()"
"""MkDocs, with the source to import from. pip takes a source that is installed already out of `PYTHONPATH`."""


class GuideHook(BuildHookInterface[Any]):
    """Builds the guide with the source that is being packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build it: for a wheel beside the source, which stays as it is, else into the source."""
        if version == "editable":
            self._build()
            return
        self._made = TemporaryDirectory(prefix="ratecraft-guide-")
        self._build("--site-dir", self._made.name)
        build_data["force_include"][self._made.name] = "ratecraft/reporting/pages/guide"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was packed."""
        if version != "editable":
            self._made.cleanup()

    def _build(self, *options: str) -> None:
        """What MkDocs needs of ratecraft is imported from the source, for it is not installed here."""
        words = [sys.executable, "-c", _MKDOCS, *_BUILD, *options]
        subprocess.run(words, cwd=self.root, check=True)  # noqa: S603 - our own words
