"""Scripts that these tests start do so fast, as those of `tests/end_to_end` do."""

import os
from collections.abc import Iterator

import pytest
from tests.end_to_end.command import HERE


@pytest.fixture(scope="module", autouse=True)  # a package's outlives its tests
def _quick_start() -> Iterator[None]:
    path = [str(HERE / "quick_start"), *filter(None, [os.environ.get("PYTHONPATH")])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(path))
        yield
