"""`ratecraft tune SCRIPT -- ARGUMENTS`: the whole loop for an unmodified script, or for a task by its name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ratecraft.cli.study_command import study_command
from ratecraft.controllers.settings.tune import TunerSettings

if TYPE_CHECKING:
    from ratecraft.api.studies.study import Study


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    return study_command(language, "tune", TunerSettings, _described)


def _described(script: str, arguments: Sequence[str], **given: Any) -> "Study":
    from ratecraft.api.studies.study_description import describe_study

    return describe_study(script, arguments, **given)
