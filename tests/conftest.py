"""For all tests: property tests take what time a busy machine gives them, and draw the same examples every time.

Since they are the same, more of them find nothing new until the code changes: `make soak` draws many more.
"""

import gc
import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

QUICK_START = Path(__file__).parent / "end_to_end" / "quick_start"

os.environ.setdefault("KERAS_BACKEND", "torch")  # else Keras looks for tensorflow, which no test needs

# A shell ignores Ctrl-C in what it runs in the background, and so would every process that a test starts and stops.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("ratecraft", deadline=None, derandomize=True, max_examples=12)
settings.register_profile("soak", deadline=None, derandomize=True, max_examples=500)
settings.load_profile("ratecraft")


def pytest_collection_finish() -> None:
    """What was imported for the tests stays: no collection of garbage and no look at all objects goes over it.

    Else each costs a quarter of a second, with all frameworks loaded.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def quick_start() -> Generator[None]:
    """Scripts that the tests of a module start do so fast: a room's `conftest` asks for it."""
    path = [str(QUICK_START), *filter(None, [os.environ.get("PYTHONPATH")])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(path))
        yield


@pytest.fixture
def whole_torch(quick_start: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For one test of such a module whose scripts do need torch's compiler: DDP asks it what to leave out."""
    monkeypatch.setenv("PYTHONPATH", os.environ["PYTHONPATH"].removeprefix(str(QUICK_START)).lstrip(os.pathsep))


@pytest.fixture(autouse=True)
def own_environment() -> Generator[None]:
    """What a library sets in the environment of one test is not found by the next one's processes."""
    before = dict(os.environ)
    yield
    if dict(os.environ) != before:
        os.environ.clear()
        os.environ.update(before)
