"""The one study that many tests look at, and a copy of it for those that change something."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.end_to_end.command import Tuned, Workplace, tree

collect_ignore = ["quick_start", "scripts"]  # run by the tests' commands, never imported


@pytest.fixture(scope="session")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Generator[Tuned]:
    """A finished study; what writes into its folder uses `again`, since other tests compare the files there."""
    place = Workplace(tmp_path_factory.mktemp("tuned"))
    place.put("digits.py")
    (place.folder / "log.csv").write_text("an earlier run\n")
    before = tree(place.folder)
    typed = place.type("tune", "digits.py", "--json")
    after = tree(place.folder)
    yield Tuned(place, before, typed)
    assert tree(place.folder) == after, "a test changed the shared study: give it the fixture `again`"


@pytest.fixture
def again(tuned: Tuned, tmp_path: Path) -> Workplace:
    """The folder of the finished study at another place, to do with what one likes."""
    shutil.copytree(tuned.place.folder, tmp_path / "again")
    return Workplace(tmp_path / "again")
