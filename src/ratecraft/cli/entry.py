"""The console script `ratecraft`: what comes before anything else of ratecraft is loaded.

Path:   the installed script -> Ctrl-C held in a quiet way while modules load -> `main.run`.
"""

import os
import signal

_INTERRUPTED_EARLY = 130


def run() -> None:
    """Run the command that was typed. Ctrl-C while it loads ends it without a traceback."""
    held = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # it may be ignored, as under `nohup`
    if held:
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(_INTERRUPTED_EARLY))
    from ratecraft.cli import main

    if held:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    main.run()
