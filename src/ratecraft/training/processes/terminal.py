"""Gives a script a terminal as standard input if the user had one: scripts ask for its size.

Path:   the user's own terminal -> its size -> in a job's process, a terminal of its own without input.

Output stays a pipe, so that no bars and colours appear in jobs alone. The job leads a session without a controlling
terminal: `/dev/tty` stays absent, and no key and no hang-up reaches it.
"""

import functools
import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terminal:
    """The user's terminal.

    Attributes:
        columns: Width of the terminal.
        lines: Height of the terminal.
        streams: Which of the descriptors 0, 1 and 2 lead to it.
    """

    columns: int
    lines: int
    streams: tuple[int, ...]


def users_terminal() -> Terminal | None:
    """The terminal that this process was started on; None if there is none."""
    streams = tuple(number for number in range(3) if os.isatty(number))
    if not streams:
        return None
    size = os.get_terminal_size(streams[0])
    return Terminal(size.columns, size.lines, streams)


def take_terminal(terminal: Terminal) -> None:
    """In a job's process: give the script a terminal that answers like the user's own.

    Where the system gives no terminal, standard input stays what it is.
    """
    if 0 in terminal.streams:
        try:
            _replace_input(terminal)
        except OSError:
            return
    _answer_for_output(terminal)


def _replace_input(terminal: Terminal) -> None:
    import fcntl
    import termios

    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (terminal.lines, terminal.columns))
    attributes = termios.tcgetattr(slave)
    # A read that finds nothing gives nothing at once, which is the end of the file, as often as one reads; and unlike
    # one that a closed end has, this terminal still tells its size, and `select` says that no key was pressed.
    attributes[3] &= ~termios.ICANON
    attributes[6][termios.VMIN] = attributes[6][termios.VTIME] = 0
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    # To read only: what was written would wait for a reader, and who writes with it.
    reading = os.open(os.ttyname(slave), os.O_RDONLY | os.O_NOCTTY)
    os.dup2(reading, 0)
    for descriptor in (reading, slave):
        os.close(descriptor)
    fcntl.fcntl(master, fcntl.F_DUPFD_CLOEXEC, _HIGH)  # as long as this process lives, and its forks
    os.close(master)


_HIGH = 64  # above the numbers that a script counts on for its own files


def _answer_for_output(terminal: Terminal) -> None:
    """`os.get_terminal_size`, which `shutil`'s asks, knows the size of outputs that are pipes here alone."""
    ask = os.get_terminal_size

    @functools.wraps(ask)
    def get_terminal_size(descriptor: int = 1, /) -> os.terminal_size:
        try:
            return ask(descriptor)
        except OSError:
            if descriptor not in terminal.streams:
                raise
            return os.terminal_size((terminal.columns, terminal.lines))

    os.get_terminal_size = get_terminal_size
