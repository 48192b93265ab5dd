"""The page within a notebook, in an `iframe` that is isolated from the notebook around it.

Path:   a finished document -> the HTML that a notebook shows; frontends without HTML show text instead.
"""

import html

from ratecraft.reporting.text.page import Page


def frame(document: str, title: str, height: int = 720) -> str:
    """An `iframe` that holds the whole document, which runs in it without access to the notebook.

    Args:
        document: HTML of a whole page.
        title: Name for screen readers.
        height: CSS pixels.

    Example:
        >>> frame("<p>0.1 &lt; 0.2</p>", "Study")[:59]
        '<iframe title="Study" sandbox="allow-scripts allow-download'
    """
    return (
        f'<iframe title="{html.escape(title)}" sandbox="allow-scripts allow-downloads" '
        f'style="width: 100%; height: {height}px; border: 0" srcdoc="{html.escape(document)}"></iframe>'
    )


def folded(shown: str, language: str = "en") -> str:
    """A frame that opens on a click, so that scrolling through the notebook is not caught by it.

    Args:
        shown: HTML of a frame.
        language: Language of the label to click.
    """
    words = html.escape(Page(language).words("report.whole"))
    return f"<details><summary>{words}</summary>{shown}</details>"
