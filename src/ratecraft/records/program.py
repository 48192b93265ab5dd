"""A training program as its user starts it: a file, a module, a command of the environment or a notebook.

Path:   typed words -> `Program` (`api.programs.typed` decides) -> a study's identity, the process that runs it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

EntryKind: TypeAlias = Literal["file", "module", "command", "notebook"]


@dataclass(frozen=True, slots=True)
class Entry:
    """How a script becomes `__main__`. By default it is a file that Python runs by its path.

    Attributes:
        kind: `file`, `module` (as by `python -m`), `command` (a console script of the environment), `notebook`.
        target: Dotted name of the module; of a command the reference that its entry point holds (`pkg.cli:main`).
        typed: Words that stand for the script on a command line, its own arguments not among them; none if that is
            its path alone.
        variables: What a launcher, or an option of Python, sets in the environment.
        package: Folder or file of the top package where that is installed: the user's code although it is a library.
        processes: Number of processes that train together in one run; a launcher starts as many.
    """

    kind: EntryKind = "file"
    target: str = ""
    typed: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)  # a cluster's nodes hash it
    package: str = ""
    processes: int = 1


FILE = Entry()
"""A file that is run by its path."""


@dataclass(frozen=True, slots=True)
class Program:
    """The program to run.

    Attributes:
        script: Path of the file that holds its code, from the working folder where it lies inside.
        arguments: The script's own arguments.
        entry: How it becomes `__main__`.
    """

    script: str
    arguments: tuple[str, ...] = ()
    entry: Entry = FILE

    @property
    def words(self) -> tuple[str, ...]:
        """The words that start the program, without its arguments."""
        return self.entry.typed or (self.script,)

    @property
    def word(self) -> str:
        """A path whose last part is what it is called in a word, for the name of its study.

        Example:
            >>> Program("pkg/__main__.py", entry=Entry("module", "pkg.big", ("python", "-m", "pkg.big"))).word
            'pkg/big'
        """
        return self.title.replace(".", "/") if self.entry.kind == "module" else self.title

    @property
    def title(self) -> str:
        """The name to show: a path, a module's name, a command.

        Example:
            >>> Program("pkg/train.py", entry=Entry("module", "pkg.train", ("python", "-m", "pkg.train"))).title
            'pkg.train'
        """
        return self.words[-1]


def command_words(
    verb: str, words: Sequence[str], options: Sequence[str] = (), arguments: Sequence[str] = ()
) -> tuple[str, ...]:
    """A command of ratecraft for a program: options stand before words that are taken as typed.

    Example:
        >>> command_words("tune", ("train.py",), ("--new",), ("--epochs", "3"))
        ('ratecraft', 'tune', 'train.py', '--new', '--', '--epochs', '3')
        >>> command_words("find", ("python", "-m", "pkg.train"), ("--seeds", "3"), ("--epochs", "3"))
        ('ratecraft', 'find', '--seeds', '3', 'python', '-m', 'pkg.train', '--epochs', '3')
    """
    if len(words) > 1:
        return ("ratecraft", verb, *options, *words, *arguments)
    return ("ratecraft", verb, *words, *options, *(("--", *arguments) if arguments else ()))
