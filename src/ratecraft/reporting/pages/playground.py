"""The playground: gradient descent that runs in the page, with three rates side by side.

Path:   words of a language -> `SitePage`; its scripts (`assets/playground/`) compute, draw and keep the state in the
        address. The scripts are loaded in the order in which they depend on each other.

Runs are described in the words of the diagnosis: the titles of its findings stand below the pictures.
"""

from collections.abc import Iterable
from typing import Final

from ratecraft.reporting.html.elements import Markup, element, joined, prose, text
from ratecraft.reporting.pages.frame import SitePage
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import all_sentences

LANES: Final = {"low": "÷ 10", "chosen": "", "high": "× 10"}
"""The three runs, and how the rate of each differs from the one that is set."""

SCRIPTS: Final = (
    "report/numbers.js",
    *(
        f"playground/{name}.js"
        for name in (
            *("random", "digits", "surface", "losses", "cut", "network", "optimizers", "schedules", "run", "verdict"),
            *("ramp", "bracket", "address", "words", "ink", "map", "lane", "chart", "rate_curve", "experiments"),
            *("stage", "controls", "clock", "laboratory", "page"),
        )
    ),
)

_HEAD = "site.playground."
_FINDINGS = {
    "diverging": "diverged",
    "collapsed": "collapsed-at-once",
    "oscillating": "zigzag",
    "ragged": "too-large-noise",
    "crawling": "too-small",
}
_PROBLEMS = {
    "one-weight": ("parabola", "waves"),
    "two-weights": ("bowl", "ravine", "saddle", "bumpy", "surface"),
    "net": ("digits",),
}
_OPTIMIZERS = {"sgd": "SGD", "momentum": "Momentum", "adam": "Adam", "rmsprop": "RMSprop", "adagrad": "AdaGrad"}
_SCHEDULES = ("constant", "step", "exponential", "cosine", "cyclical", "onecycle", "plateau", "drawn")
_DECADES = ("1e-5", "1e-4", "1e-3", "1e-2", "0.1", "1", "10")


def playground_page(language: str, *, is_served: bool = True) -> SitePage:
    """The playground in a language.

    Args:
        language: Code of a language, e.g. `ja`.
        is_served: Whether a server is behind it.

    Example:
        >>> playground_page("en").here
        'learn/playground.html'
    """
    page = Page(language)
    say = _Words(page)
    main = joined(
        element("h1", text(say("title"))),
        element("p", prose(say("lead")), class_="lead"),
        element("div", _stage(say), _controls(say), class_="playground"),
        _experiments(say),
        _about(say),
    )
    return SitePage(
        language=language,
        here="learn/playground.html",
        title=say("name"),
        main=main,
        styles=("playground/playground.css",),
        scripts=SCRIPTS,
        data={"words": _spoken(page)},
        width="wide",
        is_served=is_served,
    )


class _Words:
    """The playground's own words."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def __call__(self, name: str) -> str:
        return all_sentences(self.page.language)[_HEAD + name]


def _spoken(page: Page) -> dict[str, str]:
    """The sentences of the scripts by name; the scripts fill in the values in braces."""
    own = {key.removeprefix(_HEAD): words for key, words in all_sentences(page.language).items() if _HEAD in key}
    return own | {f"why-{word}": page.words(f"finding.{code}.title") for word, code in _FINDINGS.items()}


# ---- what is seen


def _stage(say: _Words) -> Markup:
    return element(
        "div",
        _rate(say),
        _transport(say),
        element("div", *(_lane(say, key) for key in LANES), class_="lanes"),
        element("div", _losses(say), _schedule(say), class_="curves"),
        element("p", id="told", class_="spoken", role="status"),
        _numbers(say),
        class_="stage",
    )


def _rate(say: _Words) -> Markup:
    label = element("label", text(say("rate")), Markup(" <var>α</var>"), for_="rate")
    shown = element("output", id="rate-text", for_="rate", aria_live="off")  # the slider announces its value itself
    # Forty positions for each decade; address.js maps them to rates.
    slider = element("input", type="range", id="rate", min="0", max="240", step="1", value="154")
    decades = element(
        "div", *(element("span", text(decade)) for decade in _DECADES), class_="decades", aria_hidden="true"
    )
    return element("div", element("p", label, shown), slider, decades, class_="rate")


def _transport(say: _Words) -> Markup:
    play = element("button", text(say("pause")), type="button", id="play", class_="main")
    rest = (element("button", text(say(name)), type="button", id=name) for name in ("step", "end", "restart"))
    speeds = ((name, say(f"speed-{name}")) for name in ("slow", "usual", "fast"))
    speed = element("select", *_options(speeds, "usual"), id="speed")
    return element(
        "div",
        play,
        *rest,
        element("label", text(say("speed")), Markup(" "), speed),
        element("span", id="progress", class_="progress"),
        class_="transport",
    )


def _lane(say: _Words, key: str) -> Markup:
    share = element("span", text(LANES[key] or say("yours")), class_="share")
    caption = element("figcaption", share, element("span", class_="own-rate"))
    told = element(
        "p",
        element("span", class_="sign", aria_hidden="true"),
        element("strong", class_="word"),
        element("span", class_="score"),
        class_="verdict",
    )
    canvas = element("canvas", class_="picture", role="img", aria_label=say(f"lane-{key}"))
    return element(
        "figure", caption, canvas, told, element("p", class_="why"), class_=f"lane stroke-{key}", data_lane=key
    )


def _losses(say: _Words) -> Markup:
    caption = element("figcaption", text(say("losses")))
    return element(
        "figure", caption, element("canvas", id="losses", role="img", aria_label=say("losses-described")), _legend()
    )


def _legend() -> Markup:
    dashes = {"low": "2 4", "chosen": "", "high": "7 4"}
    return element(
        "p",
        *(
            element(
                "span",
                element(
                    "svg",
                    element("line", x1="0", x2="28", y1="5", y2="5", stroke_dasharray=dashes[key]),
                    viewBox="0 0 28 10",
                    width="28",
                    height="10",
                    aria_hidden="true",
                    class_=f"stroke-{key}",
                ),
                text(f" α {share}"),
            )
            for key, share in LANES.items()
        ),
        class_="keys-of-lines",
        aria_hidden="true",
    )


def _schedule(say: _Words) -> Markup:
    drawing = element("svg", id="rates", role="group", aria_label=say("rates-described"))
    hint = element("p", text(say("draw-hint")), class_="hint")
    code = element("p", element("code", id="expression"), class_="expression")
    reach = element("p", id="reach", class_="hint reach-told")
    return element("figure", element("figcaption", text(say("rates"))), drawing, reach, hint, code)


def _numbers(say: _Words) -> Markup:
    names = (say("step-head"), *(f"α {share}".strip() for share in LANES.values()))
    head = element("thead", element("tr", *(element("th", text(name), scope="col") for name in names)))
    table = element("table", element("caption", text(say("numbers-caption"))), head, element("tbody"), id="numbers")
    return element("details", element("summary", text(say("numbers"))), element("div", table, class_="wide"))


# ---- what can be changed


def _controls(say: _Words) -> Markup:
    return element(
        "form",
        element("fieldset", element("legend", text(say("problem"))), *_problems(say), class_="problems"),
        element(
            "fieldset",
            element("legend", text(say("method"))),
            _select(say, "optimizer", _OPTIMIZERS.items()),
            _select(say, "schedule", ((name, say(f"schedule-{name}")) for name in _SCHEDULES)),
            _select(say, "warmup", ((number, f"{number} %") for number in ("0", "2", "5", "10", "20", "50"))),
            _select(say, "clip", (("0", say("off")), *((number, number) for number in ("0.1", "0.5", "1", "5", "20")))),
            class_="fields",
        ),
        element(
            "fieldset",
            element("legend", text(say("data"))),
            _select(say, "batch", ((number, number) for number in ("1", "4", "16", "64", "256"))),
            _select(say, "noise", (("0", say("off")), *((number, number) for number in ("0.5", "1", "2", "4")))),
            _select(say, "steps", ((number, number) for number in ("30", "60", "100", "200", "300", "600", "1000"))),
            element(
                "label",
                element("span", text(say("seed"))),
                element("input", type="number", name="seed", min="0", max="9999", value="0"),
            ),
            class_="fields",
        ),
        element(
            "p",
            element("button", text(say("link")), type="button", id="link"),
            element("button", text(say("fresh")), type="button", id="fresh"),
            class_="transport",
        ),
        id="controls",
        class_="controls",
    )


def _problems(say: _Words) -> Iterable[Markup]:
    for group, names in _PROBLEMS.items():
        choices = (
            element(
                "label",
                element("input", type="radio", name="problem", value=name),
                element("span", text(say(f"problem-{name}"))),
            )
            for name in names
        )
        yield element("div", element("p", text(say(group)), class_="group"), *choices, class_="choices")


def _select(say: _Words, name: str, options: Iterable[tuple[str, str]]) -> Markup:
    return element("label", element("span", text(say(name))), element("select", *_options(options), name=name))


def _options(options: Iterable[tuple[str, str]], selected: str = "") -> list[Markup]:
    return [element("option", text(words), value=value, selected=value == selected) for value, words in options]


# ---- what finds a rate, and the sources


def _experiments(say: _Words) -> Markup:
    buttons = (
        element("button", text(say(f"{name}-button")), type="button", id=name, aria_pressed="false")
        for name in ("ramp", "tuner")
    )
    findings = element(
        "div",
        element(
            "figure",
            element("figcaption", text(say("probes"))),
            element("canvas", id="probes", role="img", aria_label=say("probes-described")),
        ),
        element(
            "div",
            element("p", id="begun"),
            element("ol", id="tried"),
            element("p", id="ended", role="status"),
            element("p", element("button", type="button", id="take", class_="main", hidden=True)),
        ),
        id="findings",
        class_="findings",
        hidden=True,
    )
    return element(
        "section",
        element("h2", text(say("find"))),
        element("p", prose(say("find-lead"))),
        element("p", *buttons, class_="transport"),
        findings,
    )


def _about(say: _Words) -> Markup:
    points = (element("li", prose(say(f"about-{name}"))) for name in ("checked", "surface", "digits", "words"))
    return element("section", element("h2", text(say("about"))), element("ul", *points), class_="about")
