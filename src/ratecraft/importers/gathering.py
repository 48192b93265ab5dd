"""Rows become runs: where a run begins and ends, at which step a figure stands, which of several points counts.

Path:   rows of any reader -> `Gathering` -> `axis` -> `ObservedRun`.
Units:  a key orders the points of a run: its epoch and, below it, the step that the log names; `axis` makes steps of
        it.

A step that falls back to the beginning of its series is a new run in the same log. One that falls back further than a
little is a run that was resumed: what it repeats replaces what was there. A little is disorder (several writers, a
figure that is told late), and a point at a place that is taken replaces the point there. A figure without a place
stands where the last one with a place stood.

Of more series than can be kept, those that rules read are kept, whenever they come; the others are counted.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from operator import lt

from ratecraft.importers.names import Meaning, meaning_of, rank_of
from ratecraft.importers.points import Points
from ratecraft.importers.rows import Row, RowBlock
from ratecraft.records.watching.observed import Fact

KEY_BITS = 40
"""Bits of a key below its epoch: enough for samples and tokens as steps."""

_LARGEST = 1 << KEY_BITS
_LAST_EPOCH = 1 << 22
_PARTS = 1_000_000  # of an epoch, where only a fraction of it is told

_DISORDER = 8  # points that a place may lie behind the last and still be mere disorder
_MOST_RUNS = 256
_MOST_SERIES = 256
_MOST_NAMES = 1 << 16  # of series that were left out
_MOST_BARS = 16
_MOST_POINTS = 1 << 21  # of all runs together: 32 MiB


class GatheredRun:
    """One run while its rows come; read by `axis`.

    Attributes:
        series: Printed name to points.
        facts: What else is known.
        placed: Some row named an epoch or a step.
        stepped: Some row named a step.
        fractions: Some row named a fraction of an epoch.
        of_steps: What the steps are counted to; 0 if nothing tells.
        resets: How often the step began again with an epoch; `goes_on` how often it did not.
        uncounted: Points that stand between two steps of the log, since nothing tells where.
        rows: Rows with figures.
        resumes: How often the run was resumed from an earlier step; `repeated` counts the points that gave way.
        left_out: Names of series that are not kept, since there are too many.
    """

    def __init__(self) -> None:
        self.series: dict[str, Points] = {}
        self.facts: dict[str, Fact] = {}
        self.placed = self.stepped = self.fractions = self.epochs_told = False
        self.epoch = self.step = 0
        self.of_steps: int = 0
        self.resets = self.goes_on = self.uncounted = 0
        self.rows = self.resumes = self.repeated = 0
        self.left_out: set[str] = set()
        self.first_epoch: int | None = None
        self._bars: dict[int, int] = {}
        self._latest_bar = self._own_bar = 0

    def make_place(self, name: str) -> Points | None:
        """The place of a new series, if need be that of one that matters less; None if it is left out."""
        if name in self.left_out:
            return None
        meaning = meaning_of(name)
        if len(self.series) >= _MOST_SERIES:
            least = max(self.series, key=lambda series: rank_of(self.series[series].meaning))
            gives_way = rank_of(meaning) < rank_of(self.series[least].meaning)
            if len(self.left_out) < _MOST_NAMES:
                self.left_out.add(least if gives_way else name)
            if not gives_way:
                return None
            del self.series[least]
        points = self.series[name] = Points(meaning)
        return points

    @property
    def key(self) -> int:
        """Where the run is now."""
        return self.epoch << KEY_BITS | self.step

    def move(self, row: Row, names: Iterable[str]) -> None:
        """Go to where the row stands."""
        training = any(not is_validation(meaning_of(name)) for name in names)
        counts_own = (row.bar or row.of_steps is not None) and row.of_steps != self.of_steps
        of_validation = not training and counts_own and (row.bar or self._is_trained)
        step = None if of_validation else row.step
        if row.epoch is not None:
            self._enter_epoch(row.epoch, keep_step=self.stepped or step is not None)
        if row.epoch is not None and row.epoch % 1:
            self.fractions = True
            if step is None and not self.stepped:
                self.step = round(row.epoch % 1 * _PARTS)
        of_bar = self._step_of_bar(adopt=training) if step is None and self._bars else None
        if of_bar is not None:
            # A bar is drawn ten times a second and lags behind what is printed beside it.
            self._enter_step(self.step if 0 <= self.step - of_bar < _DISORDER else of_bar, None)
            self._make_room(names)
        elif step is not None:
            self._enter_step(step, row.of_steps)
        elif not of_validation and row.step is None and not (row.epoch or 0) % 1:
            self._make_room(names)

    @property
    def _is_trained(self) -> bool:
        """Whether a figure of training was told: before one, a step is the run's (`step:125/1480 val_loss:4.4`)."""
        return self.of_steps > 0 or any(not is_validation(points.meaning) for points in self.series.values())

    def remember_bar(self, row: Row) -> None:
        """A progress bar without figures: it may be that of the run, as the next row with training figures tells."""
        if row.step is not None and row.of_steps and (row.of_steps in self._bars or len(self._bars) < _MOST_BARS):
            self._bars[row.of_steps] = row.step
            self._latest_bar = row.of_steps

    def _step_of_bar(self, *, adopt: bool) -> int | None:
        if adopt and not self._own_bar:
            self._own_bar = self._latest_bar
        self.of_steps = self.of_steps or self._own_bar
        return self._bars.get(self._own_bar)

    def _enter_epoch(self, told: float, *, keep_step: bool) -> None:
        epoch = min(max(int(told), 0), _LAST_EPOCH)
        if not self.placed:
            self._first_place()
        if self.first_epoch is None:
            self.first_epoch = epoch
        if epoch != self.epoch and not keep_step:
            self.step = 0
        self.epoch, self.epochs_told = epoch, True

    def _enter_step(self, told: int, of_steps: int | None) -> None:
        step = min(max(told, 0), _LARGEST - 1)
        if not self.placed:
            self._first_place()
        whole = of_steps is not None and of_steps == self.of_steps
        if step < self.step and whole and not self.epochs_told and 2 * self.step - step >= (of_steps or 0):
            self.epoch += 1  # a counter that came to its end and began again
        if of_steps:
            self.of_steps = of_steps
        self.step, self.stepped = step, True

    def _first_place(self) -> None:
        """What came before the first place stands at the beginning."""
        self.placed, self.step = True, 0
        for points in self.series.values():
            points.keys = array("q", bytes(8 * len(points.keys)))

    def _make_room(self, names: Iterable[str]) -> None:
        """A figure that is told again with no place of its own stands behind the last."""
        # Beside fractions of an epoch a bar counts through the whole run, so that its step is told once only.
        mask = _LARGEST - 1 if self.fractions and self.stepped else -1
        key = self.key & mask
        if any(name in self.series and self.series[name].last & mask == key for name in names):
            self.step = min(self.step + 1, _LARGEST - 1)
            self.uncounted += 1

    def compare_epochs(self, name: str) -> None:
        """Whether the step began anew with the epoch, as one of the series shows."""
        last = self.series[name].last if name in self.series else -1
        if last >= 0 and self.stepped and self.epoch > last >> KEY_BITS:
            self.resets += self.step <= last & (_LARGEST - 1)
            self.goes_on += self.step > last & (_LARGEST - 1)


def is_validation(meaning: Meaning) -> bool:
    """Whether a figure is one of an evaluation."""
    return meaning.name.startswith(("val_", "test_"))


class Gathering:
    """Collects the rows of one log; `runs` may be asked at any time.

    Example:
        >>> gathering = Gathering()
        >>> for step in (0, 10, 20, 0, 10):
        ...     gathering.add(Row((("loss", 2.0),), step))
        >>> [len(run.series["loss"].keys) for run in gathering.runs]
        [3, 2]
    """

    def __init__(self) -> None:
        self.runs: list[GatheredRun] = [GatheredRun()]
        self.runs_left_out = 0
        self._pending: dict[str, Fact] = {}
        self._points = 0

    @property
    def series_left_out(self) -> int:
        """Series that are not kept, of all runs together."""
        return sum(len(run.left_out) for run in self.runs)

    @property
    def thinned(self) -> int:
        """Points that were left out since there were too many to keep."""
        return sum(points.left_out for run in self.runs for points in run.series.values())

    def know(self, facts: Mapping[str, Fact]) -> None:
        """Facts of the run whose figures come next: a run tells its settings before it begins."""
        self._pending.update(facts)

    def begin_run(self) -> None:
        """What comes next is of another run, whatever its steps."""
        if self.runs[-1].series:
            self._append_run(GatheredRun())

    def add(self, row: Row) -> None:
        """One more row, in the order of the log."""
        run = self.runs[-1]
        if row.facts:
            self.know(row.facts)
        if not row.figures:
            if row.bar:
                run.remember_bar(row)
            elif row.epoch is not None or row.step is not None:
                run.move(row, ())
            return
        names = [name for name, _ in row.figures]
        run.move(row, names)
        if run.placed and self._begins_anew(run, names):
            run = self._new_run(run, row, names)
        run.facts.update(self._pending)
        self._pending.clear()
        run.rows += 1
        run.compare_epochs(names[0])
        for name, value in row.figures:
            self._put(run, name, value)

    def add_block(self, block: RowBlock) -> None:
        """As `add` for each of its rows: at once where they just go on, as nearly all do."""
        self.add(block.row(0))
        if not self._extend(block):
            for place in range(1, len(block.steps)):
                self.add(block.row(place))

    def _extend(self, block: RowBlock) -> bool:
        """Take all rows but the first, which is there already, if they just go on."""
        run, steps = self.runs[-1], block.steps
        series = [run.series.get(name) for name in block.names]
        goes_on = run.step == steps[0] and steps[-1] < _LARGEST and all(map(lt, steps, steps[1:]))
        if not goes_on or self._points + len(steps) * len(series) > _MOST_POINTS:
            return False
        found = [points for points in series if points is not None and points.last == run.key]
        if len(found) < len(series) or len(set(block.names)) < len(series):
            return False
        before = run.epoch << KEY_BITS
        keys = array("q", [before | step for step in steps[1:]])
        for points, column in zip(found, block.columns, strict=True):
            self._points += points.extend(keys, array("d", column[1:]))
        run.step = steps[-1]
        run.rows += len(keys)
        return True

    def _begins_anew(self, run: GatheredRun, names: Iterable[str]) -> bool:
        key = run.key
        fewest = 3 if run.stepped else 2
        for name in names:
            points = run.series.get(name)
            if points is not None and len(points.keys) >= fewest and points.keys[0] >= key < points.last:
                return True
        return False

    def _new_run(self, old: GatheredRun, row: Row, names: Iterable[str]) -> GatheredRun:
        run = GatheredRun()
        if old.epochs_told:
            run.move(Row(epoch=float(old.epoch)), ())
        run.of_steps = old.of_steps
        run.move(row._replace(step=old.step if old.stepped else row.step), names)
        self._append_run(run)
        return run

    def _append_run(self, run: GatheredRun) -> None:
        if len(self.runs) >= _MOST_RUNS:
            self.runs_left_out += 1
            self.runs.pop()
        self.runs.append(run)

    def _put(self, run: GatheredRun, name: str, value: float) -> None:
        key = run.key
        points = run.series.get(name) or run.make_place(name)
        if points is None:
            return
        keys = points.keys
        if key > points.last:
            self._points += points.append(key, value)
            if self._points > _MOST_POINTS:
                self._thin_all()
            return
        if key < keys[max(-_DISORDER, -len(keys))]:
            run.resumes += 1
            run.facts["resumed_at"] = float(run.step)
            for series in run.series.values():
                run.repeated += series.cut(key)
            self._points = self._count()
            self._points += points.append(key, value)
            return
        place = bisect_left(keys, key)
        if keys[place] == key:
            points.values[place] = value
            run.repeated += 1
        else:
            keys.insert(place, key)
            points.values.insert(place, value)

    def _thin_all(self) -> None:
        for run in self.runs:
            for points in run.series.values():
                points.thin()
        self._points = self._count()

    def _count(self) -> int:
        return sum(len(points.keys) for run in self.runs for points in run.series.values())
