"""The form that starts a study, if the site may do that.

Path:   folders and their scripts -> HTML; its script sends the choice as JSON.
"""

from collections.abc import Sequence
from pathlib import Path

from ratecraft.reporting.html.elements import Markup, element, joined, prose, text
from ratecraft.reporting.pages.pieces import choice, submit
from ratecraft.reporting.pages.studies.starting import VERBS
from ratecraft.reporting.text.page import Page


def start_form(scripts: Sequence[tuple[Path, Sequence[str]]], said: str, page: Page) -> Markup:
    """The form.

    Args:
        scripts: Each working folder with its scripts, in order.
        said: The output of studies that were started from here.
        page: Language of the page.
    """
    several = len(scripts) > 1
    options = [
        (f"{at}:{script}", f"{folder.name}/{script}" if several else script)
        for at, (folder, own) in enumerate(scripts)
        for script in own
    ]
    title = element("h2", text(page.words("site.start.title")))
    if not options:
        return element("section", title, element("p", prose(page.words("site.start.none"))))
    arguments = element(
        "p",
        element("label", text(page.words("site.start.arguments")), for_="arguments"),
        Markup('<textarea name="arguments" id="arguments" rows="3" spellcheck="false"></textarea>'),
        class_="field",
    )
    fields = element(
        "div",
        choice("verb", page.words("site.start.verb"), [(verb, verb) for verb in VERBS], VERBS[0]),
        choice("script", page.words("site.start.script"), options, options[0][0]),
        class_="fields",
    )
    answer = element("p", id="start-said", role="status")
    form = element(
        "form",
        fields,
        arguments,
        element("p", submit(page.words("site.start.button"), class_="main")),
        answer,
        id="start",
        action="../start",
        method="post",
        data_started=page.words("site.start.started"),
    )
    return element("section", joined(title, form, *_said(said, page)))


def _said(said: str, page: Page) -> list[Markup]:
    """The output of a study that was started here and could not go on, which says why."""
    if not said.strip():
        return []
    title = page.words("site.start.printed")
    shown = element("pre", element("code", text(said)), tabindex="0", role="region", aria_label=title)
    return [element("details", element("summary", text(title)), element("div", shown, class_="code"))]
