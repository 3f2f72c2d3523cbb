"""The prebuilt witx guests, run on a host of `wasi_ephemeral_nn` that each test writes itself."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import wasmtime

PREBUILT = Path(__file__).resolve().parents[2] / "guests" / "prebuilt"

# Parameters of each function, every one an i32 (wasi-nn.witx).
FUNCTIONS = {
    "load": 5,
    "load_by_name": 3,
    "init_execution_context": 2,
    "set_input": 3,
    "compute": 1,
    "get_output": 5,
}


@dataclass(frozen=True)
class Memory:
    """The guest's memory as a host function sees it."""

    caller: wasmtime.Caller

    @property
    def _memory(self) -> wasmtime.Memory:
        memory = self.caller["memory"]
        assert isinstance(memory, wasmtime.Memory)
        return memory

    @property
    def size(self) -> int:
        return self._memory.data_len(self.caller)

    def read(self, address: int, length: int) -> bytes:
        data = bytes(self._memory.read(self.caller, address, address + length))
        assert len(data) == length, f"{length} bytes at {address} are outside memory"
        return data

    def write(self, address: int, data: bytes) -> None:
        self._memory.write(self.caller, data, address)

    def u32(self, address: int, count: int = 1) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", self.read(address, 4 * count))

    def put_u32(self, address: int, value: int) -> None:
        self.write(address, struct.pack("<I", value))


HostFunction = Callable[..., int]


@dataclass
class Outcome:
    """How a guest ended: `code` of proc_exit or of its return, or a trap."""

    stdout: bytes
    stderr: str
    code: int | None = None
    trap: wasmtime.TrapCode | None = None
    calls: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)

    @property
    def replies(self) -> list[dict[str, Any]]:
        lines = self.stdout.decode().splitlines()
        assert all(line.startswith("@@") for line in lines)
        return [json.loads(line[2:]) for line in lines]


@cache
def engine() -> wasmtime.Engine:
    # Not at import: pytest installs its fault handler after that, and would take the signals of wasmtime's traps.
    return wasmtime.Engine()


@cache
def module(name: str) -> wasmtime.Module:
    return wasmtime.Module.from_file(engine(), str(PREBUILT / f"{name}.wasm"))


def refuse(_memory: Memory, *_arguments: int) -> int:
    return 1


@dataclass
class Guest:
    """One guest program; `functions` take a Memory and unsigned arguments, the others answer errno 1."""

    name: str
    folder: Path
    functions: dict[str, HostFunction] = field(default_factory=dict)

    def run(self, stdin: bytes = b"", argv: Sequence[str] = (), shared: Path | None = None) -> Outcome:
        compiled = module(self.name)
        files = {name: self.folder / name for name in ("stdin", "stdout", "stderr")}
        files["stdin"].write_bytes(stdin)
        wasi = wasmtime.WasiConfig()
        wasi.argv = [self.name, *argv]
        wasi.stdin_file, wasi.stdout_file, wasi.stderr_file = (str(path) for path in files.values())
        if shared is not None:
            wasi.preopen_dir(str(shared), "/")
        calls: list[tuple[str, tuple[int, ...]]] = []
        store = wasmtime.Store(engine())
        store.set_wasi(wasi)
        linker = wasmtime.Linker(engine())
        linker.define_wasi()
        for name, count in FUNCTIONS.items():
            kind = wasmtime.FuncType([wasmtime.ValType.i32()] * count, [wasmtime.ValType.i32()])
            function = self._recorded(name, calls)
            linker.define_func("wasi_ephemeral_nn", name, kind, function, access_caller=True)
        start = linker.instantiate(store, compiled).exports(store)["_start"]
        assert isinstance(start, wasmtime.Func)
        outcome = Outcome(b"", "", calls=calls)
        try:
            start(store)
            outcome.code = 0
        except wasmtime.ExitTrap as end:
            outcome.code = end.code
        except wasmtime.Trap as trap:
            outcome.trap = trap.trap_code
        store.close()
        outcome.stdout, outcome.stderr = files["stdout"].read_bytes(), files["stderr"].read_text()
        return outcome

    def _recorded(self, name: str, calls: list[tuple[str, tuple[int, ...]]]) -> Callable[..., int]:
        function = self.functions.get(name, refuse)

        def record(caller: wasmtime.Caller, *arguments: int) -> int:
            unsigned = tuple(argument & 0xFFFFFFFF for argument in arguments)
            calls.append((name, unsigned))
            return function(Memory(caller), *unsigned)

        return record

    def ask(self, *requests: dict[str, Any] | str | bytes) -> list[dict[str, Any]]:
        """The replies to the requests, one each, of a probe that lived to the end of its input."""
        outcome = self.run(b"".join(line(request) for request in requests))
        assert (outcome.code, outcome.trap, outcome.stderr) == (0, None, "")
        replies = outcome.replies
        assert len(replies) == len(requests)
        return replies


def line(request: dict[str, Any] | str | bytes) -> bytes:
    if isinstance(request, dict):
        request = json.dumps(request)
    if isinstance(request, str):
        request = request.encode()
    return request + b"\n"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def bytes_of(reply: dict[str, Any]) -> bytes:
    return base64.b64decode(reply["data"], validate=True)
