"""What a study is of: its identity, and whether a command of today may continue it.

Path:   a command -> the header of a new record, or the check against the header of the one that is there.
Source: docs/reference/studies.md, "Identity".
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ratecraft.errors import StudyError
from ratecraft.records.storage.codec import to_plain


@dataclass(frozen=True, slots=True)
class StudyHeader:
    """What a study is of; written once, when it is made.

    Attributes:
        name: Name of the study, its folder's name.
        verb: `tune`, `find`, `search`…
        script: Path of the script, from the working directory where it lies inside; of a task the name of the function
            that makes it, empty if a program made it itself.
        arguments: The script's own arguments.
        script_hash: Hash of the script's bytes.
        torch_version: Version of torch that runs it; empty without torch.
        settings: Every setting that decides the study's course, by name. Workers, time limit and language decide
            nothing and have no place here.
        ratecraft_version: Version that made the study.
        created: When it was made, ISO 8601 with the offset of UTC.
        directory: Working directory of the command that made it.
        task: What a task is made of, part by part; empty for a script.
        typed: Words that stand for the script on a command line (`program.Entry`); none if that is its path alone.
    """

    name: str
    verb: str
    script: str
    arguments: tuple[str, ...]
    script_hash: str
    torch_version: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    ratecraft_version: str = ""
    created: str = ""
    directory: str = ""
    task: Mapping[str, str] = field(default_factory=dict[str, str])
    typed: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The words to type for the script, without its own arguments."""
        return self.typed or (self.script,)


def check_identity(recorded: StudyHeader, now: StudyHeader) -> None:
    """Refuse to continue a study of another script or other settings.

    Raises:
        StudyError: The script's bytes differ (`changed-script`); a part of the task differs (`changed-task`); verb,
            script path, arguments, torch version or a setting differs (`changed-settings`). The last two name each
            difference with its old and its new value.
    """
    differing = _differing(_deciding(recorded), _deciding(now))
    if recorded.script_hash != now.script_hash and recorded.script == now.script:
        raise StudyError("changed-script", script=now.script, study=recorded.name)
    of_task = _differing(recorded.task, now.task)
    if of_task:
        raise StudyError("changed-task", study=recorded.name, changes=_listed(of_task))
    if differing:
        raise StudyError("changed-settings", study=recorded.name, changes=_listed(differing))


def _listed(differing: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(f"{name}: {old} → {new}" for name, (old, new) in differing.items())


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, tuple[str, str]]:
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return {name: (_shown(old, name), _shown(new, name)) for name in names}


def _deciding(header: StudyHeader) -> Mapping[str, Any]:
    """What decides, in its plain form: a setting is the same setting after its way through the record."""
    fixed = {
        "verb": header.verb,
        "script": shlex.join(header.words),
        "arguments": shlex.join(header.arguments),
        "torch": header.torch_version,
    }
    return {**to_plain(header.settings), **fixed}


def _shown(values: Mapping[str, Any], name: str) -> str:
    return str(values[name]) if name in values and values[name] not in ("", None) else "–"
