"""The program `wasi-nn` in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasi_nn_cli import program as cli

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def without_warnings(errors: str) -> str:
    """Return what a program wrote to standard error, without what a system lacks of what engines are shut in by."""
    return "".join(line for line in errors.splitlines(keepends=True) if ": this system has no " not in line)


class Program:
    """Runs `wasi-nn run` on a guest given as bytes; `out` and `err` are what came of the last run."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capfd = capfd
        self.out = self.err = ""

    def __call__(self, guest: bytes, *options: str, arguments: tuple[str, ...] = ()) -> int:
        path = self.folder / "guest.wasm"
        path.write_bytes(guest)
        return self.words("run", *options, str(path), *arguments)

    def words(self, *words: str) -> int:
        try:
            status = cli.main(list(words))
        except SystemExit as end:  # argparse ends the program by itself
            status = int(str(end.code))
        self.out, self.err = self._capfd.readouterr()
        return status
