"""Ends a process with its supervisor: the kernel kills its whole group as soon as the supervisor is gone.

Path:   the supervisor holds the write end of one pipe as long as it lives -> workers, branches, the fork server.
Source: Linux, fcntl(2): a descriptor with `O_ASYNC` sends the signal of `F_SETSIG` to the group of `F_SETOWN` when
        something happens to it. Nothing is ever written to this pipe, so that the one thing that can happen is its end.

Neither a thread, which no branch could have, nor a look at every step, which a long evaluation does not come to; and no
`PR_SET_PDEATHSIG`, which hangs on the thread that started the process and is lost in a branch.
"""

import os
import select
import signal
import sys
from functools import cache

NO_LIFELINE = -1
"""For a process that may outlive its parent."""


@cache
def lifeline() -> int:
    """In the supervisor: the read end to pass on. No other process has the write end, which is never closed."""
    read, _ = os.pipe()
    return read


def hold_on(descriptor: int) -> int:
    """In a process that leads its group: from now on, the group ends with the supervisor.

    Once for each group; a forked process that begins a group of its own calls it again. On other systems it does
    nothing: there the control pipe tells, at the next step.

    Args:
        descriptor: The read end that was handed on.

    Returns:
        The descriptor to be kept open, except in a fork with a group of its own.
    """
    if sys.platform != "linux" or descriptor == NO_LIFELINE:
        return NO_LIFELINE
    import fcntl

    os.set_inheritable(descriptor, False)
    # Who is told belongs to the open file, which a fork shares: each group opens the pipe for itself.
    own = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
    fcntl.fcntl(own, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(own, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(own, fcntl.F_SETFL, os.O_RDONLY | os.O_ASYNC)
    watch = select.poll()
    watch.register(own, 0)  # only for its end
    if watch.poll(0):
        os.killpg(0, signal.SIGKILL)
    return own
