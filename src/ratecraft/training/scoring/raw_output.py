"""Figures written past Python's streams, by a program that the script started or by a library.

Path:   the log that this process writes to, read back -> named figures, late: where no other way told any.
Units:  a place is a number of bytes from the log's beginning.
"""

import os
import stat
from pathlib import Path

from ratecraft.records.printed.lines import LineCutter
from ratecraft.training.scoring.figures import Figures

_OUTPUT = 1


def output_place() -> int:
    """The current position in the output; 0 if it does not go to a file."""
    return os.fstat(_OUTPUT).st_size


def raw_figures(name: str, place: int, wanted: str = "") -> list[tuple[str, float]]:
    """Name and value of the figures in the output from a position on; none if it cannot be read.

    Args:
        name: Name of the figure; empty for all.
        place: Result of `output_place`.
        wanted: Name of a figure that the user asked for.
    """
    if not stat.S_ISREG(os.fstat(_OUTPUT).st_mode):
        return []
    try:
        with Path(f"/proc/self/fd/{_OUTPUT}").open("rb") as log:
            log.seek(place)
            written = log.read()
    except OSError:
        return []
    cutter, figures = LineCutter(), Figures(wanted)
    lines = (*cutter.feed(written), *cutter.finish())
    found = [figure for line in lines for figure in figures.read(line)]
    return [(label, value) for label, value, source in found if name in ("", label) and source != "bar"]
