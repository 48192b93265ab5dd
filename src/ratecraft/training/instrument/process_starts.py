"""Intercepts processes that a script starts one by one to train together, each with its number.

Path:   `Process(target=work, args=(rank, world)).start()`, once for each process of the run -> whoever runs the
        shares.

Other processes of the script start as at home: a share runs a function of the script's own, and gets the number that it
has in the order of the starts.
"""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_start_method
from multiprocessing.process import BaseProcess
from typing import Any, cast

from ratecraft.training.scripts.libraries import is_library


@dataclass(frozen=True, slots=True)
class Share:
    """The work of one process.

    Attributes:
        function: The script's function.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        forks: Whether the process would have been forked, with everything that its parent has.
    """

    function: Callable[..., object]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    forks: bool


def take_starts(ranks: int, begin: Callable[[Sequence[Share]], object], missing: Callable[[int], object]) -> None:
    """Keep the first shares of a run from starting. The patch stays for good.

    Args:
        ranks: How many processes the run has.
        begin: Called in the start of the last one, with the shares of all.
        missing: Called with the number of shares if the script waits while there are too few.
    """
    base: Any = BaseProcess
    start = base.start
    shares = list[Share]()

    @functools.wraps(start)
    def started(process: Any) -> None:
        share = _share(process, len(shares)) if len(shares) < ranks else None
        if share is None:
            start(process)
            return
        shares.append(share)
        vars(process)["_popen"] = _Over(lambda: missing(len(shares)) if len(shares) < ranks else None)
        if len(shares) == ranks:
            begin(shares)

    base.start = started


def _share(process: Any, number: int) -> Share | None:
    """What this process would do; None if it is another than the share of this number."""
    function, args, kwargs = [cast("Any", vars(process)[name]) for name in ("_target", "_args", "_kwargs")]
    code = getattr(function, "__code__", None)
    numbers = [each for each in (*args, *kwargs.values()) if type(each) is int]
    if code is None or is_library(code.co_filename) or number not in numbers:
        return None
    method = getattr(process, "_start_method", None) or get_start_method()
    return Share(function, tuple(args), dict(kwargs), forks=method == "fork")


class _Over:
    """In the place of a process that was started: it ended well, once somebody asks."""

    returncode, sentinel = 0, -1

    def __init__(self, asked: Callable[[], object]) -> None:
        self.pid, self._asked = os.getpid(), asked

    def poll(self) -> int:
        """Its exit code."""
        self._asked()
        return 0

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code."""
        return self.poll()

    def close(self) -> None:
        """Nothing is open."""

    terminate = kill = close
