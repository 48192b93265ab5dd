"""What the user decides about a law over sizes: its arguments, the small runs, and the run that the rate is for.

Path:   `--vary "--width {64,128,256}"`, `--target "--width 1024"` -> `ScaleSettings` -> the small runs.
Units:  sizes as the script's arguments count them; a budget is in runs of the target.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict, cast

from ratecraft.controllers.find.settings import SEEDS
from ratecraft.controllers.settings.option import METRIC, NUMBER, SEED, STEPS, Kind, Option, asked
from ratecraft.controllers.settings.tune import BASELINE
from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.scale_law import fewest_points
from ratecraft.records.metrics import Metric
from ratecraft.records.numbers import is_number
from ratecraft.schedules.lengths import shown

Sizes = tuple[float, ...]
"""One size for each axis, in the order of the axes."""

_VARIED = re.compile(r"(?P<argument>[^\s={]+(?:=|(?=\s)))\s*\{?(?P<sizes>[^{}\s=]+)\}?")
_FIXED = re.compile(r"(?P<argument>[^\s=]+(?:=|(?=\s)))\s*(?P<size>[^\s=]+)(?:\s+|$)")


class ScaleKeywords(TypedDict, total=False):
    """What decides a law over sizes, as `scale` takes it.

    Attributes:
        vary: Arguments of the script that are sizes, each with the small ones that are trained:
            `"--width {64,128,256}"`, or `{"--width": [64, 128, 256]}`. Of several, one is varied at a time.
        target: The same arguments for the run that the rate is for: `"--width 1024"`, or `{"--width": 1024}`.
        rate: Rate to begin with at the cheapest size. Default: the largest that the script itself sets.
        metric: Figure to compare, as `--metric`. Default: the validation loss where there is one.
        seeds: Runs of each rate, each with another seed: from 2 on the noise is measured, and weighs the points.
        seed_argument: The script's own argument for its seed, such as `--seed`. A script that sets its seed itself runs
            identically with every seed that ratecraft sets, so it is given 0, 1… here. Default: none.
        budget: Runs of the target that the small ones may cost, by weights and samples; nothing is begun if they would
            cost more. Default: no limit.
        baseline: Run each size as it is first, which shows the figure to compare and how long a run is.
        seed: Seed of every job.
    """

    vary: str | Sequence[str] | Mapping[str, Sequence[float]]
    target: str | Sequence[str] | Mapping[str, float]
    rate: float | None
    metric: str | Metric | None
    seeds: int
    seed_argument: str
    budget: float | None
    baseline: bool
    seed: int


@dataclass(frozen=True, slots=True)
class ScaleAxis:
    """One argument of the script that is a size.

    Attributes:
        argument: `--width`, or `model.width=` where argument and value are one word.
        sizes: The small ones, rising.
        target: The size of the run that the rate is for.
    """

    argument: str
    sizes: tuple[float, ...]
    target: float

    @property
    def name(self) -> str:
        """The name of the axis on the screen."""
        return self.argument.rstrip("=")


def size_text(size: float) -> str:
    """A size as the script takes it.

    Example:
        >>> size_text(64.0), size_text(0.25)
        ('64', '0.25')
    """
    return str(int(size)) if size == int(size) else repr(size)


def axes_of(vary: Any, target: Any) -> tuple[ScaleAxis, ...]:
    """Read the axes.

    Args:
        vary: `"--width {64,128,256}"`, several of these, or a mapping.
        target: `"--width 1024"`, several of these, or a mapping.

    Raises:
        InvalidInput: Nothing is varied, or there is no target (`scale-no-axis`), one of them has another form
            (`scale-vary`, `scale-target`), an argument is named twice (`scale-twice`), a size is not a number above 0
            (`scale-size`), or the two name different arguments (`scale-other-arguments`).

    Example:
        >>> axes_of("--width {64,256,128}", "--width 1024")
        (ScaleAxis(argument='--width', sizes=(64.0, 128.0, 256.0), target=1024.0),)
    """
    if not vary or not target:
        raise InvalidInput("scale-no-axis")
    varied = _named("scale-vary", vary, _varied)
    wanted = _named("scale-target", target, _fixed)
    if varied.keys() != wanted.keys():
        raise InvalidInput("scale-other-arguments", vary=", ".join(varied), target=", ".join(wanted))
    return tuple(
        ScaleAxis(name, tuple(sorted({_size(name, size) for size in sizes})), _size(name, wanted[name]))
        for name, sizes in varied.items()
    )


def _named(code: str, given: Any, read: Callable[[str], Iterable[tuple[str, Any]]]) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(cast("Mapping[str, Any]", given))
    found: dict[str, Any] = {}
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in cast("Sequence[Any]", texts)):
        raise InvalidInput(code, given=shown(given))
    for text in cast("Sequence[str]", texts):
        for name, value in read(text):
            if name in found:
                raise InvalidInput("scale-twice", argument=name)
            found[name] = value
    return found


def _varied(text: str) -> Iterable[tuple[str, list[str]]]:
    said = _VARIED.fullmatch(text.strip())
    if not said:
        raise InvalidInput("scale-vary", given=text)
    return [(said["argument"], said["sizes"].strip(",").split(","))]


def _fixed(text: str) -> Iterable[tuple[str, str]]:
    found, at, text = list[tuple[str, str]](), 0, text.strip()
    while at < len(text):
        said = _FIXED.match(text, at)
        if not said:
            raise InvalidInput("scale-target", given=text)
        found.append((said["argument"], said["size"]))
        at = said.end()
    return found


def _size(name: str, given: Any) -> float:
    try:
        size = float(given) if isinstance(given, str) or is_number(given) else 0.0
    except ValueError:
        size = 0.0
    if not 0 < size < float("inf"):
        raise InvalidInput("scale-size", argument=name, given=shown(given))
    return size


def _argument(name: str, given: Any) -> str:
    if not isinstance(given, str) or given.split() != [given]:
        raise InvalidInput("space-argument", given=shown(given))
    return given


_AS_GIVEN = Kind(lambda name, given: given, "python")
_VARY = Option("vary", _AS_GIVEN, "cli.scale.vary")
_TARGET = Option("target", _AS_GIVEN, "cli.scale.target")
_RATE = Option("rate", NUMBER, "cli.scale.rate", "usual")
_SEED_ARGUMENT = Option("seed_argument", Kind(_argument, "text", "ARGUMENT"), "cli.scale.seed-argument", "usual")
_BUDGET = Option("budget", NUMBER, "cli.scale.budget", "usual")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSettings:
    """What decides a law over sizes.

    Attributes:
        axes: The sizes.
        rate: Rate to begin with; None for the script's own.
        metric: The figure that is compared; None to choose one.
        seeds: Runs of each rate, each with its own seed.
        seed_argument: The script's own argument for its seed; empty for none.
        budget: Runs of the target that the small runs may cost; None for no limit.
        steps: Steps of a full run; None if the runs show them.
        baseline: Run each size as it is first.
        seed: Seed of every job.

    Raises:
        InvalidInput: There is no axis (`scale-no-axis`), or too few sizes to test a law (`scale-few-sizes`).

    Example:
        >>> axes = (ScaleAxis("--width", (32, 64, 128), 1024), ScaleAxis("--depth", (1, 2), 8))
        >>> ScaleSettings(axes=axes).runs
        ((32, 1), (64, 1), (128, 1), (32, 2))
    """

    axes: tuple[ScaleAxis, ...] = asked(_VARY, _TARGET, into=axes_of, default=())
    rate: float | None = asked(_RATE)
    metric: Metric | None = asked(METRIC)
    seeds: int = asked(replace(SEEDS, help="cli.scale.seeds", default=2))
    seed_argument: str = asked(_SEED_ARGUMENT, default="")
    budget: float | None = asked(_BUDGET)
    steps: int | None = asked(STEPS)
    baseline: bool = asked(BASELINE)
    seed: int = asked(SEED)

    def __post_init__(self) -> None:
        if not self.axes:
            raise InvalidInput("scale-no-axis")
        least = fewest_points(len(self.axes))
        if len(self.runs) < least or any(len(axis.sizes) < 2 for axis in self.axes):
            raise InvalidInput("scale-few-sizes", sizes=len(self.runs), least=least)

    @property
    def runs(self) -> tuple[Sizes, ...]:
        """The small runs: all axes at their smallest size, then each axis at its other sizes."""
        smallest = tuple(axis.sizes[0] for axis in self.axes)
        found = [smallest]
        for at, axis in enumerate(self.axes):
            found += [(*smallest[:at], size, *smallest[at + 1 :]) for size in axis.sizes[1:]]
        return tuple(found)

    @property
    def target(self) -> Sizes:
        """The run that the rate is for."""
        return tuple(axis.target for axis in self.axes)

    def words(self, sizes: Sizes) -> str:
        """The arguments to type for these sizes.

        Example:
            >>> ScaleSettings(axes=(ScaleAxis("--width", (32, 64, 128), 1024),)).words((64.0,))
            '--width 64'
        """
        pieces = (
            f"{axis.argument}{'' if axis.argument.endswith('=') else ' '}{size_text(size)}"
            for axis, size in zip(self.axes, sizes, strict=True)
        )
        return " ".join(pieces)
