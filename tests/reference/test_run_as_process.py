"""What only a process of its own shows: blocked guests, imports, pipes, the compiled-module cache."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import small_ir
from program import without_warnings
from wat_guests import LOOP, READ_STDIN, command, exiting, printing

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = [sys.executable, "-m", "wasi_nn_reference"]


@pytest.fixture
def guest(tmp_path: Path) -> Path:
    return tmp_path / "guest.wasm"


def started(command_line: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        command_line, stderr=subprocess.PIPE, text=True, check=False, timeout=60, **options
    )


def run(*words: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return started([*PROGRAM, *map(str, words)], stdout=subprocess.PIPE, **options)


def test_a_guest_blocked_on_its_input(guest: Path) -> None:
    guest.write_bytes(command(READ_STDIN))
    reader, writer = os.pipe()
    ended = run("run", "--timeout", "0.1", guest, stdin=reader)
    os.close(reader)
    os.close(writer)
    assert ended.returncode == 134
    assert "blocked in a call of the host" in ended.stderr


def test_a_guest_stuck_in_an_engine(guest: Path) -> None:
    # In place of an engine that hangs: one that waits for an event that never comes.
    guest.write_bytes(command("(drop (call $compute (i32.const 0)))"))
    program = (
        "import sys, threading; from wasi_nn_cli import program as cli; "
        "from wasi_nn_reference.abi.witx.operations import Operations;"
        "Operations.compute = lambda *_: threading.Event().wait(); sys.exit(cli.main())"
    )
    words = [sys.executable, "-c", program, "run", "--timeout", "0.1", str(guest)]
    ended = started(words, stdout=subprocess.PIPE)
    assert ended.returncode == 134
    assert ended.stderr.startswith("wasi-nn: the guest was ended")


def test_an_engine_that_overruns_leaves_busy_and_a_clean_end(guest: Path, tmp_path: Path) -> None:
    (tmp_path / "model.xml").write_bytes(small_ir.chain("Sigmoid", 2000))
    (tmp_path / "model.bin").write_bytes(b"")
    name = '(data (i32.const 256) "m")'
    guest.write_bytes(exiting("(call $load_by_name (i32.const 256) (i32.const 1) (i32.const 512))", more=name))
    ended = run("run", "--call-timeout", "0.01", "--graph", f"m=openvino::{tmp_path}", guest)
    assert (ended.returncode, without_warnings(ended.stderr)) == (
        4,
        "wasi-nn: 1 call of wasi-nn failed; --verbose says why\n",
    )


def test_an_interrupt_ends_a_guest_without_a_traceback(guest: Path) -> None:
    say = "(drop (call $fd_write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 8)))"
    guest.write_bytes(command(say + LOOP, more=r'(data (i32.const 64) "\48\00\00\00\01\00\00\00!")'))
    command_line = [*PROGRAM, "run", str(guest)]
    with subprocess.Popen(command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.read(1) == b"!"  # it runs
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (-signal.SIGINT, b"")


def test_a_reader_that_went_away(tmp_path: Path) -> None:
    (tmp_path / "model.xml").write_bytes(small_ir.identity())
    reader, writer = os.pipe()
    os.close(reader)
    ended = started([*PROGRAM, "inspect", str(tmp_path / "model.xml")], stdout=writer)
    os.close(writer)
    assert (ended.returncode, without_warnings(ended.stderr)) == (141, "")


def test_standard_streams_are_the_guests(guest: Path) -> None:
    guest.write_bytes(printing(READ_STDIN, 64, 1))
    assert run("run", guest, input="Q").stdout == "Q"


def imported(guest: Path, *options: str) -> tuple[int, set[str]]:
    program = (
        "import json, sys; from wasi_nn_cli import program as cli; status = cli.main();"
        "print(json.dumps([status, [name for name, module in sys.modules.items() if module is not None]]))"
    )
    words = [sys.executable, "-c", program, "run", *options, str(guest)]
    ended = started(words, stdout=subprocess.PIPE)
    status, names = json.loads(ended.stdout)
    return status, set(names)


def test_no_engine_is_imported_before_a_model_is_loaded(guest: Path) -> None:
    guest.write_bytes(exiting("(call $compute (i32.const 1))"))
    status, names = imported(guest)
    assert status == 1
    assert "wasmtime" in names
    assert not names & {"openvino", "numpy", "importlib.metadata", "wasi_nn_conformance"}


@pytest.mark.parametrize(("isolation", "engine"), [("process", set()), ("none", {"openvino"})])
def test_a_loaded_model_imports_its_engine_but_no_telemetry(
    guest: Path, tmp_path: Path, isolation: str, engine: set[str]
) -> None:
    (tmp_path / "model.xml").write_bytes(small_ir.identity())
    (tmp_path / "model.bin").write_bytes(b"")
    name = '(data (i32.const 256) "m")'
    guest.write_bytes(exiting("(call $load_by_name (i32.const 256) (i32.const 1) (i32.const 512))", more=name))
    status, names = imported(guest, "--isolation", isolation, "--graph", f"m=openvino::{tmp_path}")
    assert status == 0
    assert names & {"openvino", "openvino_telemetry"} == engine
