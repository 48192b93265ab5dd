"""A process that has loaded torch once and forks workers from itself: a run then starts in 0.1 s instead of 2 s.

What runs in the forked process is the worker as it is. `python nursery.py DESCRIPTOR` serves a socket; each request is
a JSON object with two descriptors: the worker's output, and a socket that its number and its end are told on.
"""

import array
import atexit
import gc
import json
import os
import runpy
import signal
import socket
import sys
import threading
import traceback
from typing import Any


def main(descriptor: int) -> None:
    import torch._dynamo  # noqa: F401 - every optimizer loads it

    from ratecraft.training import worker  # noqa: F401

    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    requests = socket.socket(fileno=descriptor)
    while True:
        request, descriptors = _receive(requests)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            _guard(json.loads(request), *descriptors)
        for each in descriptors:
            os.close(each)


def _receive(requests: socket.socket) -> tuple[bytes, list[int]]:
    descriptors = array.array("i")
    data, ancillary, _, _ = requests.recvmsg(1 << 20, socket.CMSG_LEN(8 * descriptors.itemsize))
    for _, _, packed in ancillary:
        descriptors.frombytes(packed)
    return data, list(descriptors)


def _guard(request: dict[str, Any], output: int, status: int, *inherited: int) -> None:
    """Fork the worker, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(status)
        _work(request, output, *inherited)
    for each in (output, *inherited):
        os.close(each)
    os.write(status, f"{pid}\n".encode())
    _, code = os.waitpid(pid, 0)
    os.write(status, f"{os.waitstatus_to_exitcode(code)}\n".encode())
    os._exit(0)


def _work(request: dict[str, Any], output: int, *inherited: int) -> None:
    """Become a process as if freshly started, and run what is asked for."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(old, new)
        os.close(old) if old != output else None
    os.close(output)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["directory"])
    atexit._clear()
    code = 0
    try:
        if inherited:
            from ratecraft.training import worker

            worker.main(inherited[0], os.getppid())
        else:
            _run_bare(request)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run_bare(request: dict[str, Any]) -> None:
    """A script without ratecraft, seeded as the host seeds it."""
    import random

    import numpy as np
    import torch

    torch.set_num_threads(1)
    random.seed(request["seed"])
    np.random.seed(request["seed"])
    torch.manual_seed(request["seed"])
    sys.argv = [request["script"], *request["arguments"]]
    runpy.run_path(request["script"], run_name="__main__")


if __name__ == "__main__":
    main(int(sys.argv[1]))
