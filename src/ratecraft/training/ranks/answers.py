"""What the answers of the ranks are together: one passage, or one score, of the run; and which failure is the cause.

Path:   answers of ranks, as they come -> `joined_passage`, `joined_score`; None while more are needed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ratecraft.records.job import Evaluate
from ratecraft.records.outcome import Ending, Failure
from ratecraft.records.running import Passage, Score

_OF_GROUPS = ("gloo", "nccl", "connection closed by peer", "connection reset by peer", "tcpstore", "processgroup")
_LAST_LINES = 15


def joined_passage(answers: Mapping[int, Passage], ranks: int) -> Passage | None:
    """The passage of the run; None while it depends on ranks still under way.

    Args:
        answers: Answers of the ranks that have answered.
        ranks: Number of ranks.

    Example:
        >>> joined_passage({1: Passage(8, Ending.DONE, 8)}, 2) is None
        True
        >>> joined_passage({0: Passage(8, Ending.ENDED_EARLY, 8)}, 2).ending.name
        'ENDED_EARLY'
    """
    ended = [answers[rank] for rank in sorted(answers) if answers[rank].ending is not Ending.DONE]
    if ended:  # the other ranks wait for one that does not go on, and fail for it
        return next((passage for passage in ended if passage.ending is not Ending.FAILED), ended[0])
    return answers[0] if len(answers) == ranks else None


def joined_score(how: Evaluate, answers: Mapping[int, Score], ranks: int) -> Score | None:
    """The score of the run; None while it depends on ranks still under way.

    A figure comes from the first rank if it has one, else from the lowest rank that has; a mean of frozen losses is
    over all ranks.
    """
    first = answers.get(0)
    if first is not None and (how.kind == "census" or (how.kind == "figure" and first.value is not None)):
        return first
    if len(answers) < ranks:
        return None
    lowest = answers[min(answers)]
    values = {rank: answers[rank].value for rank in sorted(answers)}
    told = {rank: value for rank, value in values.items() if value is not None}
    if how.kind == "frozen":
        return replace(lowest, value=math.fsum(told.values()) / ranks) if len(told) == ranks else lowest
    return replace(lowest, value=next(iter(told.values()), None))


def cause(failures: Mapping[int, Failure]) -> int:
    """The rank whose failure caused the others: a process that died comes before one that missed it.

    Args:
        failures: Failures by rank, in the order in which they were reported.

    Example:
        >>> lost = Failure("exception", "RuntimeError", "[gloo/transport/tcp/pair.cc:547] Connection closed by peer")
        >>> cause({0: lost, 1: Failure("killed", "SIGKILL")}), cause({1: lost, 0: lost})
        (1, 1)
    """
    own = [rank for rank, failure in failures.items() if not is_echo(failure)]
    return (own or list(failures))[0]


def never_came(failures: Mapping[int, Failure], silent: Sequence[int]) -> tuple[int, Failure] | None:
    """The failure of the rank that the others waited for in vain, to be tried again; None if there is no such rank.

    Args:
        failures: Failures by rank, in the order in which they were reported.
        silent: Ranks that are alive but have sent nothing.

    Example:
        >>> lost = Failure("exception", "RuntimeError", "[gloo/transport/tcp/unbound_buffer.cc:78] Timed out")
        >>> never_came({0: lost}, (1,))[1].name, never_came({0: lost}, ())
        ('TimeoutError', None)
    """
    if not silent or not all(map(is_echo, failures.values())):
        return None
    return silent[0], Failure("killed", "TimeoutError", next(iter(failures.values())).message)


def is_echo(failure: Failure) -> bool:
    """Whether a rank may have failed only because another one is gone."""
    text = f"{failure.name} {failure.message}".lower()
    return failure.kind == "exception" and any(word in text for word in _OF_GROUPS)


def with_lines(failure: Failure, rank: int, log: str) -> Failure:
    r"""The failure of a rank, named as torch names ranks; without a traceback, with the rank's last lines.

    Example:
        >>> print(with_lines(Failure("killed", "SIGKILL"), 1, "epoch 1\nepoch 2").traceback)
        [rank1]: epoch 1
        [rank1]: epoch 2
    """
    lines = failure.traceback.splitlines() or log.splitlines()[-_LAST_LINES:]
    named = "\n".join(f"[rank{rank}]: {line}" for line in lines or [failure.name])
    return replace(failure, traceback=named)
