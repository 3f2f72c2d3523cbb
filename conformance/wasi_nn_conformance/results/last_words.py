"""What a host said when it died: the words, what of them is the same from run to run, and the place that they name."""

import re

_PARTS = re.compile(r"\n\s*(?:stack backtrace:|note: run with)")
# A program's own end, which other lines may only announce: how languages and their libraries put it.
_LOUD = re.compile(
    r"panicked|^panic: |fatal error|[Aa]ssert\w*\b.*\bfailed|[Aa]ssertion|terminate called|terminating due"
    r"|Sanitizer|^Traceback|\*\*\* .+ \*\*\*|free\(\)|malloc\(\)|double free|corrupt|[Uu]ncaught|[Uu]nhandled"
    r"|[Ss]egmentation fault|core dumped|\bSIG[A-Z]{3,}|^[A-Z]\w*(?:Error|Exception): "
)
_ERROR = re.compile(r"\b(?:error|trap(?:ped)?|fault|abort(?:ed|ing)?|fatal|exception)\b", re.IGNORECASE)
_SHOWN_WITHOUT = 3  # lines, where none tells of an end
_KEPT = 300  # characters of a pattern
_LOOKED_AT = 1000  # characters of a line

_SOURCE = r"[\w.@+-]+\.[A-Za-z]\w{0,4}:\d+(?::\d+)?"
_PLACE = re.compile(rf"(?:[\w.@+-]*[/\\])*{_SOURCE}|File \"(?P<file>[^\"]+)\", line (?P<line>\d+)")
_PATH = re.compile(rf"(?<![\w.@+-])(?:~|\.{{0,2}})(?:/[\w.@+-]+)*/(?:(?={_SOURCE})|[\w.@+-]*)")
_TYPE = re.compile(r"(?:[iuf]|bf|int|uint|float)(?:8|16|32|64)|utf-?8|x86_64|wasm(?:32|64)", re.IGNORECASE)
_WITH_DIGITS = re.compile(r"[\w.:+-]*\d[\w.:+-]*")
_DATE = re.compile(
    r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* +(?=\d)"
)
_RAISED = re.compile(r"[\w.]*(?:Error|Exception|Interrupt)\b")
_SLASH = r"[/\\]"
_DATA = re.compile(r"\[[^\]]*\]|\([^()]*\)")


def last_words(printed: str) -> str:
    """Return what a host said of its end, on one line: from the first panic or error on, without the backtrace.

    Folders and numbers of threads are left out, so that one cause reads the same on every machine.
    """
    lines = _lines(printed)
    return _one_line(_end_of_trace(_telling(lines)) or lines[-_SHOWN_WITHOUT:])


def _end_of_trace(lines: list[str]) -> list[str]:
    """Return the lines; of a trace of Python's the beginning, the innermost place and the end, where the reason is."""
    if not lines or not lines[0].startswith("Traceback"):
        return lines
    places = [line for line in lines if line.startswith('File "')]
    raised = [number for number, line in enumerate(lines) if _RAISED.match(line)]
    return [lines[0], *places[-1:], *(lines[raised[-1] :] if raised else ())] if places else lines


def pattern(printed: str) -> str:
    """Return a pattern of what a host that dies of the same prints in every run, on every machine, in every build.

    Of a log that tells of no end it is empty.
    """
    telling = _shortened(_telling(_lines(printed)))
    if not telling:
        return ""
    first, rest = telling[0], telling[1:]
    if first.startswith("Traceback"):
        kept = [steady(first), *(steady(line) for line in rest if _RAISED.match(line))][:2]
        return "*".join(kept)[:_KEPT].rstrip("*") + "*"
    # Rust tells the place in one line and the reason in the next.
    return steady(_one_line([first, *rest[: first.endswith(":")]]))[:_KEPT].rstrip("*") + "*"


def steady(words: str) -> str:
    """Return words with `*` for all that may be another next time: numbers, addresses, times, paths and data.

    Names of types and places in source files stay.
    """
    kept = _DATA.sub("*", _PATH.sub("*", _DATE.sub("*", words)))
    kept = _WITH_DIGITS.sub(lambda found: _steady_word(found[0]), kept)
    return re.sub(r"\*(?:[\s*.,:;]*\*)+", "*", kept)


def place(printed: str) -> str:
    """Return the place in a source file at which a host died, like `src/witx.rs:118:47`; nothing if it names none.

    Of a trace of calls it is the innermost: the last in Python's, the first in all others.
    """
    words = _one_line(_shortened(_telling(_lines(printed))))
    found = list(_PLACE.finditer(words))
    traced = [each for each in found if each["file"]]
    if traced:
        return f"{re.split(_SLASH, traced[-1]['file'])[-1]}:{traced[-1]['line']}"
    return "/".join(re.split(_SLASH, found[0][0])[-2:]) if found else ""


def _shortened(lines: list[str]) -> list[str]:
    """Return the beginnings of lines: the time to look for places and numbers grows with the square of a word."""
    return [line[:_LOOKED_AT] for line in lines]


def _one_line(lines: list[str]) -> str:
    kept = re.sub(r"(thread '[^']*') \(\d+\)", r"\1", " ".join(lines))
    return re.sub(r"(?<![\w.])(?:/[\w.@+-]+)+/(?=[\w.@+-]+/src/)", "", kept)


def _lines(printed: str) -> list[str]:
    return [line.strip() for line in _PARTS.split(printed)[0].splitlines() if line.strip()]


def _telling(lines: list[str]) -> list[str]:
    """Return the lines from the first that tells of an end; of an error, if none does."""
    for pattern in (_LOUD, _ERROR):
        for number, line in enumerate(lines):
            if pattern.search(line):
                return lines[number:]
    return []


def _steady_word(word: str) -> str:
    if _TYPE.fullmatch(word) or re.fullmatch(rf"{_SOURCE}:?", word):
        return word
    letters = re.match(r"[A-Za-z_][A-Za-z_-]*", word)
    # `worker12` keeps its name; what begins with a digit, or may be one in hexadecimal, does not.
    is_name = letters is not None and not re.fullmatch(r"[0-9a-fA-F]{6,}", word)
    return f"{letters[0]}*" if letters is not None and is_name else "*"
