"""The fork server of the tests: that of the product, whose forks may also run a script without ratecraft.

`python nursery.py [MODULE …] DESCRIPTOR LIFELINE` loads the modules too: parts of frameworks that take long,
and not those that an adapter waits for.
"""

import atexit
import gc
import importlib
import os
import random
import runpy
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import torch._dynamo  # noqa: F401 - as the product's server loads it

from ratecraft.training.hosting import entry, worker  # noqa: F401 - the worker is loaded once for all
from ratecraft.training.hosting.fork_server import serve


def main(*arguments: str) -> None:
    *modules, descriptor, lifeline = arguments
    for name in modules:
        importlib.import_module(name)
    fork = serve(socket.socket(fileno=int(descriptor)))
    if fork is None:
        return
    if fork.descriptors:
        _to_its_end(partial(entry.main, fork.descriptors[0], int(lifeline)))
    _to_its_end(partial(_run_bare, fork.request))


def _to_its_end(act: Callable[[], None]) -> NoReturn:
    """Do it, and end as Python does, but for taking down the interpreter: for that a fork copies all that it shares."""
    code = 0
    try:
        act()
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    gc.collect()  # closes what a script left open
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run_bare(request: dict[str, Any]) -> None:
    """A script without ratecraft, seeded as the host seeds it."""
    import numpy as np
    import torch

    torch.set_num_threads(1)
    random.seed(request["seed"])
    np.random.seed(request["seed"])
    torch.manual_seed(request["seed"])
    sys.argv = [request["script"], *request["arguments"]]
    sys.path.insert(0, os.path.dirname(request["script"]))  # noqa: PTH120 - as Python itself does
    runpy.run_path(request["script"], run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
