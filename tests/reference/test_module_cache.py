from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from wat_guests import exiting

from wasi_nn_cli import program as cli
from wasi_nn_reference.wasmtime_host.cache import ModuleCache

if TYPE_CHECKING:
    from program import Program

WASM = b"some module"
COMPILED = b"its compiled form"


@pytest.fixture
def cache(tmp_path: Path) -> ModuleCache:
    return ModuleCache(tmp_path / "made" / "modules", "1")


def test_an_entry_is_found(cache: ModuleCache) -> None:
    cache.write(WASM, COMPILED)
    assert cache.read(WASM) == COMPILED


def test_an_empty_cache(cache: ModuleCache) -> None:
    assert cache.read(WASM) is None


def test_another_module_is_not_found(cache: ModuleCache) -> None:
    cache.write(WASM, COMPILED)
    assert cache.read(WASM + b"!") is None


def test_an_entry_of_another_version_is_not_found(cache: ModuleCache) -> None:
    cache.write(WASM, COMPILED)
    assert ModuleCache(cache.folder, "2").read(WASM) is None


@pytest.mark.parametrize("position", [0, 30, -1])
def test_a_changed_byte_is_noticed(cache: ModuleCache, position: int) -> None:
    cache.write(WASM, COMPILED)
    entry = bytearray(cache.path(WASM).read_bytes())
    entry[position] ^= 1
    cache.path(WASM).write_bytes(entry)
    assert cache.read(WASM) is None


@pytest.mark.parametrize("length", [0, 10, 40, 60])
def test_an_entry_that_was_cut_is_noticed(cache: ModuleCache, length: int) -> None:
    cache.write(WASM, COMPILED)
    cache.path(WASM).write_bytes(cache.path(WASM).read_bytes()[:length])
    assert cache.read(WASM) is None


def test_a_bad_entry_is_written_anew(cache: ModuleCache) -> None:
    cache.write(WASM, COMPILED)
    cache.path(WASM).write_bytes(b"")
    cache.write(WASM, COMPILED)
    assert cache.read(WASM) == COMPILED


def test_files_and_folder_are_private(cache: ModuleCache) -> None:
    cache.write(WASM, COMPILED)
    assert cache.path(WASM).stat().st_mode & 0o777 == 0o600
    assert cache.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_a_folder_that_others_can_write_is_not_trusted(cache: ModuleCache, mode: int) -> None:
    cache.write(WASM, COMPILED)
    cache.folder.chmod(mode)
    assert cache.read(WASM) is None


def test_an_entry_that_others_can_write_is_not_trusted(cache: ModuleCache) -> None:
    cache.write(WASM, COMPILED)
    cache.path(WASM).chmod(0o620)
    assert cache.read(WASM) is None


def test_an_entry_of_somebody_else_is_not_trusted(cache: ModuleCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write(WASM, COMPILED)
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    assert cache.read(WASM) is None


def test_nothing_but_the_entry_is_left(cache: ModuleCache) -> None:
    cache.write(WASM, COMPILED)
    assert list(cache.folder.iterdir()) == [cache.path(WASM)]


def test_a_failed_write_leaves_nothing(cache: ModuleCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "replace", fail)
    cache.write(WASM, COMPILED)
    assert list(cache.folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = ModuleCache(tmp_path / "file" / "modules", "1")
    cache.write(WASM, COMPILED)
    assert cache.read(WASM) is None


# At most so much


def aged(cache: ModuleCache, wasm: bytes, seconds: int) -> None:
    """Let the entry of `wasm` be last used so long ago."""
    used = cache.path(wasm).stat().st_mtime - seconds
    os.utime(cache.path(wasm), (used, used))


@pytest.fixture
def small(tmp_path: Path) -> ModuleCache:
    """A cache with room for two entries: `old`, last used before `new`."""
    cache = ModuleCache(tmp_path / "small", "1", capacity=3000)
    for age, name in ((20, b"old"), (10, b"new")):
        cache.write(name, bytes(1000))
        aged(cache, name, age)
    return cache


def kept(cache: ModuleCache) -> list[bytes]:
    return [name for name in (b"old", b"new", b"newest") if cache.path(name).exists()]


def test_what_was_not_used_for_longest_makes_room(small: ModuleCache) -> None:
    small.write(b"newest", bytes(1000))
    assert kept(small) == [b"new", b"newest"]


def test_what_was_read_is_used(small: ModuleCache) -> None:
    assert small.read(b"old") == bytes(1000)
    small.write(b"newest", bytes(1000))
    assert kept(small) == [b"old", b"newest"]


def test_what_is_larger_than_the_cache_is_not_kept(small: ModuleCache) -> None:
    small.write(b"newest", bytes(4000))
    assert kept(small) == [b"old", b"new"]


def test_what_an_ended_writer_left_is_deleted(small: ModuleCache) -> None:
    left = small.folder / ".new-1"
    left.write_bytes(bytes(2000))
    os.utime(left, (0, 0))
    small.write(b"newest", bytes(100))
    assert not left.exists()
    assert kept(small) == [b"old", b"new", b"newest"]


def test_the_folder_stands_in_the_help(program: Program, own_cache_folder: Path) -> None:
    program.words("run", "--help")
    folder = own_cache_folder / "wasi-nn" / "modules"
    assert f"itiskeptin{folder}(atmost512MiB)" in "".join(program.out.split())  # lines end anywhere


# Used by the program


@pytest.fixture
def guest(tmp_path: Path) -> str:
    path = tmp_path / "guest.wasm"
    path.write_bytes(exiting("(i32.const 5)"))
    return str(path)


def entries(folder: Path) -> list[Path]:
    return list((folder / "wasi-nn" / "modules").glob("*"))


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    import wasmtime  # noqa: PLC0415

    made: list[int] = []
    original = wasmtime.Module.__init__

    def counted(self: wasmtime.Module, engine: wasmtime.Engine, wasm: bytes) -> None:
        made.append(len(wasm))
        original(self, engine, wasm)

    monkeypatch.setattr(wasmtime.Module, "__init__", counted)
    return made


def test_a_guest_is_compiled_once(guest: str, own_cache_folder: Path, compilations: list[int]) -> None:
    assert [cli.main(["run", guest]) for _ in range(2)] == [5, 5]
    assert len(compilations) == 1
    assert len(entries(own_cache_folder)) == 1


def test_a_guest_without_the_cache(guest: str, own_cache_folder: Path, compilations: list[int]) -> None:
    assert [cli.main(["run", "--no-cache", guest]) for _ in range(2)] == [5, 5]
    assert len(compilations) == 2
    assert entries(own_cache_folder) == []


def test_a_corrupt_entry_is_compiled_and_written_anew(
    guest: str, own_cache_folder: Path, compilations: list[int]
) -> None:
    cli.main(["run", guest])
    (entry,) = entries(own_cache_folder)
    good = entry.read_bytes()
    entry.write_bytes(good[:-1])
    assert cli.main(["run", guest]) == 5
    assert len(compilations) == 2
    assert len(entry.read_bytes()) == len(good)


def test_an_entry_that_wasmtime_refuses_is_compiled_and_written_anew(
    guest: str, own_cache_folder: Path, compilations: list[int]
) -> None:
    wasm = Path(guest).read_bytes()
    cli.main(["run", guest])
    (entry,) = entries(own_cache_folder)
    foreign = ModuleCache(entry.parent, "any")
    foreign.write(wasm, b"compiled by another wasmtime")
    foreign.path(wasm).replace(entry)
    assert cli.main(["run", guest]) == 5
    assert len(compilations) == 2
