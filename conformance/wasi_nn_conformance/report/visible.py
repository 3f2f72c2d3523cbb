"""Text that is shown to people: nothing in it stays unseen."""

import re
import unicodedata

_SUSPECT = re.compile(r"[^\n\t -~]")  # what is not plain ASCII; nearly all of a page is


def visible(text: str) -> str:
    r"""Show characters that a reader would not see, or that would reorder the others, as escapes like \\x1b."""
    return _SUSPECT.sub(lambda found: _escape(found[0]) if _is_hidden(found[0]) else found[0], text)


def _is_hidden(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs")


def _escape(letter: str) -> str:
    number = ord(letter)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def is_web_address(text: str) -> bool:
    """Return whether text is an address that a page may link to: a script is none."""
    return re.fullmatch(r"https?://[^\s<>\"\\]+", text) is not None
