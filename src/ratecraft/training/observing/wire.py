"""Pieces of a watched run as bytes, from the script's process to the one that watches.

Path:   `worker` -> pipe -> `run`. Nothing is pickled.
"""

import json

from ratecraft.records.watching.observed import ObservedRun, observed_series


def written_piece(piece: ObservedRun) -> bytes:
    """A piece as JSON; NaN and infinities as Python's reader takes them.

    Example:
        >>> piece = ObservedRun({"loss": observed_series("loss", [3], [float("nan")])}, "step", {"clip": 1.0}, "live")
        >>> written_piece(piece)
        b'{"series": {"loss": [[3], [NaN]]}, "facts": {"clip": 1.0}}'
    """
    series = {name: [series.steps.tolist(), series.values.tolist()] for name, series in piece.series.items()}
    return json.dumps({"series": series, "facts": dict(piece.facts)}).encode()


def read_piece(written: bytes) -> ObservedRun:
    """The piece again."""
    plain = json.loads(written)
    series = {name: observed_series(name, *columns) for name, columns in plain["series"].items()}
    return ObservedRun(series, "step", plain["facts"], "live")
