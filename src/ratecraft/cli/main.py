"""`ratecraft`: the entry point. Chooses the language, finds the command, turns errors into words and exit codes.

Path:   argv -> one file a command, loaded when asked for -> api -> stdout (results), stderr (progress, errors).
Codes:  0 done (no gain and saturated included); 1 no answer, or a warning about a run; 2 usage or environment; 3 the
        user's code failed, or a run that was diagnosed is lost; 4 interrupted, can be resumed; 130 Ctrl-C before
        there was anything to keep.
"""

import difflib
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from ratecraft.cli.words import TranslatedCommand, language_of, language_option, language_without_flag, words
from ratecraft.errors import InvalidInput, RatecraftError

_COMMANDS: Mapping[str, str] = {
    "tune": "ratecraft.cli.tune",
    "find": "ratecraft.cli.find",
    "search": "ratecraft.cli.search",
    "scale": "ratecraft.cli.scale",
    "resume": "ratecraft.cli.resume",
    "studies": "ratecraft.cli.studies",
    "show": "ratecraft.cli.show",
    "report": "ratecraft.cli.report",
    "watch": "ratecraft.cli.watch",
    "diagnose": "ratecraft.cli.diagnose",
    "plan": "ratecraft.cli.plan",
    "preview": "ratecraft.cli.preview",
    "ui": "ratecraft.cli.ui",
    "demo": "ratecraft.cli.demo",
    "doctor": "ratecraft.cli.doctor",
}
_INTERRUPTED_EARLY = 130


class _Commands(TranslatedCommand, click.Group):
    """The commands, each in a file of its own that is loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name]).command(self.language)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for.

        Raises:
            InvalidInput: There is not one of that name (`no-such-command`).
        """
        if args[0] not in _COMMANDS and not ctx.resilient_parsing:
            near = next(iter(difflib.get_close_matches(args[0], _COMMANDS, n=1)), "")
            raise InvalidInput("no-such-command", given=args[0], allowed=", ".join(_COMMANDS), near=near)
        return super().resolve_command(ctx, args)


def _needs_command() -> None:
    if click.get_current_context().invoked_subcommand is None:
        raise InvalidInput("no-command", allowed=", ".join(_COMMANDS))


def _version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"ratecraft {version('ratecraft')}")
        ctx.exit()


def _program(language: str) -> click.Group:
    say = words(language)
    return _Commands(
        "ratecraft",
        language=language,
        help=say("cli.help"),
        short_help=None,
        epilog=say("cli.examples"),
        no_args_is_help=False,
        invoke_without_command=True,
        subcommand_metavar="COMMAND [ARGUMENTS]...",
        params=[
            language_option(language),
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_version,
                help=say("cli.version"),
            ),
        ],
        callback=_needs_command,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def _separated(given: list[str]) -> list[str]:
    """The arguments with `--` before a program that is taken as typed."""
    from ratecraft.cli.as_typed import ProgramCommand

    at = next((at for at, word in enumerate(given) if word in _COMMANDS), len(given)) + 1
    command = import_module(_COMMANDS[given[at - 1]]).command("en") if at < len(given) else None
    return [*given[:at], *command.separated(given[at:])] if isinstance(command, ProgramCommand) else given


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Without the program's name; by default those of the process.

    Returns:
        The exit code.
    """
    given = _separated(list(sys.argv[1:] if arguments is None else arguments))
    own = given[: given.index("--")] if "--" in given else given
    language = language_without_flag(os.environ)
    try:
        language = language_of(own, os.environ)
        code: Any = _program(language).main(given or ["--help"], prog_name="ratecraft", standalone_mode=False)
    except click.Abort:
        return _INTERRUPTED_EARLY
    except SystemExit:  # so click ends where the reader of our output has gone: quietly
        return 0
    except Exception as error:
        if "--debug" in own:
            raise
        return _tell(_with_command(_in_our_words(error), given, own), language, as_json="--json" in own)
    return code if isinstance(code, int) else 0


def _in_our_words(error: Exception) -> RatecraftError:
    """The error as one of ours: it is one, or click's, or the system's, or a defect."""
    if isinstance(error, RatecraftError):
        return error
    if isinstance(error, click.ClickException):
        from ratecraft.cli.usage import in_our_words

        return in_our_words(error)
    if isinstance(error, FileNotFoundError) and not _has_working_folder():
        return InvalidInput("no-working-folder")
    if isinstance(error, OSError):
        return RatecraftError("system", text=error)
    return RatecraftError("defect", name=type(error).__name__, text=error)


def _with_command(error: RatecraftError, given: Sequence[str], own: Sequence[str]) -> RatecraftError:
    """An error that asks for one more option, with the whole command to type."""
    if error.code not in ("figure-without-direction", "figure-without-name"):
        return error
    option = shlex.split(str(error.values["command"]))
    command = shlex.join(("ratecraft", *own, *option, *given[len(own) :]))
    return type(error)(error.code, **{**error.values, "command": command})


def _has_working_folder() -> bool:
    """False where it was removed since this terminal went there."""
    try:
        os.getcwd()  # noqa: PTH109 - the question itself
    except FileNotFoundError:
        return False
    return True


def _tell(error: RatecraftError, language: str, *, as_json: bool) -> int:
    """Print the error, as JSON on stdout or as text on stderr; returns its exit code."""
    from ratecraft.reporting.failure import failure_json, failure_text
    from ratecraft.reporting.text.page import page_of

    if as_json:
        click.echo(json.dumps(failure_json(error, language), ensure_ascii=False))
    else:
        page = page_of(sys.stderr, os.environ, language)
        click.echo(failure_text(error, page), err=True, color=page.colour)
    return error.exit_code


def run() -> None:
    """The console script. Streams that were closed (`>&-`, some services) take what is written, as /dev/null does."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - as long as this process
    try:
        code = main()
    except KeyboardInterrupt:  # outside of what click runs
        code = _INTERRUPTED_EARLY
    sys.exit(code)


if __name__ == "__main__":
    run()
