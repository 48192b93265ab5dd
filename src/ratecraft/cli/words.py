"""The command line in the user's language: the words of help pages, and click's own headings.

Path:   argv, environment -> language -> help texts of the catalogue.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import click

from ratecraft.errors import InvalidInput
from ratecraft.translations.catalogue import LANGUAGES, sentence

SEPARATED = "ratecraft.separated"
"""Entry of a context's `meta`: whether `--` was typed before what is a script's own."""


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language of this call: `--language`, `RATECRAFT_LANGUAGE`, the locale, English.

    Help pages are built before options are parsed, so the option is looked for here.

    Args:
        arguments: Those before `--`.
        environment: The process's environment.

    Raises:
        InvalidInput: A language that ratecraft does not speak.

    Example:
        >>> language_of(["tune", "--language", "ja"], {}), language_of([], {"LANG": "ja_JP.UTF-8"}), language_of([], {})
        ('ja', 'ja', 'en')
    """
    from ratecraft.reporting.text.language import choose_language

    flag = None
    for word, after in pairwise((*arguments, "")):
        if word == "--language":
            flag = after
        elif word.startswith("--language="):
            flag = word.partition("=")[2]
    return choose_language(flag, environment)


def language_without_flag(environment: Mapping[str, str]) -> str:
    """The language to say in that another one was wrong.

    Example:
        >>> language_without_flag({"RATECRAFT_LANGUAGE": "fr", "LANG": "ja_JP.UTF-8"})
        'ja'
    """
    from ratecraft.reporting.text.language import choose_language

    try:
        return choose_language(None, environment)
    except InvalidInput:
        return choose_language(None, {**environment, "RATECRAFT_LANGUAGE": ""})


def words(language: str) -> Callable[..., str]:
    """What says a key of the catalogue in a language: `say("cli.help")`."""

    def say(key: str, /, **values: object) -> str:
        return sentence(key, language, values)

    return say


def language_option(language: str) -> click.Option:
    """`--language`, read by `language_of` before any command is built."""
    names = "|".join(LANGUAGES)
    return click.Option(["--language"], metavar=names, expose_value=False, help=sentence("cli.language", language))


class TranslatedCommand(click.Command):
    """A command whose help page is in the user's language: `cli.NAME.help`, `.short` and `.examples`.

    Args:
        name: Its name.
        language: Code of a language, e.g. `ja`.
        named: As for `click.Command`.
    """

    allow_extra_args = True  # they are refused here, in our own words

    def __init__(self, name: str, *, language: str, **named: Any) -> None:
        parts = {"help": f"cli.{name}.help", "short_help": f"cli.{name}.short", "epilog": f"cli.{name}.examples"}
        said = {part: sentence(key, language) for part, key in parts.items() if part not in named}
        super().__init__(name, **said, **named)
        self.language = language

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments into the context.

        Raises:
            InvalidInput: There are more than the command takes (`extra-argument`).
        """
        ctx.meta[SEPARATED] = "--" in args
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click does not always say whose options they are
            raise
        if rest and not ctx.resilient_parsing and not isinstance(self, click.Group):
            raise InvalidInput("extra-argument", given=" ".join(rest), command=ctx.command_path)
        return rest

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the line that shows how the command is typed."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, f"{sentence('cli.heading.usage', self.language)}: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, and for a group its commands."""
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        default = sentence("cli.default", self.language)
        group = "usual"
        rows: dict[str, list[tuple[str, str]]] = {group: []}  # what everybody needs comes first
        for option in options:
            group = getattr(option, "group", group)  # one without a group stands with the one before it
            if (record := option.get_help_record(ctx)) is not None:
                said = record[1].replace("[default: ", f"[{default}: ")
                rows.setdefault(group, []).append((record[0], said))
        for group, listed in rows.items():
            if listed:
                with formatter.section(sentence(f"cli.heading.{group}", self.language)):
                    formatter.write_dl(listed)
        if isinstance(self, click.Group):
            names = self.list_commands(ctx)  # their lines, without loading the commands
            with formatter.section(sentence("cli.heading.commands", self.language)):
                formatter.write_dl([(name, sentence(f"cli.{name}.short", self.language)) for name in names])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, line by line."""
        if self.epilog:
            with formatter.section(sentence("cli.heading.examples", self.language)):
                for line in self.epilog.splitlines():
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The help option, in the user's language."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = sentence("cli.help-option", self.language)
        return option
