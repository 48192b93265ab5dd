"""The one study that many tests look at."""

import pytest
from tests.end_to_end.command import Tuned, Workplace, tree

collect_ignore = ["quick_start", "scripts"]  # run by the tests' commands, never imported


@pytest.fixture(scope="session")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """A finished study; nothing that uses it may change its folder."""
    place = Workplace(tmp_path_factory.mktemp("tuned"))
    place.put("digits.py")
    (place.folder / "log.csv").write_text("an earlier run\n")
    return Tuned(place, tree(place.folder), place.type("tune", "digits.py", "--json"))
