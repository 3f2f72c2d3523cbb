"""`wasi-nn run` in this process: exit statuses, what a guest gets, and what a user is told."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
import small_ir
from wat_guests import LOOP, command, compiled, exiting, printing

from wasi_nn_reference import cli
from wasi_nn_reference.abi import witx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


@pytest.fixture
def program(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Program]:
    before = signal.getsignal(signal.SIGINT)
    yield Program(tmp_path, capfd)
    signal.signal(signal.SIGINT, before)


# How a guest ends


def test_a_guest_that_returns(program: Program) -> None:
    assert program(command("")) == 0
    assert program.err == ""


@pytest.mark.parametrize("status", [0, 1, 7, 125])
def test_a_guest_that_exits(program: Program, status: int) -> None:
    assert program(exiting(f"(i32.const {status})")) == status
    assert program.err == ""


def test_a_guest_that_traps(program: Program) -> None:
    assert program(command("unreachable")) == 134
    assert program.err.startswith("wasi-nn: the guest trapped: ")
    assert "unreachable" in program.err
    assert program.err.count("\n") == 1


def test_a_guest_that_uses_up_its_stack(program: Program) -> None:
    assert program(command("(call $deeper)", more="(func $deeper (call $deeper) (call $deeper))")) == 134
    assert "stack" in program.err


def test_a_trap_before_start(program: Program) -> None:
    assert program(compiled('(module (func $f unreachable) (start $f) (func (export "_start")))')) == 134


def test_a_guest_that_loops_for_ever(program: Program) -> None:
    assert program(command(LOOP), "--timeout", "0.05") == 134
    assert program.err == "wasi-nn: the guest was ended: it ran for more than 0.05 s (--timeout)\n"


def test_a_guest_that_is_done_in_time(program: Program) -> None:
    assert program(exiting("(i32.const 3)"), "--timeout", "60") == 3


# Files that cannot be run


@pytest.mark.parametrize(
    ("guest", "complaint"),
    [
        (b"", "no WebAssembly module"),
        (b"(module)", "no WebAssembly module"),
        (b"\0asm\x01\0\0\0garbage", "does not compile"),
        (b"\0asm\x0d\0\x01\0", "exports no wasi:cli/run of WASI 0.2"),
        (compiled("(module)"), "exports no function _start"),
        (compiled('(module (global (export "_start") i32 (i32.const 0)))'), "exports no function _start"),
        (compiled('(module (import "env" "f" (func)) (func (export "_start")))'), "imports env.f, which is not served"),
        (
            compiled('(module (import "wasi_ephemeral_nn" "unload" (func)) (func (export "_start")))'),
            "wasi_ephemeral_nn.unload, which is not served",
        ),
        (
            compiled('(module (import "wasi_ephemeral_nn" "compute" (func)) (func (export "_start")))'),
            "incompatible import type",
        ),
        (compiled('(module (memory (export "memory") i64 1) (func (export "_start")))'), "does not compile"),
    ],
)
def test_a_file_that_is_refused(program: Program, guest: bytes, complaint: str) -> None:
    assert program(guest) == 1
    assert complaint in program.err
    assert program.err.count("\n") == 1


def test_an_unknown_import_is_answered_with_what_is_served(program: Program) -> None:
    program(compiled('(module (import "env" "f" (func)) (func (export "_start")))'))
    assert all(name in program.err for name in ("wasi_snapshot_preview1", *witx.FUNCTIONS))


def test_a_guest_that_is_not_there(program: Program) -> None:
    assert program.words("run", str(program.folder / "nothing.wasm")) == 1
    assert "No such file" in program.err


def test_a_guest_that_is_a_folder(program: Program) -> None:
    assert program.words("run", str(program.folder)) == 1
    assert program.err.count("\n") == 1


def test_memory_beyond_the_limit(program: Program) -> None:
    guest = command("", memory='(memory (export "memory") 3)')
    assert program(guest, "--max-guest-memory-bytes", "131072") == 1
    assert "memory" in program.err


def test_memory_that_grows_to_the_limit(program: Program) -> None:
    guest = exiting("(i32.and (memory.grow (i32.const 2)) (i32.const 1))")
    assert program(guest, "--max-guest-memory-bytes", "131072") == 1
    assert program(guest) == 1 & 1


# What a guest gets

ARGV = (
    "(drop (call $args_sizes_get (i32.const 16) (i32.const 20))) (drop (call $args_get (i32.const 32) (i32.const 256)))"
)
ENVIRON = ARGV.replace("args", "environ")


def test_arguments_after_the_guest_are_the_guests(program: Program) -> None:
    program(printing(ARGV, 256, 30), arguments=("--dir", "-h", "--", "x y"))
    assert program.out.rstrip("\0").split("\0") == ["guest.wasm", "--dir", "-h", "--", "x y"]


def test_environment(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_HERE", "here")
    monkeypatch.delenv("NOT_SET", raising=False)
    monkeypatch.setenv("SECRET", "hidden")
    program(printing(ENVIRON, 256, 60), "--env", "A=1=2", "--env", "FROM_HERE", "--env", "NOT_SET", "--env", "EMPTY=")
    assert program.out.rstrip("\0").split("\0") == ["A=1=2", "FROM_HERE=here", "EMPTY="]


@pytest.mark.parametrize("suffix", ["", "::", "::/models"])
def test_a_folder_is_mounted(program: Program, suffix: str) -> None:
    name = "/models" if suffix == "::/models" else str(program.folder)
    guest = printing(
        f"(drop (call $fd_prestat_dir_name (i32.const 3) (i32.const 256) (i32.const {len(name)})))", 256, len(name)
    )
    assert program(guest, "--dir", f"{program.folder}{suffix}") == 0
    assert program.out == name


def test_a_folder_that_is_not_there(program: Program) -> None:
    assert program(command(""), "--dir", "/no/such/folder") == 1
    assert program.err == "wasi-nn: --dir /no/such/folder: no such folder\n"


# wasi-nn

LOAD_DIGITS = "(call $load_by_name (i32.const 256) (i32.const 6) (i32.const 512))"
NAME = '(data (i32.const 256) "digits")'


@pytest.fixture
def digits(tmp_path: Path) -> str:
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "model.xml").write_bytes(small_ir.identity())
    (folder / "model.bin").write_bytes(b"")
    return str(folder)


@pytest.mark.parametrize("form", ["openvino::{}", "digits=openvino::{}"])
def test_a_named_graph(program: Program, digits: str, form: str) -> None:
    assert program(exiting(LOAD_DIGITS, more=NAME), "--graph", form.format(digits)) == 0


def test_a_graph_of_another_name(program: Program, digits: str) -> None:
    assert program(exiting(LOAD_DIGITS, more=NAME), "--graph", f"letters=openvino::{digits}") == 8


@pytest.mark.parametrize(
    "memory",
    ["", "(memory 1)", '(memory (export "heap") 1)', '(global (export "memory") i32 (i32.const 0))'],
    ids=["none", "not-exported", "another-name", "something-else"],
)
def test_a_guest_without_an_exported_memory(program: Program, memory: str) -> None:
    call = "(call $init_execution_context (i32.const 0) (i32.const 0))"
    # proc_exit needs a memory, too: so a guest that gets another errno traps.
    assert program(command(f"(if (i32.ne {call} (i32.const 3)) (then unreachable))", memory=memory)) == 0


def test_a_call_before_start_sees_memory(program: Program, digits: str) -> None:
    guest = exiting(
        "(global.get $errno)",
        more=f"(global $errno (mut i32) (i32.const 99)) {NAME}"
        f"(func $first (global.set $errno {LOAD_DIGITS})) (start $first)",
    )
    assert program(guest, "--graph", f"openvino::{digits}") == 0


@pytest.mark.parametrize(("grown", "status"), [(0, 1), (1, 0)])
def test_memory_that_grew_is_memory(program: Program, digits: str, grown: int, status: int) -> None:
    guest = exiting(
        LOAD_DIGITS.replace("(i32.const 512)", "(i32.const 65536)"),
        more=f"{NAME} (func $grow (drop (memory.grow (i32.const {grown})))) (start $grow)",
    )
    assert program(guest, "--graph", f"openvino::{digits}") == status


def test_memory_that_grew_between_calls_is_memory(program: Program, digits: str) -> None:
    far = LOAD_DIGITS.replace("(i32.const 512)", "(i32.const 65536)")
    guest = command(
        f"""(if (i32.ne {far} (i32.const 1)) (then (call $exit (i32.const 100))))
        (drop (memory.grow (i32.const 1)))
        (call $exit {far})""",
        more=NAME,
    )
    assert program(guest, "--graph", f"openvino::{digits}") == 0


def test_a_builder_of_2_gb(program: Program) -> None:
    records = r'(data (i32.const 64) "\00\00\00\00\00\00\00\80\00\00\00\00\00\00\00\00")'
    guest = exiting(
        "(call $load (i32.const 64) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 32))", more=records
    )
    assert program(guest) == 1


def test_a_reason_is_told_when_asked_for(program: Program) -> None:
    program(exiting("(call $compute (i32.const 5))"), "--verbose")
    assert program.err == "wasi-nn: compute: invalid_argument: 5 is no execution context handle\n"


def test_2022_numbers_are_an_option(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "model.xml").write_bytes(small_ir.identity("u8", (1,)))
    (folder / "model.bin").write_bytes(b"")
    data = (
        NAME
        + r'(data (i32.const 64) "\60\00\00\00\01\00\00\00\02\00\00\00\70\00\00\00\01\00\00\00")'
        + r'(data (i32.const 96) "\01\00\00\00")'
    )
    guest = command(
        f"""(drop {LOAD_DIGITS})
        (drop (call $init_execution_context (i32.load (i32.const 512)) (i32.const 516)))
        (call $exit (call $set_input (i32.load (i32.const 516)) (i32.const 0) (i32.const 64)))""",
        more=data,
    )
    graph = ("--graph", f"openvino::{folder}")
    assert program(guest, *graph, "--tensor-types", "2022") == 0
    assert program(guest, *graph) == 1


# The command line


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["run"],
        ["run", "--nonsense", "guest.wasm"],
        ["run", "--timeout", "soon", "guest.wasm"],
        ["run", "--timeout", "-1", "guest.wasm"],
        ["run", "--timeout", "nan", "guest.wasm"],
        ["run", "--precision", "bf16", "guest.wasm"],
        ["run", "--env", "=1", "guest.wasm"],
        ["run", "--max-graphs", "-1", "guest.wasm"],
        ["run", "--time", "1", "guest.wasm"],
        ["inspect"],
    ],
)
def test_a_wrong_command_line(program: Program, words: list[str]) -> None:
    assert program.words(*words) == 2
    assert "Traceback" not in program.err


@pytest.mark.parametrize("option", ["openvino:/tmp", "tensorflow::/tmp", "openvino::/no/such/folder"])
def test_a_graph_that_cannot_be_registered(program: Program, option: str) -> None:
    assert program(command(""), "--graph", option) == 1
    assert program.err.startswith("wasi-nn: ")


def test_version(program: Program) -> None:
    assert program.words("--version") == 0
    assert program.out.startswith("wasi-nn 0.")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["inspect", "--help"]])
def test_help(program: Program, words: list[str]) -> None:
    assert program.words(*words) == 0
    assert program.out.startswith("usage: wasi-nn")


@pytest.mark.parametrize("name", sorted(cli.ENGINES))
def test_an_engine_that_is_not_installed(program: Program, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def missing(_: str) -> object:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr("importlib.import_module", missing)
    assert program(command("")) == 1
    assert (
        program.err
        == f"wasi-nn: {name} is not installed; install it with: pip install 'wasi-nn-conformance[reference]'\n"
    )
