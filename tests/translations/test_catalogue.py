"""Mirrors ratecraft/translations: every code in the source has its words, in every language, and no word is left over.

Read from the syntax trees of the package, so that a sentence needed once a year is found today."""

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

import ratecraft.errors
from ratecraft.cli.main import _COMMANDS  # pyright: ignore[reportPrivateUsage]
from ratecraft.controllers.settings.option import GROUPS
from ratecraft.diagnosis.finding import Severity, Status
from ratecraft.errors import RatecraftError
from ratecraft.laws.rate_logs.rate_log import Kind
from ratecraft.recipes.presets import builtin_presets
from ratecraft.recipes.recipe import Confidence
from ratecraft.records.answer import Verdict
from ratecraft.records.job import Phase
from ratecraft.records.outcome import Ending
from ratecraft.reporting.findings.code_changes import COMMENTS
from ratecraft.reporting.pages.trying.building import BLOCKS
from ratecraft.reporting.pages.trying.tried import CODES, NUMBERS
from ratecraft.translations.catalogue import LANGUAGES, all_sentences, has_sentence, sentence

VERBS = ("tune", "find", "search")
SOURCE = Path(ratecraft.errors.__file__).parent
ERRORS = {name for name in ratecraft.errors.__all__ if issubclass(getattr(ratecraft.errors, name), RatecraftError)}
FAMILIES = {
    **dict.fromkeys(ERRORS, ("error", "message")),
    **{
        name: (name.lower(), "text")
        for name in ("Note", "Decision", "Reason", "Caution", "Change", "Finding", "Advice", "Undecided", "Check")
    },
}
KEY = re.compile(
    r"(?:cli|screen|report|site|error|note|decision|reason|caution|change|finding|advice|undecided|unjudged|arm|proof|check)"
    r"(?:\.[a-z0-9-]+)+"
)

VERDICTS = get_args(Verdict)
# Keys that are put together at run time: the part that is written in the source, and what may follow it.
DYNAMIC = {
    "cli.": tuple(f"{name}.{part}" for name in _COMMANDS for part in ("help", "short", "examples")),
    "screen.begins.": VERBS,
    "cli.heading.": GROUPS,
    "screen.folder.": ("tuned", "tuned-alone", "baseline", "baseline-alone"),
    "arm.": (
        *("as-it-is", "hundredth", "thirtieth", "lowest", "lower", "higher", "highest", "thirtyfold", "hundredfold"),
        *(
            "clipped",
            "warmed-up",
            "standardised",
            "undecayed",
            "held",
            "cooled",
            "one-batch",
            "one-batch-highest",
            "one-batch-lowest",
        ),
    ),
    "note.guard-": ("skip", "clip", "mend", "back", "cut", "stop", "end"),
    "proof.": tuple(
        f"{status}-{kind}" for status in get_args(Status) for kind in ("compared", "saved", "lost", "both-lost")
    ),
    "screen.comment.": tuple(sorted(COMMENTS)),
    "screen.proof.": ("rate", "loss", "validation", "against"),
    "screen.verdict.": (
        *(*VERDICTS, "gain-alone", "gain-diverged", "gain-plain", "gain-at-end", "no-final", "no-gain-plain"),
        *("search-best", "search-best-plain", "search-no-gain", "search-none"),
    ),
    "screen.meaning.": (
        *VERDICTS,
        "gain-diverged",
        "gain-at-end",
        "no-gain-contradicted",
        "no-gain-unsure",
        "no-final",
        "search",
        "search-no-gain",
        "search-none",
    ),
    "screen.state.": ("failed", "running", "unfinished", "finished", "unreadable", *VERDICTS),
    "screen.doubt.": (
        *("unlearned", "one-length", "open", "rising", "falling", "slows-itself"),
        *("halved", "turned", "beaten-by-probe"),
    ),
    "screen.phase.": get_args(Phase),
    "screen.ending.": tuple(ending.replace(" ", "-") for ending in Ending),
    "screen.mark.": (
        "training",
        "training-probes",
        "short-run",
        "rough",
        "at-edge",
        "moved",
        "length-unknown",
        "ramp-only",
    ),
    "screen.suggestion.": ("before-rise", "steepest", "valley", "minimum-tenth"),
    "screen.estimate.": ("work", "works", "probes", "ramp", "runs"),
    "screen.label.": (
        "folder",
        *("compared", "rate", "suggestions", "groups", "schedule", "why", "mind", "cost", "model", "study", "next"),
        *("parts", "trials", "foreseen"),
    ),
    "screen.rate.": ("larger", "smaller", "same", "interval", "between"),
    "report.stat.": ("larger", "smaller", "same"),
    "screen.compare.": ("own", "constant", "tuned", "trial", "final", "best"),
    "screen.cost.": ("evaluation", "recomputed", "runs", "steps"),
    "screen.plot.": ("min", "max"),
    "screen.picture.": ("length", "foreseen", "own", "tuned"),
    "screen.progress.": ("rate", "step", "loss", "score"),
    "screen.studies.": ("arguments", "study", "result", "rate", "score", "runs", "when"),
    "screen.remark.": (
        *("ends-early", "never-zero", "negative", "nothing", "first-zero", "jump", "rise-longer", "long-warm-up"),
        *("exponential-pace", "stair", "stair-length", "period", "restart-period"),
    ),
    "screen.plan.": ("factor", "initial", "nothing-run", "clip", "order"),
    "screen.plan.column.": (
        "name",
        "value",
        "range",
        "confidence",
        "source",
        "group",
        "rate",
        "factor",
        "decay",
        "initial",
    ),
    "screen.plan.answer.": ("bare", *get_args(Confidence)),
    "screen.plan.confidence.": get_args(Confidence),
    "screen.plan.unit.": ("epochs",),
    "screen.plan.label.": (
        *("seen", "change", "values", "schedule", "also", "groups", "tune", "why", "mind", "sources", "next"),
    ),
    "report.scale.": ("caption", "caption-moved", "caption-no-law", "law", "size", "target"),
    "screen.scale.label.": ("law", "runs", "cost", "next"),
    "screen.scale.column.": ("best", "interval", "score", "missed"),
    "screen.optimizer.": tuple(f"{key}.{part}" for key in builtin_presets().optimizers for part in ("scope", "not")),
    "screen.task.": tuple(builtin_presets().tasks),
    "screen.foresight.": ("held", "missed", "alone"),
    "screen.diagnosis.": (
        *get_args(Severity),
        *("sure", "likely", "perhaps", "steps", "epochs", "decide", "helps", "where", "at"),
    ),
    "screen.failure.": ("error", "script", "no-answer", "stopped"),
    "report.": ("reset", "download"),
    "site.place.": ("learn", "studies", "try"),
    "site.ways.": (
        *("break", "break-text", "find", "find-text"),
        *("study", "study-text", "guide", "guide-text"),
    ),
    "site.live.": ("connected", "lost", "paused", "pause", "resume", "stopping", "finished"),
    "site.playground.": (
        *("name", "title", "lead", "rate", "yours", "play", "pause", "again", "step", "end", "restart"),
        *("speed", "progress", "loss-now", "right", "losses", "losses-described", "rates", "rates-described"),
        *("reach", "draw-hint", "handle", "numbers", "numbers-caption", "step-head", "problem", "one-weight"),
        *("two-weights", "net", "method", "optimizer", "schedule", "warmup", "clip", "off", "data", "batch"),
        *("noise", "steps", "seed", "link", "copied", "fresh", "find", "find-lead", "probes"),
        *("probes-described", "edge", "chosen", "blown-up", "take", "about"),
    ),
    "site.playground.word-": (
        *("started", "diverging", "collapsed", "oscillating", "ragged"),
        *("crawling", "stuck", "converging", "arrived"),
    ),
    "site.playground.why-": ("started", "stuck", "converging", "arrived"),
    "site.playground.lane-": ("low", "chosen", "high", "told"),
    "site.playground.probe-": ("first", "up", "down", "near"),
    "site.playground.problem-": ("parabola", "waves", "bowl", "ravine", "saddle", "bumpy", "surface", "digits"),
    "site.playground.schedule-": (
        *("constant", "step", "exponential", "cosine", "cyclical", "onecycle", "plateau", "drawn"),
    ),
    "site.playground.speed-": ("slow", "usual", "fast"),
    "site.playground.ramp-": ("button", "begun", "edge", "open"),
    "site.playground.tuner-": ("button", "begun", "chosen", "nothing"),
    "site.playground.about-": ("checked", "surface", "digits", "words"),
    "site.run.": ("looking", "findings-failed"),
    "site.compare.": ("study", "result", "metric", "before", "after", "rate", "runs"),
    "site.try.block.": tuple(BLOCKS),
    "site.try.drop.": ("last", "all"),
    "site.try.code.": CODES,
    "site.plan.field.": ("optimizer", "task", "schedule", *NUMBERS),
    "screen.preview.": ("steps", "share", "from", "to"),
    "site.live.title.": ("running", "unfinished", "failed", "finished"),
    "report.extremes.": (
        *("title", "title-low", "title-high", "too-low", "too-high", "near", "low-looks", "high-looks"),
    ),
    "report.theme.": ("auto", "light", "dark"),
    "report.bracket.": (
        *("rate", "steps", "ended", "why", "caption", "caption-trials", "caption-response", "caption-response-of"),
        *("fit", "response", "response-low", "response-high", "title", "title-scores"),
    ),
    "report.trials.": ("enough", "all-needed", "lucky", "unlucky"),
    "report.ramp.": ("before-rise", "steepest", "valley", "minimum-tenth"),
    "report.foresight.": (
        *("expected", "low", "high", "came", "final", "before", "twice"),
        *("band-low", "band-high"),
    ),
    "report.cost.": (
        *("phase", "jobs", "steps", "runs", "time", "evaluation", "recomputed"),
        *("ended", "rate", "from", "to", "score"),
    ),
    "report.diagnosis.": ("loss", "val_loss", "rate"),
    "report.diagnosis.best.": ("loss", "val_loss", "rate"),
    "screen.schedule.": get_args(Kind),
    "screen.schedule.way.": ("linear", "cosine", "1-sqrt", "polynomial", "exponential", "inverse-sqrt"),
    "report.environment.": (
        *("script", "arguments", "hash", "study", "begun", "ratecraft", "torch", "threads", "seed", "budget"),
        *("horizon", "optimizer", "parameters", "samples", "dataset", "frameworks"),
    ),
    "screen.parts.": ("share", "frozen", "one", "of-body", "of-head", "score"),
    "screen.doctor.": (
        *(
            "python",
            "system",
            "torch",
            "cuda",
            "forks",
            "overlay",
            "landlock",
            "cores",
            "memory",
            "shared-memory",
            "folder",
        ),
        *("file-system", "scratch", "frameworks", "search", "ray", "ui", "guide", "browser", "terminal", "language"),
        *("replay", "scaler", "tensor-rates", "memory-rule", "placement", "ranks", "gpu-file"),
        *("limited", "able", "not-able", "gpu-limited", "gpu-able", "gpu-not-able"),
    ),
    "screen.depth.": ("layer", "rate", "factor", "values", "decay"),
    "decision.parts-": ("told", "loaded", "name", "frozen", "last"),
    "decision.ramp-": ("few-points", "not-training", "flat", "noisy"),
    "decision.horizon-": ("run", "framework", "loops", "scheduler", "census", "steps"),
}


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    files = sorted(SOURCE.rglob("*.py"))
    return tuple((str(file.relative_to(SOURCE)), ast.parse(file.read_text(encoding="utf-8"))) for file in files)


def constants(node: ast.AST) -> Iterator[str]:
    """Every text that an expression may come to, as far as the tree shows it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)


def coded_calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Where it stands, name of the class, call: every making of an error, a note or a decision."""
    for file, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in FAMILIES:
                    yield f"{file}:{node.lineno}", name, node


@cache
def texts_in_source() -> frozenset[str]:
    found = (node.value for _, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return frozenset(text for text in found if isinstance(text, str)) | codes_in_presets()


def codes_in_presets() -> frozenset[str]:
    """The cautions that are data."""
    presets = builtin_presets()
    recipes = (
        *(*presets.optimizers.values(), *presets.tasks.values(), *presets.schedules.values()),
        *(each for task in presets.tasks.values() for each in task.optimizers.values()),
    )
    return frozenset(code for recipe in recipes for code in recipe.cautions)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def values_given(call: ast.Call) -> set[str] | None:
    """Names of the values of a call; None where the tree does not show them."""
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    given = {keyword.arg for keyword in call.keywords if keyword.arg and keyword.arg != "values"}
    mappings = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "values")]
    for mapping in mappings:
        if not isinstance(mapping, ast.Dict) or not all(isinstance(key, ast.Constant) for key in mapping.keys):
            return None
        given |= {str(key.value) for key in mapping.keys if isinstance(key, ast.Constant)}
    return given


def sample(spec: str) -> object:
    if spec.endswith(("d", ",")):
        return 3
    return 0.0123 if spec else "x"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_rooms_keys_and_placeholders(language: str) -> None:
    files = (SOURCE / "translations" / language).glob("*.toml")
    rooms = {file.stem: set(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files}
    assert [room for room, heads in rooms.items() if heads != {room}] == []
    own, english = all_sentences(language), all_sentences("en")
    assert own.keys() == english.keys()
    assert [key for key, text in english.items() if placeholders(text) != placeholders(own[key])] == []


def test_every_error_note_and_decision_of_the_source_has_its_sentence() -> None:
    missing = list[str]()
    for place, name, call in coded_calls():
        family, part = FAMILIES[name]
        keys = [f"{family}.{code}.{part}" for code in constants(call.args[0])]
        missing += [f"{place} {key}" for key in keys if not has_sentence(key)]
    assert missing == []


def test_every_caution_of_the_presets_has_its_sentence() -> None:
    assert sorted(code for code in codes_in_presets() if not has_sentence(f"caution.{code}.text")) == []


def test_every_placeholder_gets_its_value_where_the_source_shows_the_values() -> None:
    hungry = list[str]()
    for place, name, call in coded_calls():
        family, _ = FAMILIES[name]
        given = values_given(call)
        for code in constants(call.args[0]) if given is not None else ():
            for part in ("message", "hint", "text"):
                lacking = placeholders(all_sentences("en").get(f"{family}.{code}.{part}", "")) - (given or set())
                hungry += [f"{place} {code} {sorted(lacking)}"] if lacking else []
    assert hungry == []


def test_every_key_that_is_written_out_in_the_source_exists() -> None:
    written = {text for text in texts_in_source() if KEY.fullmatch(text)}
    assert sorted(key for key in written if not has_sentence(key)) == []


def test_every_key_that_is_put_together_is_announced_here() -> None:
    heads = set[str]()
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                heads.add(str(node.values[0].value))
    for _, name, call in coded_calls():
        code = call.args[0]
        if isinstance(code, ast.JoinedStr) and isinstance(code.values[0], ast.Constant):
            heads.add(f"{FAMILIES[name][0]}.{code.values[0].value}")
    families = {f"{family}." for family, _ in FAMILIES.values()}  # the families are covered by their own calls
    assert {head for head in heads if KEY.match(head) or head.startswith("decision.")} - families <= DYNAMIC.keys()


@pytest.mark.parametrize("head", DYNAMIC)
def test_every_key_that_is_put_together_exists(head: str) -> None:
    tail = ".text" if head.startswith(("decision.", "note.")) else ""
    assert [end for end in DYNAMIC[head] if not has_sentence(f"{head}{end}{tail}")] == []


def test_no_sentence_is_left_over() -> None:
    announced = {f"{head}{end}" for head, ends in DYNAMIC.items() for end in ends}
    used = texts_in_source()

    def is_used(key: str) -> bool:
        family, code = key.split(".")[:2]
        if family in ("code", "source"):  # found again in text; test_rewording
            return True
        if family in (
            "error",
            "note",
            "decision",
            "reason",
            "caution",
            "change",
            "finding",
            "advice",
            "undecided",
            "unjudged",
            "check",
        ):
            return code in used or f"{family}.{code}" in announced
        return key in used or key in announced

    assert [key for key in all_sentences("en") if not is_used(key)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_said(language: str) -> None:
    for key, text in all_sentences(language).items():
        values = {name: sample(spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name}
        assert sentence(key, language, values).count("{") == text.count("{{"), key  # doubled ones are meant
