"""Scripts that these tests start do so fast, as those of `tests/end_to_end` do."""

import pytest


@pytest.fixture(scope="module", autouse=True)  # a package's outlives its tests
def _quick_start(quick_start: None) -> None:
    pass
