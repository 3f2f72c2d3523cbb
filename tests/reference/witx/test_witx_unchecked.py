"""How modules reach the functions: by slots, or the package's own way where the slots are not as expected."""

from __future__ import annotations

import ctypes
import gc
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import wasmtime
from direct_guest import INVALID_ARGUMENT, IR, MISSING_MEMORY, OK

from wasi_nn_reference.abi.witx import unchecked
from wasi_nn_reference.abi.witx.calls import WitxCalls
from wasi_nn_reference.abi.witx.operations import Operations
from wasi_nn_reference.named_graphs import NamedGraph, NamedGraphs
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wasi_nn_reference.host import Host

    Change = Callable[[pytest.MonkeyPatch], None]


LOADING = """
(module
  (import "wasi_ephemeral_nn" "load_by_name" (func $load (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
  (memory {export} 1)
  (data (i32.const 65530) "digits")
  (global $first (mut i32) (i32.const -1))
  (func $load-first (global.set $first (call $load (i32.const 65530) (i32.const 6) (i32.const 0))))
  (start $load-first)
  (func (export "first") (result i32) (global.get $first))
  (func (export "load") (param i32 i32 i32) (result i32) (call $load (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grown") (result i32)
    (drop (memory.grow (i32.const 16)))
    (i32.store (i32.const 1000004) (i32.load (i32.const 65530)))
    (i32.store (i32.const 1000008) (i32.load (i32.const 65534)))
    (call $load (i32.const 1000004) (i32.const 6) (i32.const 1000000)))
  (func (export "compute") (param i32) (result i32) (call $compute (local.get 0)))
  (func (export "handle") (result i32) (i32.load (i32.const 0))))
"""


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    unchecked.is_safe.cache_clear()
    yield
    monkeypatch.undo()
    unchecked.is_safe.cache_clear()


@pytest.fixture(params=["by slots", "slowly"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "slowly":
        monkeypatch.setattr(unchecked, "is_safe", lambda: False)


@pytest.fixture(autouse=True)
def digits(named_graphs: NamedGraphs) -> None:
    named_graphs.add("digits", NamedGraph(GraphEncoding.OPENVINO, (IR, b"")))


class Module:
    """An instance of `LOADING`; its attributes are its functions."""

    stores: ClassVar[list[wasmtime.Store]] = []

    def __init__(self, host: Host, export: str = '(export "memory")') -> None:
        self._store = wasmtime.Store()
        self.stores.append(self._store)
        linker = wasmtime.Linker(self._store.engine)
        calls = WitxCalls(host, self._store)
        calls.define(linker)
        module = wasmtime.Module(self._store.engine, LOADING.format(export=export))
        self._exports = linker.instantiate(self._store, module).exports(self._store)
        calls.use(self._exports.get("memory"))

    def close(self) -> None:
        self._store.close()

    def call(self, name: str, *arguments: int) -> Any:
        function = self._exports[name]
        assert isinstance(function, wasmtime.Func)
        return function(self._store, *arguments)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """A store that is left until Python ends calls functions of Python then, which it dies of at times."""
    yield
    while Module.stores:
        Module.stores.pop().close()


both_ways = pytest.mark.usefixtures("way")


@pytest.fixture
def module(way: None, host: Host) -> Module:  # noqa: ARG001
    return Module(host)


def test_a_start_function_calls_before_the_exports_are_known(module: Module) -> None:
    assert module.call("first") == OK
    assert module.call("handle") > 0


def test_memory_that_has_grown_since(module: Module) -> None:
    assert module.call("grown") == OK


def test_the_end_of_memory(module: Module) -> None:
    assert module.call("load", 65530, 7, 0) == INVALID_ARGUMENT


def test_arguments_are_unsigned(module: Module) -> None:
    assert module.call("load", -1, -1, -4) == INVALID_ARGUMENT


@both_ways
def test_a_guest_without_memory(host: Host) -> None:
    assert Module(host, export="").call("load", 0, 0, 0) == MISSING_MEMORY


@both_ways
@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_goes_through_the_guest(
    monkeypatch: pytest.MonkeyPatch, host: Host, raised: type[BaseException]
) -> None:
    def interrupted(*_: object) -> None:
        raise raised

    monkeypatch.setattr(Operations, "compute", interrupted)
    with pytest.raises(raised):
        Module(host).call("compute", 0)


def test_functions_live_as_long_as_what_calls_them(host: Host) -> None:
    before = set(unchecked._held)  # noqa: SLF001 - what is freed shows nowhere else; others may go meanwhile
    made = Module(host)
    gc.collect()
    assert made.call("first") == OK
    made.close()
    del made
    gc.collect()
    assert set(unchecked._held) <= before  # noqa: SLF001


# What the first use finds out


def test_this_build_of_wasmtime_calls_as_expected(capfd: pytest.CaptureFixture[str]) -> None:
    assert unchecked.is_safe()
    assert capfd.readouterr().err == ""


def smaller_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unchecked, "_WORDS", 2)


def smaller_slots_also_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    smaller_slots(monkeypatch)
    monkeypatch.setattr(unchecked.ffi, "wasmtime_val_raw_t", ctypes.c_uint64)


def no_such_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(unchecked.ffi, "wasmtime_func_new_unchecked")


def exceptions_kept_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unchecked.package, "maybe_raise_last_exn", lambda: None)


@pytest.mark.parametrize(
    "change", [smaller_slots, smaller_slots_also_declared, no_such_function, exceptions_kept_elsewhere]
)
def test_another_build_is_called_slowly_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], change: Change, host: Host
) -> None:
    change(monkeypatch)
    assert [Module(host).call("first") for _ in range(2)] == [OK, OK]
    assert capfd.readouterr().err.count("calls of modules are slow") == 1
