"""The runner: several guests at a time, and what becomes of one whose time is up."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import wasmtime
from wat_guests import LOOP, command, exiting, printing

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.host import Graph, Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraph, NamedGraphs
from wasi_nn_reference.types import GraphEncoding
from wasi_nn_reference.wasmtime_host.deadline import Abandonment
from wasi_nn_reference.wasmtime_host.ending import OverrunError, TrapError
from wasi_nn_reference.wasmtime_host.guest import Guest
from wasi_nn_reference.wasmtime_host.runner import Runner
from wasi_nn_reference.wasmtime_host.streams import Buffer, Streams

if TYPE_CHECKING:
    from collections.abc import Iterator

PREBUILT = Path(__file__).parents[2] / "guests" / "prebuilt"
PATIENCE = 30  # seconds until a test that hangs fails
ASK = "(call $load_by_name (i32.const 256) (i32.const 1) (i32.const 512))"
LOOPING_COMPONENT = bytes(
    wasmtime.wat2wasm("""(component
      (core module $code (func (export "run") (result i32) (loop $again (br $again)) (i32.const 0)))
      (core instance $code (instantiate $code))
      (func $run (result (result)) (canon lift (core func $code "run")))
      (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))""")
)


class Asked(NamedGraphs):
    """Named graphs that tell that a guest asks for one, and let it wait."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.may_answer = threading.Event()

    def get(self, name: str) -> NamedGraph:
        self.asked.set()
        assert self.may_answer.wait(PATIENCE)
        return super().get(name)


@pytest.fixture
def runner() -> Runner:
    return Runner(Abandonment())


@pytest.fixture
def patient() -> Runner:
    """One that waits for a guest that computes, however busy the machine is."""
    return Runner(Abandonment(PATIENCE))


@pytest.fixture
def asked() -> Iterator[Asked]:
    made = Asked()
    yield made
    made.may_answer.set()


def host(named_graphs: NamedGraphs | None = None) -> Host:
    return Host({}, NamedGraphs() if named_graphs is None else named_graphs, Limits())


def run(runner: Runner, wasm: bytes, seconds: float) -> int:
    return runner.run(runner.load(wasm), Guest(("guest",), seconds=seconds), host())


# Several guests on one engine of wasmtime


@pytest.mark.parametrize("looping", [command(LOOP), LOOPING_COMPONENT], ids=["module", "component"])
def test_the_interruption_of_a_guest_leaves_another_alone(patient: Runner, asked: Asked, looping: bytes) -> None:
    # It asks until it is answered with another errno than `not_found`, which is when the test says so.
    other = exiting(f"(loop $again (br_if $again (i32.eq {ASK} (i32.const 8)))) (i32.const 7)")
    asked.may_answer.set()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(
            lambda: patient.run(patient.load(other), Guest(("other",), seconds=PATIENCE), host(asked))
        )
        assert asked.asked.wait(PATIENCE)
        with pytest.raises(OverrunError) as caught:
            run(patient, looping, seconds=0.1)
        assert not caught.value.blocked
        asked.asked.clear()
        assert asked.asked.wait(PATIENCE)  # it still asks
        assert not running.done()
        asked.add("\0", NamedGraph(GraphEncoding.OPENVINO, (b"",)))
        assert running.result(PATIENCE) == 7


def test_a_program_runs_again_and_again(runner: Runner) -> None:
    program = runner.load(exiting("(i32.const 3)"))
    assert [runner.run(program, Guest(("guest",)), host()) for _ in range(3)] == [3, 3, 3]


# Guests that are blocked


def test_a_blocked_guest_is_left_behind(runner: Runner, asked: Asked) -> None:
    said = Buffer()
    wasm = printing(f"(drop {ASK}) (loop $once)", 64, 1)
    guest = Guest(("guest",), seconds=0.05, streams=Streams(stdout=said))
    with pytest.raises(OverrunError) as caught:
        runner.run(runner.load(wasm), guest, host(asked))
    assert caught.value.blocked
    assert str(caught.value) == "the guest was ended: it ran for more than 0.05 s"
    assert run(runner, exiting("(i32.const 5)"), seconds=PATIENCE) == 5  # others go on meanwhile
    (thread,) = (each for each in threading.enumerate() if each.name == "guest")
    asked.may_answer.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert said.data == b""  # it was not let on


def test_a_guest_that_comes_back_within_the_grace_is_not_blocked(patient: Runner, asked: Asked) -> None:
    threading.Timer(0.1, asked.may_answer.set).start()
    guest = Guest(("guest",), seconds=0.05)
    with pytest.raises(OverrunError) as caught:
        patient.run(patient.load(command(f"(drop {ASK}) {LOOP}")), guest, host(asked))
    assert not caught.value.blocked


@pytest.mark.parametrize(
    ("wasm", "error", "text"),
    [
        (command("unreachable"), TrapError, "the guest trapped: .*unreachable"),
        (command("", memory='(memory (export "memory") 65536)'), UserError, "memory"),
    ],
)
def test_other_ends_of_a_guest_with_a_deadline(runner: Runner, wasm: bytes, error: type[Exception], text: str) -> None:
    guest = Guest(("guest",), seconds=PATIENCE)
    small = Host({}, NamedGraphs(), Limits(guest_memory_bytes=1 << 20))
    with pytest.raises(error, match=text) as caught:
        runner.run(runner.load(wasm), guest, small)
    assert type(caught.value) is error


class NamelessHost(Host):
    """A host that is asked for graphs by name, and has none."""

    def __init__(self, together: threading.Barrier) -> None:
        super().__init__({}, NamedGraphs(), Limits())
        self._together = together
        self.names: list[str] = []

    def load_by_name(self, name: str) -> Graph:
        self._together.wait(PATIENCE)
        self.names.append(name)
        return super().load_by_name(name)


@pytest.mark.parametrize("abi", ["witx", "wit-2024-10-28"])
def test_guests_of_one_program_call_their_own_hosts(runner: Runner, abi: str) -> None:
    program = runner.load((PREBUILT / f"probe-{abi}.wasm").read_bytes())
    together = threading.Barrier(4)
    hosts = [NamelessHost(together) for _ in range(4)]

    def ask(number: int) -> bytes:
        call = b'{"call":"load_by_name","name":"%d"}\n' % number
        said = Buffer()
        assert runner.run(program, Guest(("probe",), streams=Streams(call * 2, said)), hosts[number]) == 0
        return bytes(said.data)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    assert [each.names for each in hosts] == [[str(number)] * 2 for number in range(4)]
