"""Puts the user's files back as they were before a full run that was interrupted.

Path:   a study's copies from before the first writes -> the working folder.
"""

from pathlib import Path

from ratecraft.errors import StudyError
from ratecraft.records.study import StudyFolder

__all__ = ["put_back_files"]


def put_back_files(study: StudyFolder, directory: Path) -> None:
    """Make the user's files what they were before the interrupted full run of a study; nothing where there was none.

    Raises:
        StudyError: Something stands in the way of a file (`not-put-back`); its copy is kept.
    """
    if not study.first_writes.exists():
        return
    from ratecraft.training.files.first_write_copies import put_back  # only a verb that trains loads training

    done = put_back(study.first_writes, directory)
    if study.first_writes.exists():
        raise StudyError("not-put-back", paths=", ".join(done.left))
