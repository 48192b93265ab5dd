"""Mirrors ratecraft/api/diagnose/follow_log.py: a real file grows while it is followed; the waiting writes it."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from ratecraft.api.diagnose.diagnose import diagnose
from ratecraft.api.diagnose.follow_log import follow_log
from ratecraft.diagnosis.finding import Finding

HEALTHY = [0.3 + 2 / (1 + step / 10) for step in range(400)]


def lines(losses: list[float], total: int | None = None) -> list[str]:
    of = f"/{total}" if total else ""
    return [f"step {step}{of} loss {loss:.6g} lr 1e-3\n" for step, loss in enumerate(losses)]


def written(path: Path, text: list[str], at_once: int = 20) -> Callable[[], bool]:
    """A wait during which some lines are written; False when there are none any more."""

    def pieces() -> Iterator[bool]:
        for first in range(0, len(text), at_once):
            with path.open("a") as file:
                file.writelines(text[first : first + at_once])
            yield True
        while True:
            yield False

    rest = pieces()
    return lambda: next(rest)


def test_a_finding_is_told_once_and_the_end_says_what_reading_the_whole_log_says(tmp_path: Path) -> None:
    log, told = tmp_path / "train.log", list[Finding]()
    text = lines([*HEALTHY[:200], *[float("nan")] * 200])
    result = follow_log(log, written(log, text), told.append)
    assert [finding.code for finding in told] == ["non-finite"]
    assert told[0].steps[0] == 200
    assert result.to_json() == diagnose(log).to_json()
    assert result.severity == "error"


def test_a_finding_is_told_while_the_run_goes_on(tmp_path: Path) -> None:
    log, told_at = tmp_path / "train.log", list[int]()
    wait = written(log, lines([*HEALTHY[:100], *[float("nan")] * 300]))
    follow_log(log, wait, lambda _: told_at.append(len(log.read_text().splitlines())))
    assert 100 < told_at[0] <= 200


def test_a_healthy_run_is_followed_in_silence(tmp_path: Path) -> None:
    log, told = tmp_path / "train.log", list[Finding]()
    follow_log(log, written(log, lines(HEALTHY)), told.append)
    assert told == []


def test_a_run_that_told_its_length_is_followed_to_its_end_only(tmp_path: Path) -> None:
    log, waits = tmp_path / "train.log", list[bool]()
    write = written(log, lines(HEALTHY, total=400))

    def wait() -> bool:
        waits.append(write())
        return True  # it would go on for ever

    result = follow_log(log, wait, lambda _: None)
    assert result.runs[0].run.facts["total_steps"] == 400
    assert len(waits) == 20


def test_what_only_the_end_tells_waits_for_it(tmp_path: Path) -> None:
    draw = random.Random(0)  # noqa: S311 - the same noise every time
    straight = [5.0 - 0.005 * step + draw.gauss(0, 0.05) for step in range(400)]
    for total, codes in ((400, ["too-small"]), (None, [])):
        log, told = tmp_path / f"{total}.log", list[Finding]()
        follow_log(log, written(log, lines(straight, total)), told.append)
        assert [finding.code for finding in told] == codes


def test_a_second_run_in_the_log_is_looked_at_for_itself(tmp_path: Path) -> None:
    log, told = tmp_path / "train.log", list[Finding]()
    broken = lines([*HEALTHY[:200], *[float("nan")] * 100])
    result = follow_log(log, written(log, broken + broken), told.append)
    assert len(result.runs) == 2
    assert [finding.code for finding in told] == ["non-finite", "non-finite"]


def test_a_log_that_never_comes_has_no_runs(tmp_path: Path) -> None:
    assert follow_log(tmp_path / "no.log", lambda: False, lambda _: None).runs == ()
