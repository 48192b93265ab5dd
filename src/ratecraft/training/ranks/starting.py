"""Starts the processes of one run, each under the host, with what torchrun would tell it.

Path:   `training.starting` -> the first rank, which takes its place in the file system, then the others beside it.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from ratecraft.records.outcome import Note
from ratecraft.records.running import Listener
from ratecraft.training.hosting.script_run import ScriptRun
from ratecraft.training.processes.launcher import Launch
from ratecraft.training.processes.wire import Start
from ratecraft.training.ranks.environment import held_port, of_rank
from ratecraft.training.ranks.group_run import GroupRun, Rank
from ratecraft.training.ranks.merging import Merged, RankListener


def group_run(
    start: Start,
    environment: Mapping[str, str],
    log: Path,
    listener: Listener,
    *,
    start_timeout: float,
    launch: Launch,
    look: Callable[[], tuple[Note, ...]] = tuple,
    ended: Callable[[], None] = lambda: None,
    lines: Path | None = None,
) -> GroupRun:
    """A run of the script in the number of processes given by its `Entry`, all in one place.

    The arguments are those of `ScriptRun`. The first rank's log and lines have the given names; those of the
    others are beside them.
    """
    count = start.entry.processes
    holder, port = held_port()
    merged, ranks = Merged(listener, count), list[Rank]()

    def all_ended() -> None:
        holder.close()
        ended()

    with ExitStack() as undo:
        undo.callback(lambda: GroupRun(ranks, merged, all_ended).close())
        for number in range(count):
            is_first = number == 0
            beside = ranks[0].run.process if ranks and start.overlaid is not None else 0
            own = replace(start, rank=number, ranks=count, beside=beside, model=start.model if is_first else "")
            output = log if is_first else log.with_name(f"{log.stem}.rank{number}{log.suffix}")
            run = ScriptRun(
                own,
                {**environment, **of_rank(number, port)},
                output,
                RankListener(merged, number),
                start_timeout=start_timeout,
                launch=launch,
                look=look if is_first else tuple,
                lines=lines if is_first else None,
                hand_over=lambda handed: ranks[handed.rank].run.take(handed),
                marked=partial(merged.marked, number),
            )
            ranks.append(Rank(run, output))
            if is_first and start.overlaid is not None and not run.wait_entered():
                break  # why it has no place is the answer to its first command
        undo.pop_all()
    return GroupRun(ranks, merged, all_ended)
