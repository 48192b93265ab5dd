"""The other libraries warn and log about themselves; what is compared here are their curves.

Keras takes its backend from here when it is first imported.
"""

import os

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "dialects" in item.path.parts:
            item.add_marker(pytest.mark.filterwarnings("ignore"))
