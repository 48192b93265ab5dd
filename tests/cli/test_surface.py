"""What others build on: commands, options and the keys of `--json`, as `surface.json` lists them.

A name that goes, or that is spelt anew, fails here. What is new is listed by running this file:
`python -m tests.cli.test_surface`.
"""

import io
import json
import os
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from tests.reporting.pages import made

from ratecraft.cli.main import _COMMANDS, _program, main

LISTED = Path(__file__).with_name("surface.json")
DEEPEST = 3
DATA = {"evidence", "facts", "hyperparameters", "series", "settings", "values"}
"""Keys whose own keys are what a run has, and not ours."""
TYPED = {
    "diagnose": ["diagnose", "train.log"],
    "error": ["tune", "none.py"],
    "plan": ["plan", "--optimizer", "adamw", "--steps", "1000"],
    "preview": ["preview", "0.1 * warmup(10) >> cosine()", "--steps", "100"],
    "report": ["report", "tune-train-3f9a12", "-o", "report.html"],
    "show": ["show", "tune-train-3f9a12"],
    "studies": ["studies"],
    "ui": ["ui", "--write", "site"],
}
"""Commands that train nothing. What `tune`, `find`, `search`, `demo` and `resume` print is what `show` does."""


def options() -> dict[str, list[str]]:
    """Every command with what can be typed after it."""
    commands = {name: import_module(module).command("en") for name, module in _COMMANDS.items()}
    return {name: sorted(spelt(command)) for name, command in {"ratecraft": _program("en"), **commands}.items()}


def spelt(command: click.Command) -> Iterator[str]:
    for each in command.params:
        yield from (*each.opts, *each.secondary_opts) if isinstance(each, click.Option) else (each.human_readable_name,)


def keys(value: Any, head: str = "", depth: int = DEEPEST) -> set[str]:
    """Where a JSON value has keys; `[]` is every entry of a list."""
    if isinstance(value, list):
        return set[str]().union(*(keys(each, f"{head}[]", depth) for each in value))
    found = {head} if head else set[str]()
    if isinstance(value, dict) and depth and head.split(".")[-1] not in DATA:
        for name, each in value.items():
            found |= keys(each, f"{head}.{name}" if head else name, depth - 1)
    return found


def printed(folder: Path) -> dict[str, list[str]]:
    """The keys of what each command prints."""
    made.finished(folder)
    losses = [*(f"step {step} loss {2 - step / 20} lr 0.1" for step in range(20)), *["step 20 loss nan lr 0.1"] * 20]
    (folder / "train.log").write_text("\n".join(losses))
    return {name: sorted(keys(json.loads(said(typed)))) for name, typed in TYPED.items()}


def said(typed: list[str]) -> str:
    stream = io.StringIO()
    with redirect_stdout(stream):
        main([*typed, "--json", "--language", "en"])
    return stream.getvalue()


def surface(folder: Path) -> dict[str, Any]:
    return {"options": options(), "json": printed(folder)}


def test_commands_options_and_keys_are_those_that_are_listed(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert surface(tmp_path) == json.loads(LISTED.read_text(encoding="utf-8"))


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        os.chdir(place)
        LISTED.write_text(json.dumps(surface(Path(place)), indent=1) + "\n", encoding="utf-8")
