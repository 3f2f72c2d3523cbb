"""A guest's standard streams: bytes and files in place of those of the process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from wat_guests import READ_STDIN, printing

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs
from wasi_nn_reference.wasmtime_host.deadline import Abandonment
from wasi_nn_reference.wasmtime_host.guest import Guest
from wasi_nn_reference.wasmtime_host.runner import Runner
from wasi_nn_reference.wasmtime_host.streams import Buffer, Pieces, Streams

ECHO = printing(READ_STDIN, 64, 1)
PROBE = Path(__file__).parents[2] / "guests" / "prebuilt" / "probe-wit-2024-10-28.wasm"


@pytest.fixture
def runner() -> Runner:
    return Runner(Abandonment())


def run(runner: Runner, wasm: bytes, streams: Streams) -> int:
    guest = Guest(("guest",), streams=streams)
    return runner.run(runner.load(wasm), guest, Host({}, NamedGraphs(), Limits()))


def test_bytes_in_and_out(runner: Runner) -> None:
    out = Buffer()
    assert run(runner, ECHO, Streams(stdin=b"Q", stdout=out)) == 0
    assert out.data == b"Q"


def test_bytes_in_and_out_of_a_component(runner: Runner) -> None:
    out = Buffer()
    assert run(runner, PROBE.read_bytes(), Streams(stdin=b'{"call":"hello"}\n', stdout=out)) == 0
    assert out.data.startswith(b'@@{"abi":"wit-2024-10-28"')


def test_pieces_in(runner: Runner) -> None:
    out = Buffer()
    assert run(runner, PROBE.read_bytes(), Streams(Pieces(17, iter((b'{"call":', b"", b'"hello"}\n'))), out)) == 0
    assert out.data.startswith(b'@@{"abi":"wit-2024-10-28"')


@pytest.mark.parametrize("pieces", [(b"Q",), (b"Q", b"QQ"), ()])
def test_pieces_of_another_size(runner: Runner, pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="the pieces do not have 2 bytes"):
        run(runner, ECHO, Streams(Pieces(2, pieces), Buffer()))


def test_no_bytes_in(runner: Runner) -> None:
    out = Buffer()
    assert run(runner, ECHO, Streams(stdin=b"", stdout=out)) == 0
    assert out.data == b"\0"


def test_files_in_and_out(runner: Runner, tmp_path: Path) -> None:
    asked, answered = tmp_path / "in", tmp_path / "out"
    asked.write_bytes(b"Q")
    assert run(runner, ECHO, Streams(stdin=asked, stdout=answered)) == 0
    assert answered.read_bytes() == b"Q"


@pytest.mark.parametrize("kind", ["file", "buffer"])
def test_standard_error(runner: Runner, tmp_path: Path, kind: str) -> None:
    file, buffer = tmp_path / "err", Buffer()
    wasm = printing("(i32.store8 (i32.const 64) (i32.const 33))", 64, 1, stream=2)
    assert run(runner, wasm, Streams(stderr=file if kind == "file" else buffer)) == 0
    assert (file.read_bytes() if kind == "file" else bytes(buffer.data)) == b"!"


def test_a_file_that_is_not_there(runner: Runner, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="stdin"):
        run(runner, ECHO, Streams(stdin=tmp_path / "nothing"))


def test_each_guest_has_its_own(runner: Runner) -> None:
    program = runner.load(ECHO)
    buffers = [Buffer() for _ in range(4)]

    def answer(number: int) -> int:
        streams = Streams(stdin=str(number).encode(), stdout=buffers[number])
        return runner.run(program, Guest(("guest",), streams=streams), Host({}, NamedGraphs(), Limits()))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(answer, range(4))) == [0] * 4
    assert [each.data for each in buffers] == [b"0", b"1", b"2", b"3"]


@pytest.mark.parametrize(("limit", "kept", "overflowed"), [(1, b"Q", False), (0, b"", True)])
def test_a_limit_of_output(runner: Runner, limit: int, kept: bytes, *, overflowed: bool) -> None:
    out = Buffer(limit)
    assert run(runner, ECHO, Streams(stdin=b"Q", stdout=out)) == 0
    assert (out.data, out.overflowed) == (kept, overflowed)
