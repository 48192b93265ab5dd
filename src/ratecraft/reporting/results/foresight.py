"""The prediction in words: before the final run on the screen, and beside the result at the end.

Path:   a proposal, or an `Answer` -> sentences.
Units:  the unit of the metric.
"""

from ratecraft.records.answer import Answer, Foreseen, Span
from ratecraft.records.events import Event, Proposed
from ratecraft.reporting.text.numbers import numbers_text
from ratecraft.reporting.text.page import Page


def foretold(event: Event, page: Page) -> str | None:
    """What is predicted for a final run when it is proposed, or the price of a proof; None for any other event."""
    if isinstance(event, Proposed) and event.price is not None:
        low, high = (f"{runs:.1f}" for runs in (event.price.low, event.price.high))
        return page.words("screen.proof.price", low=low, high=high)
    if not isinstance(event, Proposed) or event.foreseen is None or event.job.evaluate is None:
        return None
    said = event.foreseen
    low, middle, high, twice = numbers_text([said.final.low, said.final.middle, said.final.high, said.twice.middle])
    metric = event.job.evaluate.metric
    return page.words("screen.foresight.ahead", metric=metric, low=low, middle=middle, high=high, twice=twice)


def foresight_text(answer: Answer, page: Page) -> tuple[str, ...]:
    """What had been predicted, the result, and what twice the steps would give."""
    said = () if answer.foreseen is None else (_against(answer.foreseen, answer, page),)
    twice = answer.twice or (answer.foreseen.twice if answer.foreseen and answer.tuned is None else None)
    return (*said, *(() if twice is None else (_about(twice, page),)))


def _against(foreseen: Foreseen, answer: Answer, page: Page) -> str:
    span, came = foreseen.final, answer.tuned.final if answer.tuned else None
    low, middle, high, final = numbers_text([span.low, span.middle, span.high, came])
    how = "alone" if came is None else "held" if span.low <= came <= span.high else "missed"
    return page.words(f"screen.foresight.{how}", low=low, middle=middle, high=high, final=final)


def _about(span: Span, page: Page) -> str:
    low, middle, high = numbers_text([span.low, span.middle, span.high])
    return page.words("screen.foresight.twice", low=low, middle=middle, high=high)
