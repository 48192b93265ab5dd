"""Enters a job's view of the file system: in a worker before its script runs, in a branch right after its fork.

Path:   `wire.Start` -> `enter` or `enter_branch` -> the script, which finds every path as at home.

A branch stacks no overlay on that of the run it left: its layers are the folders as they are at home and its own copy
of what that run had changed. The process has one thread at both moments.
"""

import contextlib
import os
from pathlib import Path

from ratecraft.training.sandbox.namespaces import (
    bind,
    clear_read_only,
    empty,
    enter_namespace,
    join_namespace,
    overlay,
    set_read_only,
)
from ratecraft.training.sandbox.view import Overlaid

_STAY_AS_THEY_ARE = ("/proc", "/dev")
"""Devices and shared memory, and the maps of users that a branch's own namespace is set up by."""


def enter(view: Overlaid, directory: str) -> None:
    """Leave the file system of the machine for a view of it.

    Args:
        view: What is to be seen.
        directory: The working folder.

    Raises:
        OSError: The kernel does not allow it.
    """
    enter_namespace()
    bind(view.store, view.store)  # first: what is mounted in it would be hidden below
    for layer in view.layers:
        bind(layer.root, layer.pristine)
    for folder, place in view.writable:
        bind(folder, place)
    set_read_only("/", recursive=True)
    for place in (view.store, *(place for _, place in view.writable)):
        clear_read_only(place)
    for place in _STAY_AS_THEY_ARE:
        with contextlib.suppress(OSError):  # in a container it may be read-only for good
            clear_read_only(place, recursive=place == "/dev")
    _cover(view)
    os.chdir(directory)


def enter_branch(view: Overlaid) -> None:
    """Leave the view of the run that this process was forked from for one of its own; the working folder stays.

    Raises:
        OSError: The kernel does not allow it.
    """
    here = Path.cwd()
    enter_namespace()
    _cover(view)
    os.chdir(here)


def enter_beside(process: int, directory: str) -> None:
    """Share the view of another process of the same run, which has entered it.

    Args:
        process: Process id.
        directory: The working folder.

    Raises:
        OSError: The kernel does not allow it, or that process is gone.
    """
    join_namespace(process)
    os.chdir(directory)


def _cover(view: Overlaid) -> None:
    for layer in view.layers:
        overlay(layer.root, [*filter(None, (layer.prepared, layer.pristine))], layer.upper, layer.work)
    for folder in view.masked:
        if Path(folder).is_dir():
            empty(folder)
    for folder, place in view.writable:
        if any(Path(folder).is_relative_to(layer.root) for layer in view.layers):
            Path(folder).mkdir(parents=True, exist_ok=True)
            bind(place, folder)
