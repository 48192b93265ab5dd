"""Libraries that write files from native code, unseen by Python's audit events: torch and safetensors.

Path:   `torch.save(model, "best.pt")` -> `announce("best.pt")` -> the save goes on.

A library is wrapped when it is loaded, never loaded for it.
"""

import functools
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

_WRAPPED = "_ratecraft_announces"


def wrap_native_writers(announce: Callable[[str], None]) -> None:
    """Let `torch.save` and `safetensors.serialize_file` announce the path that they are about to write.

    Calling it again wraps only what was loaded since.

    Args:
        announce: Takes the path as the script gave it.
    """
    if torch := sys.modules.get("torch"):
        _wrap(torch, "save", "f", announce)
    if safetensors := sys.modules.get("safetensors"):
        _wrap(safetensors, "serialize_file", "filename", announce)


def _wrap(library: ModuleType, name: str, keyword: str, announce: Callable[[str], None]) -> None:
    original = getattr(library, name, None)  # None while the library is still being loaded
    if original is None or hasattr(original, _WRAPPED):
        return

    @functools.wraps(original)
    def announced(*arguments: Any, **named: Any) -> Any:
        path = arguments[1] if len(arguments) > 1 else named.get(keyword)
        if isinstance(path, (str, os.PathLike)):
            announce(os.fsdecode(path))  # pyright: ignore[reportUnknownArgumentType]
        return original(*arguments, **named)

    setattr(announced, _WRAPPED, True)
    # Modules of the library that took the function by name hold it too.
    for path, module in tuple(sys.modules.items()):
        if path.partition(".")[0] == library.__name__ and getattr(module, "__dict__", {}).get(name) is original:
            setattr(module, name, announced)
