"""Every exception of ratecraft: a code and the values of its sentence.

The family::

    RatecraftError            exit code 2
    ├── InvalidInput          what the user gave is not allowed (also a ValueError)
    ├── StudyError            the study, its folder or its record stands in the way
    ├── NoAnswer              the study ran and holds no answer: exit code 1
    ├── ScriptFailed          the user's own code failed: exit code 3
    ├── Interrupted           stopped by the user, can be resumed: exit code 4
    └── CannotBranch          a run has no way to branch; never reaches the user: its jobs are replayed

`str()` is the English sentence; the command line renders either language by code. The words live in `translations/`.
"""

from typing import ClassVar

from ratecraft.translations.catalogue import has_sentence, sentence

__all__ = ["CannotBranch", "Interrupted", "InvalidInput", "NoAnswer", "RatecraftError", "ScriptFailed", "StudyError"]


class RatecraftError(Exception):
    """A problem with a code (a slug such as `no-such-script`) and the values of its sentence.

    Args:
        code: Slug of the sentence; the key `error.<code>.message` of the catalogue.
        values: The numbers and names that the sentence's placeholders take.

    Example:
        >>> str(InvalidInput("no-such-script", path="trian.py", directory="/home/me"))
        'There is no script `trian.py` in /home/me.'
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def message(self, language: str = "en") -> str:
        """What happened, in the given language."""
        return sentence(f"error.{self.code}.message", language, self.values)

    def hint(self, language: str = "en") -> str:
        """What to do next, in the given language; empty if there is nothing to add.

        Where something is called nearly as what was given (`near` among the values), that is what is said. A `way_on`
        among the values is a decision: what the framework of the script offers besides.
        """
        near = f"error.{self.code}.near"
        key = near if self.values.get("near") and has_sentence(near) else f"error.{self.code}.hint"
        keys = (key, f"decision.{self.values.get('way_on')}.text")
        return " ".join(sentence(each, language, self.values) for each in keys if has_sentence(each))

    def __str__(self) -> str:
        return self.message()


class InvalidInput(RatecraftError, ValueError):
    """What was given is not allowed; nothing was started."""


class StudyError(RatecraftError):
    """The study, its folder or its record stands in the way."""


class NoAnswer(RatecraftError):
    """The study ran to its end and holds no answer."""

    exit_code = 1


class ScriptFailed(RatecraftError):
    """The user's own code failed."""

    exit_code = 3


class Interrupted(RatecraftError):
    """Stopped by the user; all that was finished is kept and the study can be resumed."""

    exit_code = 4


class CannotBranch(RatecraftError):
    """A run has no way to branch where it is: the jobs that leave it there are replayed from step 0 instead.

    Example:
        >>> CannotBranch("cannot-branch", reason="loader-workers").reason
        'loader-workers'
    """

    @property
    def reason(self) -> str:
        """Slug of why. `gone`: the run itself is no longer there; it is made again instead of replaying its jobs."""
        return str(self.values["reason"])
