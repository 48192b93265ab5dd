"""Lines and words of a drawing, as SVG.

Units:  SVG units.
"""

from ratecraft.reporting.html.elements import Markup, element, text


def stroke(
    x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, dash: str = "", part: str = ""
) -> Markup:
    """A straight line."""
    ends = {"x1": f"{x1:.2f}", "y1": f"{y1:.2f}", "x2": f"{x2:.2f}", "y2": f"{y2:.2f}"}
    return element("line", stroke=colour, stroke_width=f"{width:g}", stroke_dasharray=dash, data_part=part, **ends)


def label(words: str, x: float, y: float, colour: str, anchor: str, weight: str = "") -> Markup:
    """Words on one line."""
    place = {"x": f"{x:.2f}", "y": f"{y:.2f}", "text_anchor": anchor, "font_weight": weight}
    return element("text", text(words), fill=colour, **place)
