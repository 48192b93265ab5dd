"""For all tests: property tests take what time a busy machine gives them, and draw the same examples every time."""

import os

from hypothesis import settings

os.environ.setdefault("KERAS_BACKEND", "torch")  # else Keras looks for tensorflow, which no test needs

settings.register_profile("ratecraft", deadline=None, derandomize=True)
settings.load_profile("ratecraft")
