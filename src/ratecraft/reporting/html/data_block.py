"""Values for a page's script, as JSON that lies in the page and is never executed.

Path:   words, charts, settings of a page -> a `script` element of another type -> its script reads it.
Source: HTML standard, "data block": a `script` whose type is not a JavaScript type is not executed.
"""

import json
from collections.abc import Mapping

from ratecraft.reporting.html.elements import Markup, element


def data_block(data: Mapping[str, object]) -> Markup:
    """The element that holds the values.

    Args:
        data: Plain JSON values; numbers are finite.

    Raises:
        ValueError: A number is not finite.

    Example:
        >>> data_block({"places": [0, 1]})
        '<script type="application/json" id="data">{"places":[0,1]}</script>'
    """
    plain = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    inert = plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return element("script", Markup(inert), type="application/json", id="data")
