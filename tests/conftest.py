"""For all tests: property tests take what time a busy machine gives them, and draw the same examples every time."""

from hypothesis import settings

settings.register_profile("ratecraft", deadline=None, derandomize=True)
settings.load_profile("ratecraft")
