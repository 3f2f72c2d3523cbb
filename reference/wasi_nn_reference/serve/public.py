"""The files that everybody may read: what is in the folder `public`, and nothing else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

PUBLIC = "public"


class PublicFiles:
    """The folder `public` below `folder`, which need not be there."""

    def __init__(self, folder: Path) -> None:
        self._root = Path(os.path.realpath(folder / PUBLIC))
        self._is_there = self._root.is_dir()

    def file(self, parts: tuple[str, ...]) -> Path | None:
        """Return the file at a path, or the page of that name: `/about` is `about.html`, too."""
        if not parts:
            return None
        return self._at(*parts) or self._at(*parts[:-1], f"{parts[-1]}.html")

    def index(self, parts: tuple[str, ...]) -> Path | None:
        """Return the page that stands for a folder."""
        return self._at(*parts, "index.html")

    def not_found(self) -> Path | None:
        """Return the page for what is not there."""
        return self._at("404.html")

    def _at(self, *parts: str) -> Path | None:
        """Return a file that is in the folder, also where links lead; parts come from a client."""
        if not self._is_there or any(part in {"", ".", ".."} or set(part) & {"/", "\\", "\0"} for part in parts):
            return None
        path = os.path.realpath(self._root.joinpath(*parts))
        try:
            is_file = stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - the path is a string already
        except OSError:
            return None
        return Path(path) if is_file and Path(path).is_relative_to(self._root) else None
