"""The page within a notebook: a frame of its own, cut off from the notebook around it.

Path:   a finished document -> the HTML that a notebook shows; text stands beside it for whoever shows none.
"""

import html

from ratecraft.reporting.text.page import Page

__all__ = ["folded", "frame"]


def frame(document: str, title: str, height: int = 720) -> str:
    """A frame that holds the whole document; it runs in it without access to the notebook.

    Args:
        document: What `document` made.
        title: What a screen reader calls it.
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
    """A frame that is opened by a click, so that nobody is caught in its scroll bar on the way down the notebook.

    Args:
        shown: What `frame` made.
        language: Language of what is clicked.
    """
    words = html.escape(Page(language).words("report.whole"))
    return f"<details><summary>{words}</summary>{shown}</details>"
