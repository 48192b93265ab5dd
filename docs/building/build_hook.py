"""The guide within whatever is installed: in a wheel, or where it is read from when the source itself is installed.

Path:   hatchling, before it collects files -> MkDocs (`mkdocs.yml`) -> `ratecraft/reporting/pages/guide`.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_BUILD = ("mkdocs", "build", "--quiet", "--strict", "--config-file", "docs/building/mkdocs.yml")


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
        root = Path(self.root)
        path = os.pathsep.join(filter(None, (str(root / "src"), os.environ.get("PYTHONPATH"))))
        words, environment = [sys.executable, "-m", *_BUILD, *options], {**os.environ, "PYTHONPATH": path}
        subprocess.run(words, cwd=root, env=environment, check=True)  # noqa: S603 - our own words
