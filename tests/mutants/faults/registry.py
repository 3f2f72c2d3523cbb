"""Faults in the table of named graphs, and in what an error may tell."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mutant import WIT_08_19, WIT_10_28, WITX, module, mutant, replace, rewritten

if TYPE_CHECKING:
    from collections.abc import Callable

_GET = "named_graphs:NamedGraphs.get"
_LOOKUP = "graph = self._graphs.get(name)"
HOST = module("errors").__file__


def _fault(name: str, breaks: str, new: str, *, clauses: tuple[str, ...]) -> None:
    rewritten(f"registry/{name}", breaks, WITX, _GET, _LOOKUP, new, clauses=clauses)


_fault(
    "trimmed",
    "spaces around a name do not count",
    "graph = self._graphs.get(name.strip())",
    clauses=("load-by-name.unknown",),
)
_fault(
    "case-folded",
    "capitals in a name do not count",
    "graph = {each.lower(): value for each, value in self._graphs.items()}.get(name.lower())",
    clauses=("load-by-name.unknown", "load-by-name.registered"),
)
_fault(
    "prefix",
    "the beginning of a name is enough",
    "graph = next((value for each, value in self._graphs.items() if each.startswith(name)), None)",
    clauses=("load-by-name.unknown", "load-by-name.registered"),
)
_fault(
    "cut-at-nul",
    "a name ends at its first zero",
    "graph = self._graphs.get(name.partition('\\0')[0])",
    clauses=("load-by-name.unknown",),
)
_fault(
    "first-for-all",
    "every registered name stands for the first graph",
    "graph = next(iter(self._graphs.values()), None) if name in self._graphs else None",
    clauses=("load-by-name.registered",),
)
_fault(
    "any-name",
    "an unknown name stands for the first graph",
    "graph = self._graphs.get(name) or next(iter(self._graphs.values()), None)",
    clauses=("load-by-name.unknown", "load-by-name.is-no-path"),
)
_fault(
    "normalised",
    "a name is normalised as a path is",
    "graph = self._graphs.get(__import__('os').path.normpath(name))",
    clauses=("load-by-name.unknown", "load-by-name.is-no-path"),
)
_fault(
    "last-part",
    "of a name with slashes the last part counts",
    "graph = self._graphs.get(name.rpartition('/')[2])",
    clauses=("load-by-name.unknown", "load-by-name.is-no-path"),
)
_fault(
    "hangs",
    "an unknown name never gets an answer",
    _LOOKUP + "\n    while graph is None:\n        __import__('time').sleep(1)",
    clauses=("load-by-name.unknown", "load-by-name.is-no-path"),
)
_fault(
    "empty-name",
    "the empty name stands for the first graph",
    "graph = self._graphs.get(name) if name else next(iter(self._graphs.values()), None)",
    clauses=("load-by-name.unknown",),
)


def _telling(name: str, breaks: str, abis: tuple[str, ...] | str, place: Callable[[str], str]) -> None:
    """Register a host whose errors end with a place; `place` gives it by the code of the error, or nothing."""

    @mutant(f"errors/{name}", breaks, abis, clauses=("error.no-host-path",))
    def patch() -> None:
        errors = module("errors")
        healthy = errors.WasiNnError.__init__

        def telling(self: Any, code: Any, message: str) -> None:
            healthy(self, code, message)
            self.message += place(code.value)

        replace(errors.WasiNnError, "__init__", telling)


_telling("path", "the text of an error names the host's own folder", WIT_08_19, lambda _: f" (in {HOST})")
_telling("working-folder", "the text of an error names the working folder", WIT_10_28, lambda _: f" (in {Path.cwd()})")
_telling(
    "temporary-file",
    "the text of an error names a file that is gone, in the folder of such files",
    (WIT_08_19, WIT_10_28),
    lambda _: f" (in {tempfile.gettempdir()}/wasi-nn-7/model)",
)
_telling(
    "path-where-the-engine-fails",
    "an error of the engine names the host's own folder",
    WIT_10_28,
    lambda code: f" (in {HOST})" if code in {"unsupported_operation", "runtime_error"} else "",
)
_fault(
    "accents-composed",
    "a name is composed before it is looked up, whatever it was registered as",
    "graph = self._graphs.get(__import__('unicodedata').normalize('NFC', name))",
    clauses=("load-by-name.unknown", "load-by-name.registered"),
)
_fault(
    "ending-dropped",
    "the ending of a file does not count",
    "graph = self._graphs.get(name.removesuffix('.xml'))",
    clauses=("load-by-name.unknown", "load-by-name.registered"),
)
_fault(
    "percent-decoded",
    "a name is decoded as part of a URL is",
    "graph = self._graphs.get(__import__('urllib.parse').parse.unquote(name))",
    clauses=("load-by-name.unknown", "load-by-name.registered"),
)
_fault(
    "cut-at-200",
    "of a name 200 characters count",
    "graph = {each[:200]: value for each, value in self._graphs.items()}.get(name[:200])",
    clauses=("load-by-name.unknown", "load-by-name.registered"),
)
_fault(
    "sixteen-names",
    "the first sixteen names are known",
    "graph = dict(list(self._graphs.items())[:16]).get(name)",
    clauses=("load-by-name.registered",),
)
_fault(
    "folder-opened",
    "a name that leads to a folder with a model is that model",
    _LOOKUP
    + " or (read_model(Path(name), next(iter(registry.SERVED))) if Path(name, 'model.xml').is_file() else None)",
    clauses=("load-by-name.is-no-path",),
)
_fault(
    "file-opened",
    "a name that leads to the file of a model is that model",
    _LOOKUP
    + " or (read_model(Path(name).parent, next(iter(registry.SERVED)))"
    + " if name.endswith('/model.xml') and Path(name).is_file() else None)",
    clauses=("load-by-name.is-no-path",),
)
_fault(
    "url-opened",
    "a URL of a file that is there is opened",
    _LOOKUP
    + " or (read_model(Path(name[7:]).parent, next(iter(registry.SERVED)))"
    + " if name.startswith('file:///') and Path(name[7:]).name == 'model.xml' and Path(name[7:]).is_file() else None)",
    clauses=("load-by-name.is-no-path",),
)
for _name, _breaks, _spelled in (
    (
        "backslash-taken-off",
        "a backslash does not count in a name: it escapes what follows",
        "NAME.replace('\\\\', '')",
    ),
    ("plus-is-space", "a plus sign in a name stands for a space, as in the form of a page", "NAME.replace('+', ' ')"),
    ("dash-is-underscore", "a dash in a name counts as an underscore", "NAME.replace('-', '_')"),
    (
        "zero-width-unseen",
        "signs of no width do not count in a name",
        "NAME.replace('\\u200b', '').replace('\\ufeff', '')",
    ),
    ("quotes-taken-off", "quotation marks around a name do not count", "NAME.strip('\"')"),
    ("version-taken-off", "a name ends at a version", "NAME.partition('@')[0]"),
    ("query-taken-off", "a name ends as the path of a URL does", "NAME.partition('?')[0].partition('#')[0]"),
):
    _fault(
        _name,
        _breaks,
        f"graph = {{{_spelled.replace('NAME', 'each')}: value for each, value in self._graphs.items()}}"
        f".get({_spelled.replace('NAME', 'name')})",
        clauses=("load-by-name.unknown", "load-by-name.registered"),
    )
_fault(
    "pattern",
    "a name is searched for as a pattern",
    _LOOKUP
    + " or next((value for each, value in self._graphs.items()"
    + " if __import__('fnmatch').fnmatchcase(each, name)), None)",
    clauses=("load-by-name.unknown",),
)
_fault(
    "middle-unseen",
    "of an unknown name above 100 characters the first 64 and the last 16 count",
    _LOOKUP
    + " or next((value for each, value in self._graphs.items() if min(len(each), len(name)) > 100"
    + " and (each[:64], each[-16:]) == (name[:64], name[-16:])), None)",
    clauses=("load-by-name.unknown",),
)
_fault(
    "names-of-objects",
    "under what every object of JavaScript has, `constructor` and `__proto__`, the table finds the first graph",
    _LOOKUP
    + "\n    if name in ('constructor', '__proto__'):"
    + "\n        graph = next(iter(self._graphs.values()), None)",
    clauses=("load-by-name.registered", "load-by-name.unknown"),
)
rewritten(
    "registry/name-read-with-replacements",
    "bytes of a name that are no UTF-8 count as U+FFFD",
    WITX,
    "abi.witx.operations:Operations.load_by_name",
    "memory.read(name, length).decode()",
    "memory.read(name, length).decode(errors='replace')",
    clauses=("load-by-name.not-a-string",),
)
