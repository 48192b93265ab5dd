"""The playground as plain files, in one browser for all tests of this folder."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from tests.reporting.browser import Browser, opened
from tests.reporting.pages.playground.driven import Playground

from ratecraft.reporting.pages.learn import learn_files


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Learn, written as `ratecraft ui --write` does."""
    root = tmp_path_factory.mktemp("learn")
    for place, content in learn_files():
        if place.startswith("assets/") or place.endswith("playground.html"):
            file = root / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    return root


@pytest.fixture(scope="package")
def window(tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser]:
    with opened(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="package")
def engine(window: Browser, folder: Path) -> Browser:
    """A page whose scripts are asked for numbers; nothing moves in it."""
    return Playground(window, folder).open().window


@pytest.fixture
def page(window: Browser, folder: Path) -> Iterator[Playground]:
    """The page, which must have nothing to complain of afterwards."""
    yield Playground(window, folder)
    assert window.complaints() == []
