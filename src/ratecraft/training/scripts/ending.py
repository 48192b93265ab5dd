"""Ends a script from within: at one of its training calls, by an exception that scripts hardly ever catch.

Path:   the host, when a run is over -> through the script's `finally` blocks -> the worker.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

_SWALLOWED_LIMIT = 3  # ends that a script may catch before the process is ended hard


class EndRun(BaseException):
    """Ends the script. No `Exception`: it must pass `except Exception`."""


@dataclass
class Ends:
    """The ends of a run, of which a script may catch some.

    Attributes:
        swallowed: Called once, when the first end did not come through.
    """

    swallowed: Callable[[], None]
    _count: int = 0

    def end(self) -> NoReturn:
        """End the script; hard, once it has caught the end too often.

        Raises:
            EndRun: Always, where the process does not end here.
        """
        self._count += 1
        if self._count == 2:
            self.swallowed()
        if self._count > _SWALLOWED_LIMIT:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
        raise EndRun
