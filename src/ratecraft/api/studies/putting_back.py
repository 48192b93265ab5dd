"""Whose files the working folder ends up with: from before an interrupted run, the run's, or the baseline's.

Path:   a study's answer, its copies from before the first writes, the baseline's files -> the working folder.

A study that trains in the working folder has the fact `home`: `open` from before its first job, then whose files lie
there. So a process that is killed between answer and files leaves what the same command completes, and files that the
user changed since are never touched again.
"""

from pathlib import Path

from ratecraft.errors import StudyError
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder

HOME = "home"
OPEN = "open"


def settle_files(study: StudyFolder, directory: Path) -> None:
    """Settle the files of a study that was put aside: a finished one's stay, an interrupted one's are taken back.

    Raises:
        StudyError: Same as `put_back_files`.
    """
    if has_answer(study):
        with Record.open(study.record) as record:
            settle_home(study, record, directory)
        clear_up(study)
    else:
        put_back_files(study, directory)


def is_unsettled(study: StudyFolder, record: Record) -> bool:
    """Whether something is left to do in the working folder for a study that is not at work."""
    return study.first_writes.exists() or (record.fact(HOME, str) == OPEN and record.answer() is not None)


def settle_home(study: StudyFolder, record: Record, directory: Path) -> None:
    """Leave in the working folder the files of the run that the answer stands by; nothing if that was done before.

    Args:
        study: The folder of a study that has its answer.
        record: The study's record, open for writing.
        directory: The working folder.

    Raises:
        StudyError: Something stands in the way of a file (`not-put-back`); its copy is kept.
    """
    answer = record.answer()
    if answer is None or record.fact(HOME, str) != OPEN:
        return
    whose = answer.stands_by
    if whose == "baseline" and study.baseline.is_dir() and any(study.baseline.iterdir()):
        from ratecraft.training.sandbox.giving_way import give_way  # only a verb that trains loads training

        kept = study.run(answer.final_job) if answer.final_job and study.first_writes.exists() else None
        done = give_way(study.first_writes, directory, study.baseline, kept)
        if done.lost:
            raise StudyError("not-put-back", paths=", ".join(done.lost))
    else:  # without files of the baseline there is nothing to give way to
        whose = "tuned" if answer.final_job else ""
    record.set_fact(HOME, whose)


def clear_up(study: StudyFolder) -> None:
    """Drop what a finished study needs no more, where its process was killed after the answer and before it could."""
    if not (study.first_writes.exists() or study.scratch.exists()):
        return
    from ratecraft.training.sandbox.first_write_copies import forget
    from ratecraft.training.sandbox.mirror import remove_mirror

    forget(study.first_writes)
    remove_mirror(study.scratch)


def put_back_files(study: StudyFolder, directory: Path) -> None:
    """Make the user's files what they were before the interrupted full run of a study; nothing if there was none.

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
