"""Where the specification says something: lines of a file in one of its tagged release candidates."""

import re
from dataclasses import dataclass

from wasi_nn_conformance.abi.registry import TAGS

REPOSITORY = "https://github.com/WebAssembly/wasi-nn"
FILES = {"witx": "wasi-nn.witx", "wit": "wit/wasi-nn.wit"}
RELEASES = tuple(sorted({tag.release for tag in TAGS.values()}))
"""The tags of the repository that are known here."""

_URL = re.compile(
    rf"{re.escape(REPOSITORY)}/blob/(?P<tag>[^/]+)/(?P<file>[^#]+)"
    r"(?:#L(?P<first>\d+)(?:-L(?P<last>\d+))?)?"
)


@dataclass(frozen=True)
class Source:
    """Lines of a file under a tag, from the first to the last; the whole file where they are not known."""

    tag: str
    file: str
    lines: tuple[int, int] | None = None

    @property
    def url(self) -> str:
        """Return the address of these lines."""
        first, last = self.lines or (0, 0)
        return f"{REPOSITORY}/blob/{self.tag}/{self.file}" + (f"#{_span(first, last, 'L')}" if self.lines else "")

    @property
    def label(self) -> str:
        """Return file and lines for a reader: `wasi-nn.witx 61-66`, with the tag's date where it matters."""
        dated = self.file if self.file == FILES["witx"] else f"{self.file} {self.tag.removeprefix('0.2.0-rc-')}"
        return f"{dated}, {self.span}" if self.lines else dated

    @property
    def span(self) -> str:
        """Return the lines alone: `61-66`."""
        return _span(*self.lines) if self.lines else ""

    def touches(self, other: "Source") -> bool:
        """Return whether both have a line in common."""
        same = (self.tag, self.file) == (other.tag, other.file)
        if self.lines is None or other.lines is None:
            return same
        return same and self.lines[0] <= other.lines[1] and other.lines[0] <= self.lines[1]


def source_at(abi: str, span: str) -> Source:
    """Return the lines `span` (`61` or `61-66`) of the file that an ABI is declared in."""
    first, _, last = span.partition("-")
    tag = TAGS[abi]
    return Source(tag.release, FILES[tag.family], (int(first), int(last or first)))


def read_source(url: str) -> Source:
    """Read an address. Raises `ValueError` for a tag, a file or lines that cannot be."""
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError(f"{url!r} is no file of a tag in {REPOSITORY}")
    if found["tag"] not in RELEASES:
        raise ValueError(f"{found['tag']!r} is no tag that is known here: {', '.join(RELEASES)}")
    if found["file"] not in FILES.values():
        raise ValueError(f"{found['file']!r} is no file that is known here: {', '.join(FILES.values())}")
    if found["first"] is None:
        return Source(found["tag"], found["file"])
    first, last = int(found["first"]), int(found["last"] or found["first"])
    if not 0 < first <= last or (found["last"] and first == last):
        raise ValueError(f"{url!r} has no lines from a first to a later last one")
    return Source(found["tag"], found["file"], (first, last))


def _span(first: int, last: int, mark: str = "") -> str:
    return f"{mark}{first}" if first == last else f"{mark}{first}-{mark}{last}"
