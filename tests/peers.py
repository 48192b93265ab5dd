"""Libraries of others that tests compare with: the first test that asks loads them, not each process that collects."""

from typing import Any

import pytest

__all__ = ["Peer"]


class Peer:
    """A module, by its dotted name. A test that asks for a part of one that is not installed is skipped."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def loaded(self) -> Any:
        """The module itself."""
        return pytest.importorskip(self._name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # pytest looks for such at whatever a module of tests holds
            raise AttributeError(name)
        return getattr(self.loaded, name)
