"""OpenVINO IR: an XML text, and weights beside it."""

from __future__ import annotations

# Only well-formedness is asked of expat; it expands no entities because a DOCTYPE is refused.
from xml.parsers import expat

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What tools leave around a text: a line feed before it, the zero that ends a string in C. The engine reads past both.
_AROUND = b" \t\r\n"
_BEHIND = _AROUND + b"\0"


def text_of(data: bytes) -> bytes:
    """Return a model without what is around its text."""
    return data.removeprefix(_BYTE_ORDER_MARK).lstrip(_AROUND).rstrip(_BEHIND)


def recognises(data: bytes) -> bool:
    """Return whether `data` is well-formed XML whose outermost element is `net`, as OpenVINO IR is."""
    text = text_of(data)
    if not text.startswith((b"<?xml", b"<net", b"<!--")):
        return False
    names: list[str] = []
    parser = expat.ParserCreate()

    def start(name: str, _attributes: dict[str, str]) -> None:
        if not names:
            names.append(name)

    def refuse(*_: object) -> None:
        raise expat.ExpatError("a document type is no part of IR")

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, LookupError, ValueError):
        return False
    return names == ["net"]
