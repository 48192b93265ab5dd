"""`ratecraft find SCRIPT -- ARGUMENTS`: only a rate, in a minute."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ratecraft.cli.study_command import study_command
from ratecraft.controllers.find.settings import FindSettings

if TYPE_CHECKING:
    from ratecraft.api.studies.study import Study


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    return study_command(language, "find", FindSettings, _described)


def _described(script: str, arguments: Sequence[str], **given: Any) -> "Study":
    from ratecraft.api.find import describe_find

    return describe_find(script, arguments, **given)
