"""What the text of an error tells of the machine that the host runs on, and a guest has no business to know."""

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping

from wasi_nn_conformance.session import wit_calls, witx_calls
from wasi_nn_conformance.session.wire import Call, encode_request

# A path of at least two parts. What stands before it is no part of a name: `/src` is not in `crate/src/lib.rs`.
_PATH = re.compile(r"(?<![\w.@+-])/(?:[\w.@+-]+/)+[\w.@+-]*")
# Every machine has these, so they tell nothing. Other names in /dev and numbers in /proc are of this one.
_EVERYWHERE = re.compile(
    r"/sys/|/proc/(?!\d)|/dev/(?:fd/|(?:null|zero|full|u?random|tty|std(?:in|out|err)|shm|pts|mqueue)\b)"
)


def said_by_guest(requests: Iterable[Call]) -> bytes:
    """Return all that a guest has said in its calls: an error that repeats it tells nothing new."""
    return b"\n".join(part for request in requests for part in _parts(request))


def _parts(request: Call) -> Iterator[bytes]:
    yield encode_request(request)
    if isinstance(request, wit_calls.Load | witx_calls.Load):
        yield from request.builders


def disclosed(text: str, folders: Mapping[str, str], told: Callable[[], bytes]) -> list[str]:
    """Return what of the machine a text names: `folders` by what they are, and other paths that are there.

    Nothing that the guest was `told` or said counts, and no path of another machine, as programs keep that of the one
    on which they were built.
    """
    named = {what: folder for what, folder in folders.items() if _names(text, folder)}
    paths = {f"the path {path}": path for path in _paths_of_this_machine(text)}
    if not named and not paths:
        return []
    said = told()
    found = [what for what, folder in named.items() if folder.encode() not in said]
    return found or [what for what, path in paths.items() if path.encode() not in said]


def _names(text: str, folder: str) -> bool:
    """Return whether a text has the path of a folder: `/src` is not in `crate/src/lib.rs`, nor in `/srcs`."""
    return re.search(rf"(?<![\w.@+-]){re.escape(folder)}(?![\w.@+-])", text) is not None


def _paths_of_this_machine(text: str) -> list[str]:
    """Return the paths in a text that are there, or were in the folder of temporary files, which are soon gone."""
    passing = tempfile.gettempdir().rstrip("/") + "/"
    paths = [path.rstrip("./") for path in _PATH.findall(text)]
    return [
        path
        for path in dict.fromkeys(paths)
        if path.count("/") > 1 and not _EVERYWHERE.match(path) and (path.startswith(passing) or os.path.lexists(path))
    ]
