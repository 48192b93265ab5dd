"""What stands in a Markdown file: headings, blocks of code, commands, links."""

import re
import shlex
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import click

from ratecraft.cli import main as command_line
from ratecraft.cli.as_typed import ProgramCommand

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)]+)\)")


@dataclass(frozen=True)
class Document:
    """A file and its text."""

    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def blocks(self, language: str = "") -> list[str]:
        """The code of each block of a language; of all where none is given."""
        found = (match for match in _BLOCK.finditer(self.text) if language in ("", match[2]))
        return [re.sub(rf"^{match[1]}", "", match[3], flags=re.MULTILINE) for match in found]

    def commands(self) -> list[list[str]]:
        """What follows each `$` of the console blocks, as the shell splits it."""
        lines = (line for block in self.blocks("console") for line in block.splitlines() if line.startswith("$ "))
        return [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]

    def headings(self) -> list[int]:
        """The depth of each heading."""
        return [len(match[1]) for match in re.finditer(r"^(#+) ", _BLOCK.sub("", self.text), re.MULTILINE)]

    def links(self) -> list[str]:
        """Where the links and figures lead, without the language of a figure."""
        return [re.sub(r"\.[a-z]+\.svg$", ".svg", target) for target in _LINK.findall(_BLOCK.sub("", self.text))]


def understood(command: list[str]) -> click.Context:
    """A command of ratecraft as its own parser takes it, without being run.

    Raises:
        ClickException: There is no such option, or an argument is no value for it.
    """
    parser = import_module(f"ratecraft.cli.{command[1]}").command("en")
    assert command[1] in command_line._COMMANDS
    words = command[2:]
    return parser.make_context(command[1], parser.separated(words) if isinstance(parser, ProgramCommand) else words)
