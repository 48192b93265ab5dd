"""`watch SCRIPT`: runs a script unchanged and reports what is wrong with it while it runs.

Path:   processes of the script -> pieces of the run -> `Watcher` -> a line on stderr, the record, what was seen.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from ratecraft.api.programs.typed import in_processes, program_hash, typed_program
from ratecraft.api.watch.record import Keeper, begin_record
from ratecraft.api.watch.watch import EVERY
from ratecraft.api.watch.watch_output import both, diagnosed_so_far, print_ended, print_finding, print_unkept
from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.diagnosis.finding import Finding
from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.program import Program
from ratecraft.records.storage.study import StudyFolder, study_folder, study_name
from ratecraft.records.storage.watched import WATCH_ENDED
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.reporting.findings.screen import Diagnosed
from ratecraft.reporting.text.language import choose_language
from ratecraft.schedules.lengths import whole_number
from ratecraft.watching.guard import Guard, settings_of
from ratecraft.watching.watcher import Watcher

_POLICY = "ratecraft.watching.guard:policy_of"  # by name, since it is made in the script's process


@dataclass(frozen=True, slots=True)
class WatchedScript:
    """A script that ran under watch.

    Attributes:
        code: Its exit code.
        seen: What was seen of it, and what is said of it.
        told: The findings that were told while it ran and at its end.
    """

    code: int
    seen: Diagnosed
    told: tuple[Finding, ...]


def watch_script(
    script: str,
    arguments: Sequence[str] = (),
    *,
    every: int = EVERY,
    guard: Guard | None = None,
    study: Path | None = None,
    language: str | None = None,
    processes: int = 1,
    output: IO[bytes] | int | None = None,
) -> WatchedScript:
    """Run a script as it is, where it is, and follow it; each finding is a line on stderr.

    Args:
        script: Its path, or the first word of a program that is taken as typed. Nothing of it is changed, neither rates
            nor files nor what it prints.
        arguments: The words behind it.
        every: As for `watch`.
        guard: As for `watch`. A script cannot be asked to stop: where its validation has turned, the best weights are
            put back and kept, so that what it does after its last step is done with them.
        study: Folder of the record; by default one in `.ratecraft/`, and where that cannot be written none.
        language: As for `watch`.
        processes: That train together, each started as torchrun would start it: they are one run, whose losses are
            means over all of them.
        output: Where the script's standard output goes; by default to that of this process.

    Raises:
        InvalidInput: There is no such script (`no-such-script`), or it is a folder (`script-is-folder`); `processes` is
            no whole number above 0, a launcher among the words starts another number (`processes-typed`), or the script
            spawns its processes itself (`watch-spawns`).
        StudyError: `study` cannot be written, or is one of another kind.
    """
    from ratecraft.training.observing.error_boundary import ErrorBoundary, reason_of
    from ratecraft.training.observing.run import Watching, run_watched
    from ratecraft.training.ranks.watching import run_watched_ranks
    from ratecraft.training.scripts.spawns import names_spawn

    spoken = choose_language(language, os.environ)
    whole_number("processes", processes, least=1)
    program = in_processes(typed_program((script, *arguments), Path.cwd()), processes)
    if processes > 1 and names_spawn(Path(program.script)):
        raise InvalidInput("watch-spawns", processes=processes)
    keeper = _keeper_of(program, study, spoken)
    watcher = Watcher(diagnosis_of, both(keeper.tell, partial(print_finding, spoken)))
    policy: dict[str, Any] = {} if guard is None else {"policy": _POLICY, "settings": settings_of(guard)}

    def take(piece: ObservedRun) -> None:
        boundary.call(both(keeper.take, watcher.take), piece)
        if WATCH_ENDED in piece.facts and not boundary.is_over:
            print_ended(spoken, str(piece.facts[WATCH_ENDED]), watcher.steps)

    def broke(error: Exception) -> None:
        """The script goes on all the same."""
        piece = ObservedRun({}, "step", {WATCH_ENDED: reason_of(error)}, "live")
        keeper.take(piece)
        watcher.note(piece)
        print_ended(spoken, reason_of(error), watcher.steps)

    boundary = ErrorBoundary(broke)
    try:
        run = run_watched if program.entry.processes == 1 else run_watched_ranks
        how = Watching(program.entry, every, output=output, **policy)
        code = run(program.script, program.arguments, take, how)
        boundary.call(lambda: watcher.end(over=code == 0 and WATCH_ENDED not in watcher.run.facts))
        keeper.end(code)
    finally:
        keeper.end()
    return WatchedScript(code, diagnosed_so_far(watcher, program.title, over=code == 0), watcher.told)


def _keeper_of(program: Program, study: Path | None, language: str) -> Keeper:
    """What keeps the run of a script. Only a folder that was asked for must be writable."""
    home = Path.cwd()
    digest, fail = program_hash(program, home), partial(print_unkept, language)
    words = (*program.entry.typed, *program.arguments)
    if program.entry.processes > 1:
        words += (f"processes={program.entry.processes}",)
    folder = study_folder(home, study_name("watch", Path(program.word), words, home))
    try:
        place = folder if study is None else StudyFolder(study.absolute())
        return Keeper(begin_record(place, program, digest), fail)
    except StudyError as error:
        if study is not None:
            raise
        fail(error)
        return Keeper(None, fail)
