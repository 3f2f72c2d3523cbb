"""Compiled modules and components, kept in the user's cache folder by the content they were compiled from."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

from wasi_nn_cli.cache_folder import user_cache_folder

# What distinguishes our wasmtime configuration, and the bridge that components are compiled with; changes with them, so
# that old entries are not found.
_CONFIGURATION = "epochs,no-memory64,bridge-1"
_MAGIC = b"wasi-nn compiled module 1\n"
_DIGEST_SIZE = 32
CAPACITY = 512 << 20  # bytes of all entries together: some hundred guests, or twenty of JavaScript or Python


def cache_folder() -> Path | None:
    """Return where this user's cache is, None for a user without a home."""
    folder = user_cache_folder("wasi-nn")
    return None if folder is None else folder / "modules"


def user_cache() -> ModuleCache | None:
    """Return this user's cache; None for a user without a home, who compiles every guest anew."""
    from wasmtime import _ffi  # noqa: PLC0415 - imported by then for the guest

    folder = cache_folder()
    if folder is None:
        return None
    # Tells one installed build from another as surely as its version, without the time that
    # importlib.metadata takes; wasmtime also checks the version inside the entry.
    library = _ffi.filename.stat()
    return ModuleCache(folder, f"{library.st_size}-{library.st_mtime_ns}")


class ModuleCache:
    """One folder of entries, at most `capacity` bytes; of more, those that were not used for longest go.

    wasmtime runs what it deserialises, so an entry counts only if it lies in a folder and a file
    that belong to this user and that nobody else can write, and if its checksum is right. Whatever
    is wrong with an entry or the folder, the module is just compiled again.
    """

    def __init__(self, folder: Path, version: str, capacity: int = CAPACITY) -> None:
        self.folder = folder
        self._version = version
        self._capacity = capacity

    def path(self, wasm: bytes) -> Path:
        """Return where the compiled form of `wasm` is kept."""
        key = hashlib.sha256(f"{self._version}\n{_CONFIGURATION}\n".encode())
        key.update(wasm)
        return self.folder / f"{key.hexdigest()}.cwasm"

    def read(self, wasm: bytes) -> bytes | None:
        """Return the compiled form of `wasm`, or None if there is none that can be trusted."""
        try:
            with self.path(wasm).open("rb") as file:
                if not _private(self.folder.stat()) or not _private(os.fstat(file.fileno())):
                    return None
                entry = file.read()
                os.utime(file.fileno())  # it is used: see `_make_room`
        except OSError:
            return None
        body = entry[len(_MAGIC) + _DIGEST_SIZE :]
        if entry[: len(_MAGIC) + _DIGEST_SIZE] != _MAGIC + hashlib.sha256(body).digest():
            return None
        return body

    def write(self, wasm: bytes, compiled: bytes) -> None:
        """Keep `compiled`; whoever reads at the same time gets the old entry or the new one, whole."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".new-")  # made with mode 0600
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_MAGIC + hashlib.sha256(compiled).digest() + compiled)
                Path(temporary).replace(self.path(wasm))
            except OSError:
                Path(temporary).unlink()
            self._make_room()
        except OSError:
            pass  # a full disk or a read-only home costs only time

    def _make_room(self) -> None:
        """Delete what is too much, also what writers left that were ended, and entries of other builds of wasmtime."""
        held = 0
        with os.scandir(self.folder) as files:
            found = [(each.stat(follow_symlinks=False), each.path) for each in files]
        for status, path in sorted(found, key=lambda each: each[0].st_mtime_ns, reverse=True):
            if held + status.st_size <= self._capacity:
                held += status.st_size
            else:
                with contextlib.suppress(OSError):  # another process may have deleted it
                    Path(path).unlink()


def _private(status: os.stat_result) -> bool:
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
