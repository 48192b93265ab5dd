"""One site for a file of tests: a finished study, one with hostile names, and one at work."""

from collections.abc import Generator
from pathlib import Path

import pytest
from tests.reporting.pages import made

from ratecraft.api.ui import Site

HOSTILE = '</script><script>document.title="owned"</script><img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Generator[made.Working]:
    """A study at work, in the folder of all."""
    study = made.Working(tmp_path_factory.mktemp("project"))
    study.tell(40)
    yield study
    study.record.close()


@pytest.fixture(scope="module")
def folder(working: made.Working) -> Path:
    """The working folder."""
    directory = working.folder.path.parents[1]
    made.finished(directory)
    made.finished(directory, "tune-hostile-1", script=HOSTILE)
    return directory


@pytest.fixture(scope="module")
def site(folder: Path) -> Generator[Site]:
    with made.serving(folder) as served:
        yield served
