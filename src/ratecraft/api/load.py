"""`load`: the result of a finished study, the same object that the verb returned which ran it.

Path:   a study's folder -> its record -> a `TuneResult`, a `FindResult` or a `SearchResult`.
"""

from pathlib import Path

from ratecraft.api.find import FindResult
from ratecraft.api.results.study_result import StudyResult
from ratecraft.api.results.summaries import summarise_study
from ratecraft.api.results.tune_result import TuneResult
from ratecraft.api.search import SearchResult
from ratecraft.errors import StudyError
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import find_study

_KINDS: dict[str, type[StudyResult]] = {"tune": TuneResult, "find": FindResult, "search": SearchResult}


def load(study: str | Path = "") -> StudyResult:
    """The result of a finished study in the current folder. Runs nothing.

    Args:
        study: Folder or name of the study, or the beginning of the name, as `ratecraft studies` lists them; the newest
            by default.

    Returns:
        What `tune`, `find` or `search` returned. The model of a task is only in what its own `tune(task)` returns.

    Raises:
        StudyError: No study matches (`no-study`, `no-such-study`), several match (`several-studies`), it has not
            finished (`study-unfinished`), or it was made by another command (`load-verb`).

    Example:
        >>> import tempfile
        >>> try:
        ...     load(tempfile.mkdtemp())
        ... except StudyError as error:
        ...     error.code in ("no-study", "no-such-study")
        True
    """
    directory = Path.cwd()
    folder = find_study(directory, str(study))
    with Record.open(folder.record, read_only=True) as record:
        verb = record.header.verb
        if verb not in _KINDS:
            raise StudyError("load-verb", study=folder.name, verb=verb, allowed=", ".join(_KINDS))
        return _KINDS[verb](summarise_study(folder, record, directory))
