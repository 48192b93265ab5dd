"""Programs as they are typed at home: `ratecraft tune --budget 3 python -m pkg.train --epochs 20`.

Path:   argv -> the same with `--` before the words that are the program's -> click.
"""

from collections.abc import Sequence
from typing import Any, cast

import click

from ratecraft.cli.words import TranslatedCommand


class ProgramCommand(TranslatedCommand):
    """A command whose first argument may begin a program that is taken as typed: what follows is the program's own."""

    def separated(self, words: Sequence[str]) -> list[str]:
        """The words behind the command, with `--` before the first word that begins a program.

        Before anything else is read off them: `--json` and `--language` behind it are the program's as well.
        """
        context = click.Context(self)
        context.allow_interspersed_args = False  # so that click stops at the first word that is not an option
        try:
            given: dict[str, Any] = self.make_parser(context).parse_args(list(words))[0]
        except click.UsageError:
            return list(words)  # it is told where they are read for good
        taken = [given.get(parameter.name or "") for parameter in self.params if isinstance(parameter, click.Argument)]
        program = [word for typed in taken for word in ((typed,) if isinstance(typed, str) else _words(typed))]
        at = len(words) - len(program)
        if len(program) < 2 or words[at - 1 : at] == ["--"] or not self.begins_program(program[0]):
            return list(words)
        return [*words[:at], "--", *words[at:]]

    def begins_program(self, word: str) -> bool:
        """Whether this first word begins a program that is taken as typed."""
        from ratecraft.api.programs.typed import is_typed_program

        return is_typed_program(word)


def _words(value: object) -> tuple[str, ...]:
    """The words of an argument that takes all that is left; none where click says in its own way that it got none."""
    return cast("tuple[str, ...]", value) if isinstance(value, tuple) else ()
