"""The invented study, and what a browser shows of it."""

from functools import cache

import pytest
from tests.reporting.html import invented

from ratecraft.reporting.html.evidence import Evidence

_study = cache(invented.study)


@pytest.fixture
def evidence() -> Evidence:
    return _study()
