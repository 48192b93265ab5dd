"""Seconds as text.

Units: seconds in; words of the page's language out.
"""

from ratecraft.reporting.text.page import Page

_MINUTE, _HOUR = 60, 3600


def duration_text(seconds: float, page: Page) -> str:
    """A measured time.

    Example:
        >>> [duration_text(each, Page()) for each in (4.26, 43, 372, 3900)]
        ['4.3 s', '43 s', '6 min 12 s', '1 h 5 min']
    """
    whole = round(seconds)
    if whole < _MINUTE:
        text = f"{seconds:.0f}" if seconds >= 10 or seconds == int(seconds) else f"{seconds:.1f}"
        return page.words("screen.duration.seconds", seconds=text)
    if whole < _HOUR:
        return page.words("screen.duration.minutes", minutes=whole // _MINUTE, seconds=whole % _MINUTE)
    minutes = round(seconds / _MINUTE)
    return page.words("screen.duration.hours", hours=minutes // 60, minutes=minutes % 60)


def about_text(seconds: float, page: Page) -> str:
    """An expected time, rounded to what can be known.

    Example:
        >>> [about_text(each, Page()) for each in (3, 48, 372, 9000)]
        ['~5 s', '~50 s', '~6 min', '~2.5 h']
    """
    if seconds < 55:
        step = 5 if seconds < 20 else 10
        return page.words("screen.about.seconds", seconds=max(step * round(seconds / step), step))
    if seconds < 1.5 * _HOUR:
        return page.words("screen.about.minutes", minutes=max(round(seconds / _MINUTE), 1))
    return page.words("screen.about.hours", hours=f"{seconds / _HOUR:.1f}".removesuffix(".0"))
