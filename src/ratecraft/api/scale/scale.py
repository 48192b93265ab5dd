"""`scale`: the rate of a run too expensive to tune, by a power law through the best rates of small runs.

Path:   script, arguments that are sizes -> a look at each size, the price -> grids of full runs of the small ones, each
        an ordinary search in a scratch mirror -> `Scaled`: the law, the rate of the target, its interval.

What has been run stands in the records of those searches, so the same command goes on where it was, and a finished one
trains nothing.
"""

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias, Unpack, cast

from ratecraft.api.programs.typed import typed_program
from ratecraft.api.running.run_study import run_study
from ratecraft.api.scale.looks import SizeSeen, seen_sizes
from ratecraft.api.scale.page import keep_law, write_scale_page
from ratecraft.api.search import describe_search
from ratecraft.api.studies.keywords import Running, ScriptKeywords, TaskKeywords, check_known, taking
from ratecraft.api.studies.script_study import ScriptStudy
from ratecraft.api.studies.study import Study
from ratecraft.api.studies.study_description import check_flags
from ratecraft.api.studies.task_study import is_task_name
from ratecraft.api.tune import hints_shown, run_shown
from ratecraft.controllers.scale.answer import KnownAxis, Scaled, SizeTried, known_axes, next_rates, scaled
from ratecraft.controllers.scale.rates import FIRST_RATES, LATER_RATES
from ratecraft.controllers.scale.scores import scores_by_rate
from ratecraft.controllers.scale.settings import ScaleKeywords, ScaleSettings, Sizes, size_text
from ratecraft.controllers.search.trial_jobs import with_argument
from ratecraft.controllers.settings.option import values_of, words_of
from ratecraft.errors import InvalidInput, NoAnswer
from ratecraft.recipes.scale_axes import AxisKind
from ratecraft.records.program import Program
from ratecraft.records.storage.study import StudyFolder, study_folder, study_name
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.scale.screen import ScalePrice, scale_json, scale_text
from ratecraft.reporting.text.language import choose_language
from ratecraft.reporting.text.page import page_of
from ratecraft.schedules.lengths import shown

RunStudy: TypeAlias = Callable[[Study], Summary]
"""Brings a search of one size to its answer."""


@dataclass(frozen=True, slots=True)
class ScaleStudy:
    """A law over sizes, as a command describes it.

    Attributes:
        script: The script as typed.
        arguments: The words behind it.
        settings: What decides.
        running: How its searches are run, by keyword.
        directory: The working folder.
        folder: Where the looks lie.
        command: The command that continues it.
    """

    script: str
    arguments: tuple[str, ...]
    settings: ScaleSettings
    running: Mapping[str, Any]
    directory: Path
    folder: StudyFolder
    command: str

    @property
    def program(self) -> Program:
        """The program of the target run."""
        return typed_program((self.script, *self.words(self.settings.target)), self.directory)

    def words(self, sizes: Sizes) -> tuple[str, ...]:
        """The script's arguments for these sizes."""
        words = self.arguments
        for axis, size in zip(self.settings.axes, sizes, strict=True):
            words = with_argument(words, axis.argument, size_text(size))
        return words

    def seen(self) -> "SeenScale":
        """A look at every size, the target among them; nothing is trained.

        Raises:
            InvalidInput: One of them does not train, the small ones cost more than the budget (`scale-budget`), or no
                rate above 0 was seen to begin with (`scale-no-rate`).
            ScriptFailed: One of them fails before its second step.
        """
        how = {name: self.running[name] for name in ("threads", "start_timeout", "hide") if name in self.running}
        sizes = (*self.settings.runs, self.settings.target)
        file = self.folder.path / "looks.json"
        looks = seen_sizes(self.script, map(self.words, sizes), file, self.directory, seed=self.settings.seed, **how)
        return SeenScale.of(self, {size: looks[self.words(size)] for size in sizes})

    def search(self, sizes: Sizes, rates: Sequence[float]) -> ScriptStudy:
        """Full runs of one size at some rates.

        Raises:
            InvalidInput: This is not a script (`scale-what`).
        """
        settings = self.settings
        own = {"argument": settings.seed_argument, "choices": list(range(settings.seeds))}
        seeds: dict[str, Any] = {"seed": own} if settings.seed_argument and settings.seeds > 1 else {}
        study = describe_search(
            self.script,
            self.words(sizes),
            method="grid",
            space={"rate": list(rates), **seeds},
            metric=settings.metric,
            seeds=1 if seeds else settings.seeds,
            steps=settings.steps,
            baseline=settings.baseline,
            seed=settings.seed,
            **self.running,
        )
        if not isinstance(study, ScriptStudy):
            raise InvalidInput("scale-what", given=self.script)
        return replace(study, command=self.command)


@dataclass(frozen=True, slots=True)
class SeenScale:
    """A law over sizes whose runs have been inspected.

    Attributes:
        study: The law as described.
        axes: The sizes, with what is published of them.
        begin: The rate to begin with.
        costs: Cost of one run of each small size, in runs of the target; the cheapest first.
        seeds: Runs with different seeds for each rate.
    """

    study: ScaleStudy
    axes: tuple[KnownAxis, ...]
    begin: float
    costs: Mapping[Sizes, float]
    seeds: int

    @classmethod
    def of(cls, study: ScaleStudy, looks: Mapping[Sizes, SizeSeen]) -> "SeenScale":
        """From a look at every size.

        Raises:
            InvalidInput: No rate was seen to begin with (`scale-no-rate`), or the budget is too small (`scale-budget`).
        """
        settings = study.settings
        target = looks[settings.target]
        axes = known_axes(settings, target.rule)
        found: dict[Sizes, float] = {}
        for sizes in settings.runs:
            typed: dict[AxisKind, float] = {
                axis.kind: size / axis.axis.target for axis, size in zip(axes, sizes, strict=True)
            }
            found[sizes] = looks[sizes].cost(target, typed)
        costs = {sizes: found[sizes] for sizes in sorted(found, key=lambda sizes: found[sizes])}
        begin = settings.rate or looks[next(iter(costs))].own_rate
        if begin is None:
            raise InvalidInput("scale-no-rate")
        seeds = settings.seeds if settings.seed_argument or not target.seeds_itself else 1
        seen = cls(study, axes, begin, costs, seeds)
        if settings.budget is not None and seen.price.target_runs > settings.budget:
            raise InvalidInput("scale-budget", budget=settings.budget, cost=seen.price.target_runs)
        return seen

    @property
    def price(self) -> ScalePrice:
        """The estimated cost."""
        settings, planned = self.study.settings, dict[Sizes, float]()
        for at, sizes in enumerate(self.costs):
            planned[sizes] = (LATER_RATES if at else FIRST_RATES) * self.seeds + settings.baseline
        total = sum(runs * self.costs[sizes] for sizes, runs in planned.items())
        return ScalePrice({settings.words(sizes): runs for sizes, runs in planned.items()}, total)


@dataclass(frozen=True, repr=False)
class ScaleResult:
    """A law over sizes. `print(result)` is the end screen.

    Attributes:
        scaled: All that was found.
        program: The program of the target run.
        study: Name of the folder where it is kept.
    """

    scaled: Scaled
    program: Program
    study: str

    @property
    def rate(self) -> float | None:
        """Peak rate of the target's leading group; None if there is no law."""
        return self.scaled.rate

    @property
    def interval(self) -> tuple[float, float] | None:
        """The target's rate with a nominal 90 % interval; None if there is no law."""
        return self.scaled.interval

    @cached_property
    def exponents(self) -> Mapping[str, tuple[float, float]]:
        """Argument to exponent and standard deviation; empty where no law is given."""
        law = self.scaled.law
        if law is None or self.scaled.refused:
            return {}
        names = (axis.axis.name for axis in self.scaled.axes)
        return {name: (found.value, found.sd) for name, found in zip(names, law.exponents, strict=True)}

    def report(self, file: str | Path) -> None:
        """Write the law as one HTML page that opens without a network, as `ratecraft report` does.

        Args:
            file: Where to; what is there is written over.

        Raises:
            InvalidInput: The file cannot be written (`report-not-written`).
        """
        write_scale_page(self.scaled, self.program, Path(file), choose_language(None, os.environ))

    def to_json(self) -> dict[str, Any]:
        """The same as `ratecraft scale --json` prints."""
        return scale_json(self.scaled, self.program, self.study)

    def __str__(self) -> str:
        page = page_of(sys.stdout, os.environ, choose_language(None, os.environ))
        return scale_text(self.scaled, self.program, page, study=self.study)

    def __repr__(self) -> str:
        refused = self.scaled.refused
        return f"ScaleResult({refused.code if refused else f'rate {self.rate:.3g}'})"


class _Keywords(ScaleKeywords, ScriptKeywords, total=False):
    """What `scale` takes."""


@taking(ScaleKeywords, ScriptKeywords, TaskKeywords, settings=ScaleSettings)
def scale(script: str | Path, arguments: Sequence[str] = (), **options: Unpack[_Keywords]) -> ScaleResult:
    """Predict the rate of a run too expensive to tune, from a power law through the best rates of small runs.

    Every small run is a full run, in a scratch mirror of the working folder. Of the target, only the first two steps
    run, at a rate of 0. The same call again continues where it stopped.

    Args:
        script: Path of a script, relative to the current folder, or the first word of a command as you type it.
        arguments: The script's own arguments, or the rest of the command.
        options: Those of `help`.

    Returns:
        The law, the rate of the target and its interval; or why there is none.

    Raises:
        InvalidInput: What was given does not allow a law, or it costs more than the budget.
        ScriptFailed: The user's own code fails.
        NoAnswer: The script never reports the metric to compare, or reports a different one at another size.
        Interrupted: Ctrl-C, or the time limit; the same call continues.
    """
    new, progress = options.pop("new", False), options.pop("progress", True)
    check_flags(new=new, progress=progress)
    with hints_shown():
        study = describe_scale(script, arguments, **options)

        def run(search: Study, *, new: bool) -> Summary:
            return run_shown(search, new=new, progress=progress)

        return run_scale(study.seen(), run, new=new)


def describe_scale(script: str | Path, arguments: Sequence[str] = (), **given: Any) -> ScaleStudy:
    """The law that is meant in the current folder; the arguments are those of `scale`.

    Raises:
        InvalidInput: One of them is of another kind, or this is not a script (`scale-what`).
    """
    check_known("scale", given, ScaleSettings, Running)
    if not isinstance(cast("object", script), str | Path) or is_task_name(script):
        raise InvalidInput("scale-what", given=shown(script))
    settings = ScaleSettings(**values_of(ScaleSettings, given))
    Running.of(given)
    running = {name: value for name, value in given.items() if name in Running.__slots__ or name == "executor"}
    running.pop("study", None)  # a search a size has a folder of its own
    directory, words = Path.cwd(), words_of(arguments)
    program = typed_program((str(script), *words), directory)
    decided_by = [f"{axis.argument}{axis.sizes}{axis.target}" for axis in settings.axes]
    name = study_name("scale", Path(program.word), (*words, *decided_by), directory)
    folder = StudyFolder(directory / given["study"]) if given.get("study") else study_folder(directory, name)
    return ScaleStudy(str(script), words, settings, running, directory, folder, _command(str(script), words, settings))


def run_scale(seen: SeenScale, run: Callable[..., Summary] = run_study, *, new: bool = False) -> ScaleResult:
    """Train the small runs that are not on record yet, and fit the law.

    Args:
        seen: The law, its runs looked at.
        run: Brings a search to its answer.
        new: Put earlier searches aside first.

    Raises:
        RatecraftError: Same as `scale`.
    """
    done = list[SizeTried]()
    for sizes, cost in seen.costs.items():
        now: SizeTried | None = None
        while octaves := next_rates(seen.axes, done, sizes, now):
            wanted = sorted({*(now.scores if now else ()), *octaves})
            search = seen.study.search(sizes, [seen.begin * 2.0**octave for octave in wanted])
            now = _tried(run(search, new=new and now is None), sizes, cost, wanted, now)
        if now is not None:
            done.append(now)
    _check_metrics(seen.study.settings, done)
    found, program, folder = scaled(seen.axes, seen.begin, done), seen.study.program, seen.study.folder
    keep_law(folder, found, program)
    return ScaleResult(found, program, folder.name)


def _tried(summary: Summary, sizes: Sizes, cost: float, octaves: Sequence[int], before: SizeTried | None) -> SizeTried:
    """What a search came to, its cost added to that of those before it."""
    scores, noise = scores_by_rate(summary.answer.search)
    return SizeTried(
        sizes,
        summary.answer.metric,
        dict(zip(octaves, (scores[rate] for rate in sorted(scores)), strict=True)),
        noise,
        summary.study,
        (before.runs if before else 0.0) + summary.costs.total_runs,
        (before.seconds if before else 0.0) + summary.costs.seconds,
        cost,
    )


def _check_metrics(settings: ScaleSettings, tried: Sequence[SizeTried]) -> None:
    """Refuse to compare the best rates of different figures.

    Raises:
        NoAnswer: There are some (`scale-metrics`).
    """
    metrics = {size.metric: settings.words(size.sizes) for size in tried}
    if len(metrics) > 1:
        (one, first), (other, second) = list(metrics.items())[:2]
        raise NoAnswer("scale-metrics", one=one.name, first=first, other=other.name, second=second)


def _command(script: str, words: Sequence[str], settings: ScaleSettings) -> str:
    varied = [f"{axis.argument} {{{','.join(map(size_text, axis.sizes))}}}" for axis in settings.axes]
    options = [word for argument in varied for word in ("--vary", argument.replace("= ", "="))]
    own = ("--", *words) if words else ()
    return shlex.join(("ratecraft", "scale", script, *options, "--target", settings.words(settings.target), *own))
