"""Puts the user's files back as they were before a full run that was interrupted, or keeps what a finished one wrote.

Path:   a study's copies from before the first writes -> the working folder.
"""

from pathlib import Path

from ratecraft.errors import StudyError
from ratecraft.records.store import Record
from ratecraft.records.study import StudyFolder

__all__ = ["clear_up", "has_answer", "put_back_files", "settle_files"]


def settle_files(study: StudyFolder, directory: Path) -> None:
    """Of a study that was put aside: what a finished one wrote stays, what an interrupted one wrote does not.

    Raises:
        StudyError: As `put_back_files`.
    """
    if has_answer(study):
        clear_up(study)
    else:
        put_back_files(study, directory)


def clear_up(study: StudyFolder) -> None:
    """Drop what a finished study needs no more, where its process was killed after the answer and before it could."""
    if not (study.first_writes.exists() or study.scratch.exists()):
        return
    from ratecraft.training.sandbox.first_write_copies import forget
    from ratecraft.training.sandbox.mirror import remove_mirror

    forget(study.first_writes)
    remove_mirror(study.scratch)


def put_back_files(study: StudyFolder, directory: Path) -> None:
    """Make the user's files what they were before the interrupted full run of a study; nothing where there was none.

    Raises:
        StudyError: Something stands in the way of a file (`not-put-back`); its copy is kept.
    """
    if not study.first_writes.exists():
        return
    from ratecraft.training.sandbox.first_write_copies import put_back  # only a verb that trains loads training

    done = put_back(study.first_writes, directory)
    if study.first_writes.exists():
        raise StudyError("not-put-back", paths=", ".join(done.left))


def has_answer(study: StudyFolder) -> bool:
    """Whether a study is finished; one that is not there, or cannot be read, is not."""
    try:
        with Record.open(study.record, read_only=True) as record:
            return record.answer() is not None
    except StudyError:
        return False  # it cannot be read: nothing says that its last run was complete
