"""Where to begin: the playground in two moods, one's own studies, the guide, and a whole study to look at.

Path:   words -> pieces of the start page and of the list that is still empty.
"""

from ratecraft.reporting.html.elements import Markup, element, joined, prose, text
from ratecraft.reporting.pages.pieces import code_to_copy
from ratecraft.reporting.text.page import Page

_LEARN = (("break", "playground.html#rate=0.4"), ("find", "playground.html#show=tuner"))
_DEMO = "ratecraft demo"


def ways(page: Page, learn: str, *, has_studies: bool = True) -> Markup:
    """The things one can do, each as a link with a sentence.

    Args:
        page: Language of the page.
        learn: Relative address of the folder of Learn; empty within it.
        has_studies: Whether one's own studies are included; False without a server, and on their own list.
    """
    named = [(name, f"{learn}{address}") for name, address in _LEARN]
    named += [("study", "../studies")] if has_studies else []
    items = (
        element(
            "li",
            element("a", text(page.words(f"site.ways.{name}")), href=address),
            element("p", prose(page.words(f"site.ways.{name}-text"))),
        )
        for name, address in [*named, ("guide", f"{learn}guide/index.html")]
    )
    return element("ul", *items, class_="ways")


def demo_section(page: Page) -> Markup:
    """How to see a whole study without a script of one's own."""
    title = page.words("site.ways.demo")
    said = element("p", prose(page.words("site.ways.demo-text")))
    return joined(element("h2", text(title)), said, code_to_copy(_DEMO, title, page))
