"""A run as a badge: `badge.json` for shields.io's endpoint, `badge.svg` to show as it is."""

import json
from xml.etree.ElementTree import Element, SubElement, tostring

from .data import Report
from .grid import result

LABEL = "wasi-nn"
_RIGHT, _UNCERTAIN, _WRONG = "2e7d32", "8a6100", "c62828"
_HEIGHT, _PADDING, _LETTER = 20, 8, 6.3  # units of the image; a letter of the font at 11 is about so wide


def badge_json(report: Report) -> str:
    """Write what shields.io's endpoint badge reads."""
    message, colour = _message(report)
    return json.dumps({"schemaVersion": 1, "label": LABEL, "message": message, "color": colour}) + "\n"


def badge_svg(report: Report) -> str:
    """Draw the badge."""
    message, colour = _message(report)
    left, right = (round(len(text) * _LETTER) + 2 * _PADDING for text in (LABEL, message))
    size = {"width": str(left + right), "height": str(_HEIGHT)}
    name = f"{LABEL}: {message}"
    image = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "role": "img", "aria-label": name})
    SubElement(image, "title").text = name
    SubElement(SubElement(image, "clipPath", id="round"), "rect", {**size, "rx": "3"})
    boxes = SubElement(image, "g", {"clip-path": "url(#round)"})
    texts = SubElement(
        image, "g", {"fill": "#fff", "font-family": "Verdana, DejaVu Sans, sans-serif", "font-size": "11"}
    )
    for text, start, width, fill in ((LABEL, 0, left, "444"), (message, left, right, colour)):
        place = {"x": str(start), "width": str(width), "height": str(_HEIGHT), "fill": f"#{fill}"}
        SubElement(boxes, "rect", place)
        # The width is given, so that a font of other width still fits.
        fitted = {"x": str(start + _PADDING), "y": "14", "textLength": str(width - 2 * _PADDING)}
        SubElement(texts, "text", fitted).text = text
    return tostring(image, encoding="unicode") + "\n"


def _message(report: Report) -> tuple[str, str]:
    """Return the words and the colour, as six hexadecimal digits."""
    totals = report.totals
    if totals.findings or totals.xpass or totals.error:
        return result(report), _WRONG
    nothing = not totals.passed + totals.deviates + totals.xfail and report.fuzz is None
    return result(report), _UNCERTAIN if totals.xfail or nothing or report.is_incomplete else _RIGHT
