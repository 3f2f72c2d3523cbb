"""Words in braces for what an adapter's file cannot know: `{program}`, `{probe}`."""

import re
from collections.abc import Callable, Mapping, Sequence

from wasi_nn_conformance.formats.document import Document, InputError
from wasi_nn_conformance.formats.schema import Key
from wasi_nn_conformance.formats.suggestion import did_you_mean

# `${HOME}` is a shell's, `{"level": 1}` is JSON.
_PLACEHOLDER = re.compile(r"(?<!\$)\{[A-Za-z_]\w*\}")

_GENERAL = ("{program}", "{python}", "{cache}")
_KNOWN: Mapping[str, Sequence[str]] = {
    "command": (*_GENERAL, "{probe}", "{graphs}"),
    "version": _GENERAL,
    "graphs": (*_GENERAL, "{name}", "{directory}"),
    "environment": _GENERAL,
    "program": ("{python}", "{cache}"),
}


def check_placeholders(document: Document) -> None:
    """Raise `InputError` for a word in braces that stands for nothing where an adapter has it."""
    data = document.data
    for key in ("command", "version"):
        _check(document, (key,), data[key])
    for encoding, arguments in data.get("graphs", {}).items():
        _check(document, ("graphs", encoding), arguments)
    for variable, value in data.get("environment", {}).items():
        _check(document, ("environment", variable), [value])
    _check(document, ("program", "names"), data.get("program", {}).get("names", ()))
    if not any("{probe}" in part for part in data["command"]):
        raise document.error(("command",), "command: {probe} is missing, the file of the guest that the host is to run")
    if any("{graphs}" in part and part != "{graphs}" for part in data["command"]):
        raise document.error(("command",), "command: {graphs} stands for many arguments: make it one of its own")
    for key in ("command", "version"):
        if "program" not in data and "{program}" in _words(data[key]):
            raise document.error((key,), f"{key}: {{program}} stands for what [program] names: add that table")


def _check(document: Document, key: Key, texts: Sequence[str]) -> None:
    known = _KNOWN[str(key[0])]
    for word in _words(texts):
        if word in known:
            continue
        near = did_you_mean(word, known)
        # What a variable says in braces may well be for the host to read.
        if near or key[0] != "environment":
            raise _unknown(document, key, word, near)


def _unknown(document: Document, key: Key, word: str, near: str) -> InputError:
    where = ".".join(map(str, key))
    return document.error(
        key, f"{where}: {word} stands for nothing; known here: {', '.join(_KNOWN[str(key[0])])}{near}"
    )


def _words(texts: Sequence[str]) -> list[str]:
    return [word for text in texts for word in _PLACEHOLDER.findall(text)]


def filled(text: str, words: Mapping[str, Callable[[], str]]) -> str:
    """Return `text` with each word in braces replaced by what it stands for."""
    for word, value in words.items():
        if word in text:
            text = text.replace(word, value())
    return text
