"""`demo`: tunes a bundled task in this process and reports on it, to show what ratecraft does in 15 s.

Path:   `ratecraft demo` -> a `Study` in the current folder -> its answer -> the report beside it.
"""

from importlib.util import find_spec
from pathlib import Path

from ratecraft.api.results.report import write_report
from ratecraft.api.studies.study import Study
from ratecraft.api.studies.study_description import describe_study
from ratecraft.errors import InvalidInput
from ratecraft.records.storage.study import HOME

_TASK = "ratecraft.training.tasks.demo_task:demo_task"


def demo_study() -> Study:
    """The study of the bundled task.

    Raises:
        InvalidInput: Torch is not installed (`torch-missing`).
    """
    if find_spec("torch") is None:
        raise InvalidInput("torch-missing")
    # A few thousand points of a toy are nothing that forecasts were measured on, and this one was wrong.
    return describe_study(_TASK, study=Path(HOME) / "demo", foresees=False)


def demo_report(study: Study, language: str) -> Path:
    """Write the report of the finished study beside its record; where it is, from the current folder.

    Raises:
        InvalidInput: It cannot be written.
        StudyError: The study has no answer yet.
    """
    file = study.folder.path / f"{study.folder.name}.html"
    write_report(study.folder, study.directory, file, language)
    return file.relative_to(study.directory)
