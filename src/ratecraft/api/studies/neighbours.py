"""Other studies of the same script in a folder, whose final runs write where this one's will.

Path:   the studies of the folder -> those of the same command line -> nothing, or why this study must not begin now.
"""

from collections.abc import Iterator

from ratecraft.api.studies.putting_back import is_unsettled, settle_files
from ratecraft.api.studies.study import Study
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import StudyError
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder, find_studies


def clear_the_way(study: Study, now: StudyHeader) -> None:
    """Make sure that no other study is writing the files of the working folder that this study's final run will write.

    What an interrupted final run of another study has left half-done is put back first, as it would be before that
    study goes on: the jobs of this one find the folder as that run had found it.

    Args:
        study: Who is to begin.
        now: The study's header.

    Raises:
        StudyError: Another study of the script, with other settings, is at work (`script-busy`, `study-busy`); or as
            `putting_back.put_back_files`.
    """
    if now.task or not isinstance(study.settings, TunerSettings):
        return  # no final run, or none that writes files
    for folder in _neighbours(study, now):
        with Record.open(folder.record) as record:
            holder = record.supervisor()
            if holder is not None:
                raise StudyError("script-busy", study=folder.name, pid=holder.pid)
            if is_unsettled(folder, record):
                record.claim()
                settle_files(folder, study.directory)


def _neighbours(study: Study, now: StudyHeader) -> Iterator[StudyFolder]:
    same = (now.verb, now.words, now.arguments)
    for neighbour in find_studies(study.directory):
        header = neighbour.header
        if header is None or neighbour.folder.path == study.folder.path.absolute():
            continue
        if (header.verb, header.words, header.arguments) == same:
            yield neighbour.folder
