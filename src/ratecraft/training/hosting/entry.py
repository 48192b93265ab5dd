"""The process of one hosted script: `python -m ratecraft.training.hosting.entry DESCRIPTOR LIFELINE`.

Path:   supervisor -> pipe -> this process, which takes its place in the file system and becomes a `worker`.

Torch is loaded after that: a namespace can be entered by a process with one thread only, and torch may start more.
"""

import os
import sys
from importlib import import_module
from multiprocessing.connection import Connection

from ratecraft.records.outcome import Ending, Failure, RunFacts
from ratecraft.records.running import Passage
from ratecraft.training.hosting.protection import enter_place
from ratecraft.training.processes.control import Control
from ratecraft.training.processes.wire import Entered, Start, Stepped


def main(descriptor: int, lifeline: int) -> None:
    """Run one script under the host.

    Args:
        descriptor: Descriptor of this process's end of the control pipe.
        lifeline: Descriptor of a pipe that closes when the supervisor dies.
    """
    os.set_inheritable(descriptor, False)
    control = Control(Connection(descriptor), lifeline)
    start = control.next_command()
    if not isinstance(start, Start):
        return
    try:
        enter_place(start)
    except OSError as error:
        if start.ranks > 1:
            control.tell(Entered(well=False))
        failure = Failure("no-place", str(error.strerror), str(error.filename))
        control.next_command()
        control.tell(Stepped(Passage(0, Ending.FAILED, 0, failure=failure), RunFacts()))
        return
    if start.ranks > 1:
        control.tell(Entered())
    import_module("ratecraft.training.hosting.worker").main(start, control)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
