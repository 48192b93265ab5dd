"""A command line that does not fit, as errors of ours: click finds it, the catalogue words it.

Path:   click's exceptions -> `InvalidInput` with a code -> text or JSON, in either language.
"""

import click

from ratecraft.errors import InvalidInput


def in_our_words(error: click.ClickException) -> InvalidInput:
    """The error of ours that says the same."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else "ratecraft"
    match error:
        case click.NoSuchOption(option_name=option, possibilities=possibilities):
            return InvalidInput("no-such-option", option=option, command=command, near=(possibilities or ("",))[0])
        case click.BadOptionUsage(option_name=option) if context and _is_flag(option, context):
            return InvalidInput("option-without-value", option=option, command=command)
        case click.BadOptionUsage(option_name=option):
            return InvalidInput("option-needs-value", option=option, command=command)
        case click.MissingParameter(param=click.Parameter(human_readable_name=name)):
            return InvalidInput("missing-argument", name=name, command=command)
        case _:
            return InvalidInput("usage", text=error.format_message(), command=command)


def _is_flag(option: str, context: click.Context) -> bool:
    options = (parameter for parameter in context.command.params if isinstance(parameter, click.Option))
    return any(known.is_flag and option in (*known.opts, *known.secondary_opts) for known in options)
