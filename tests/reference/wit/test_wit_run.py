"""`wasi-nn run` with components: which are refused and why, how they end, and what of them is cached."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import small_ir
from program import without_warnings
from wat_components import GRAPH, TENSOR, component, function, importing
from wit_probe import PREBUILT, TAGS, binary, compiled

from wasi_nn_reference.wasmtime_host.cache import ModuleCache, user_cache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run


def refused(outcome: Run) -> str:
    status, out, err = outcome
    assert (status, out) == (1, "")
    assert err.startswith("wasi-nn: ")
    assert err.count("\n") == 1
    return err


SERVED = ", ".join(f"wasi:nn@0.2.0-rc-{tag}" for tag in TAGS)

# Files that are refused


@pytest.mark.parametrize("version", ["0.2.0-rc-2024-10-29", "0.2.0", "0.2.0-rc-2023-11-10", "1.0.0"])
def test_another_version_of_wasi_nn(run: Callable[..., Run], version: str) -> None:
    said = refused(run(component(imports=importing(f"wasi:nn/tensor@{version}"))))
    assert f"imports wasi:nn@{version}, which is not served here; served: {SERVED}" in said


@pytest.mark.parametrize(
    "name", ["wasi:http/types@0.3.0", "wasi:cli/environment@0.3.0", "my:own/thing", "wasi:nn/tensor", "plain"]
)
def test_an_import_that_is_not_served(run: Callable[..., Run], name: str) -> None:
    said = refused(run(component(imports=importing(name))))
    assert f"imports {name}, which is not served here; served: {SERVED}, and WASI 0.2 (wasi:cli" in said


def test_an_interface_that_wasi_nn_does_not_have(run: Callable[..., Run]) -> None:
    said = refused(run(component(imports=importing(TENSOR.replace("/tensor", "/tensors")))))
    assert "has only: tensor, errors, inference, graph" in said


def test_a_function_that_the_interface_does_not_have(run: Callable[..., Run]) -> None:
    said = refused(run(component(imports=importing(GRAPH, function("unload", "(result u32)")))))
    assert f"imports unload of {GRAPH}, which has no such function" in said


@pytest.mark.parametrize(
    ("signature", "declared"),
    [
        pytest.param('(param "name" u64)', "func(u64)", id="another parameter"),
        pytest.param('(param "name" (list u8)) (result string)', "func(list<u8>) -> string", id="another result"),
        pytest.param('(param "a" string) (param "b" string)', "func(string, string)", id="one more"),
        pytest.param("", "func()", id="nothing"),
        pytest.param(
            '(param "name" string) (result (result (error string)))',
            "func(string) -> result<_, string>",
            id="error is no resource",
        ),
    ],
)
def test_a_function_with_another_signature(run: Callable[..., Run], signature: str, declared: str) -> None:
    said = refused(run(component(imports=importing(GRAPH, function("load-by-name", signature)))))
    assert (
        f"imports load-by-name of {GRAPH} as {declared}; it is func(string) -> result<own<graph>, own<error>>" in said
    )


def test_resources_that_are_exchanged(run: Callable[..., Run]) -> None:
    resources = '(export "graph" (type $graph (sub resource))) (export "error" (type $error (sub resource)))'
    signature = '(param "name" string) (result (result (own $error) (error (own $graph))))'
    said = refused(run(component(imports=importing(GRAPH, resources, function("load-by-name", signature)))))
    assert "as func(string) -> result<own<error>, own<graph>>; it is" in said


def test_enums_with_other_names(run: Callable[..., Run]) -> None:
    types = (
        '(export "tensor" (type $tensor (sub resource)))'
        '(type $names (enum "FP16" "FP32")) (export "tensor-type" (type $kind (eq $names)))'
    )
    method = function("[method]tensor.ty", '(param "self" (borrow $tensor)) (result $kind)')
    said = refused(run(component(imports=importing(TENSOR, types, method))))
    assert "as func(borrow<tensor>) -> enum{FP16, FP32}; it is func(borrow<tensor>) -> enum{FP16, FP32, FP64," in said


def test_a_component_that_exports_nothing_to_run(run: Callable[..., Run]) -> None:
    assert "exports no wasi:cli/run of WASI 0.2" in refused(run(component(exported="my:own/run@0.2.0")))


def test_a_component_that_is_broken(run: Callable[..., Run]) -> None:
    assert "the component does not compile" in refused(run(component() + b"garbage"))


# How a component ends


def test_success(run: Callable[..., Run]) -> None:
    assert run(component()) == (0, "", "")


def test_failure(run: Callable[..., Run]) -> None:
    assert run(component("(i32.const 1)")) == (1, "", "")


def test_a_later_version_of_wasi_0_2(run: Callable[..., Run]) -> None:
    assert run(component(exported="wasi:cli/run@0.2.6")) == (0, "", "")


def test_a_trap(run: Callable[..., Run]) -> None:
    status, _, err = run(component("unreachable"))
    assert (status, err) == (134, "wasi-nn: the guest trapped: wasm `unreachable` instruction executed\n")


def test_a_result_that_is_none(run: Callable[..., Run]) -> None:
    status, _, err = run(component("(i32.const 7)"))
    assert status == 134
    assert err.startswith("wasi-nn: the guest trapped: ")


def test_a_component_that_loops_for_ever(run: Callable[..., Run]) -> None:
    status, _, err = run(component("(loop $again (br $again)) (i32.const 0)"), "--timeout", "0.05")
    assert status == 134
    assert "it ran for more than 0.05 s (--timeout)" in err


# The probe, from the command line


@pytest.fixture
def asked() -> Callable[..., Run]:
    """Run a probe in a process of its own, whose standard input are these lines."""

    def call(tag: str, lines: str, *options: str) -> Run:
        cache = user_cache()
        assert cache is not None
        cache.write(binary(tag), bytes(compiled(tag).serialize()))
        guest = PREBUILT / f"probe-wit-{tag}.wasm"
        words = [sys.executable, "-m", "wasi_nn_reference", "run", *options, str(guest)]
        done = subprocess.run(words, input=lines, capture_output=True, text=True, check=False)  # noqa: S603
        return done.returncode, done.stdout, done.stderr

    return call


@pytest.mark.parametrize("tag", TAGS)
def test_the_version_is_told_by_the_imports(asked: Callable[..., Run], tag: str) -> None:
    status, out, err = asked(tag, '{"call":"hello"}\n')
    assert (status, err) == (0, "")
    assert out.startswith(f'@@{{"abi":"wit-{tag}","protocol":2')


@pytest.mark.parametrize("tag", TAGS[-1:])
def test_a_named_graph_and_what_is_left_alive(asked: Callable[..., Run], tag: str, tmp_path: Path) -> None:
    folder = tmp_path / "sum"
    folder.mkdir()
    (folder / "model.xml").write_bytes(small_ir.binary("Add"))
    (folder / "model.bin").write_bytes(b"")
    lines = '{"call":"load_by_name","name":"sum","as":"g"}\n{"call":"load_by_name","name":"x"}\n'
    status, out, err = asked(tag, lines, "--graph", f"openvino::{folder}", "--verbose")
    assert status == 0
    assert out.splitlines()[0] == '@@{"result":"ok"}'
    assert without_warnings(err) == (
        "wasi-nn: load-by-name: not_found: no graph of that name is registered\n"
        "wasi-nn: alive at the guest's end: 1 graph\n"
    )


@pytest.mark.parametrize("tag", TAGS[-1:])
def test_a_dead_handle_ends_the_guest_alone(asked: Callable[..., Run], tag: str) -> None:
    status, _, err = asked(tag, '{"call":"tensor_data","tensor":77}\n')
    assert (status, err) == (134, "wasi-nn: the guest trapped: unknown handle index 77\n")


# Compiled components


@pytest.fixture
def compiled_once(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was written into the cache."""
    written: list[bytes] = []
    write = ModuleCache.write

    def note(self: ModuleCache, wasm: bytes, compiled: bytes) -> None:
        written.append(wasm)
        write(self, wasm, compiled)

    monkeypatch.setattr(ModuleCache, "write", note)
    return written


def test_a_component_is_compiled_once(run: Callable[..., Run], compiled_once: list[bytes]) -> None:
    guest = component("(i32.const 1)")
    assert [run(guest)[0], run(guest)[0]] == [1, 1]
    assert compiled_once == [guest]


def test_no_cache(run: Callable[..., Run], compiled_once: list[bytes]) -> None:
    assert run(component(), "--no-cache")[0] == 0
    assert compiled_once == []


def test_an_entry_of_another_build_is_compiled_anew(
    run: Callable[..., Run], compiled_once: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ModuleCache, "read", lambda _self, _wasm: b"of another build")
    assert run(component())[0] == 0
    assert compiled_once == [component()]


# Imports that are not served, and guests that run with them


def test_all_that_are_missing_are_named(run: Callable[..., Run]) -> None:
    imports = importing("my:own/thing") + importing("wasi:nn/graph@0.2.0") + importing("wasi:nn/tensor@0.2.0")
    said = refused(run(component(imports=imports)))
    # Always in this order: oldest first, and WASI as its packages are listed there.
    packages = "wasi:cli, wasi:clocks, wasi:filesystem, wasi:io, wasi:random, wasi:sockets, wasi:http"
    assert said == (
        "wasi-nn: the component imports my:own/thing, wasi:nn@0.2.0, which are not served here;"
        f" served: {SERVED}, and WASI 0.2 ({packages})\n"
    )


def test_an_unversioned_import_is_known(run: Callable[..., Run]) -> None:
    said = refused(run(component(imports=importing("wasi:nn/tensor"))))
    assert said.endswith(
        "; wasi:nn without a version is a draft from before June 2024; build the guest for one of those versions\n"
    )


@pytest.mark.parametrize("name", ["my:own/thing", "wasi:nn/tensor@0.2.0"])
@pytest.mark.parametrize(("calls", "status"), [(False, 0), (True, 134)])
def test_a_guest_that_runs_with_them(run: Callable[..., Run], name: str, calls: bool, status: int) -> None:
    imports = importing(name, function("f", "")).replace("(instance", "(instance $missing", 1)
    imports += '(core func $f (canon lower (func $missing "f")))'
    arguments = '(with "host" (instance (export "f" (func $f))))'
    body = f"{'(call $f)' if calls else ''} (i32.const 0)"
    guest = component(body, imports, '(import "host" "f" (func $f))', arguments)
    assert run(guest, "--unknown-imports", "trap")[0] == status


def test_an_import_of_a_component_has_no_default(run: Callable[..., Run]) -> None:
    said = refused(run(component(imports=importing("my:own/thing")), "--unknown-imports", "default"))
    assert said.endswith("--unknown-imports trap runs a component\n")
