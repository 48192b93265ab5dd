"""What the user of a training framework can do where a study has no answer.

Path:   frameworks that the script has loaded -> a decision whose sentence names the framework's own ways.
"""

from collections.abc import Container

from ratecraft.records.answer import Decision

_CODES = {"lightning": "way-on-lightning", "transformers": "way-on-transformers", "fastai": "way-on-fastai"}


def way_on(frameworks: Container[str]) -> tuple[Decision, ...]:
    """How to log a metric in the framework of a script, and to be warned without a study; empty without a framework.

    Lightning goes first: it loads others.

    Example:
        >>> [decision.code for decision in way_on(("transformers", "lightning"))]
        ['way-on-lightning']
    """
    return tuple(Decision(code) for name, code in _CODES.items() if name in frameworks)[:1]
