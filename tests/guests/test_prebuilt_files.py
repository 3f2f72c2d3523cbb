import hashlib
import re

import pytest
import wasmtime
from witx_guest import FUNCTIONS, PREBUILT, module

GUESTS = ["classify-witx", "probe-witx"]


def test_sums_match_the_files() -> None:
    lines = [line.split("  ") for line in (PREBUILT / "SHA256SUMS").read_text().splitlines()]
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in PREBUILT.glob("*.wasm")}
    assert {name: digest for digest, name in lines} == files


@pytest.mark.parametrize("name", GUESTS)
def test_imports_are_the_six_functions_and_wasi_preview_1(name: str) -> None:
    imports = {(one.module, one.name) for one in module(name).imports}
    assert {function for place, function in imports if place == "wasi_ephemeral_nn"} == set(FUNCTIONS)
    assert {place for place, _ in imports} == {"wasi_ephemeral_nn", "wasi_snapshot_preview1"}


def test_the_protocol_names_what_a_host_needs_for_the_probe() -> None:
    introduction = (PREBUILT.parents[1] / "docs" / "protocol.md").read_text("utf-8").partition("\n## ")[0]
    of_wasi = {str(one.name) for one in module("probe-witx").imports if one.module == "wasi_snapshot_preview1"}
    assert set(re.findall(r"`((?:environ|fd|proc)_\w+)`", introduction)) == of_wasi


@pytest.mark.parametrize("name", GUESTS)
def test_every_parameter_and_result_is_an_i32(name: str) -> None:
    for one in module(name).imports:
        if one.module == "wasi_ephemeral_nn":
            assert isinstance(one.type, wasmtime.FuncType)
            assert [str(kind) for kind in one.type.params] == ["i32"] * FUNCTIONS[str(one.name)]
            assert [str(kind) for kind in one.type.results] == ["i32"]


@pytest.mark.parametrize("name", GUESTS)
def test_start_and_memory_are_exported(name: str) -> None:
    assert {"_start", "memory"} <= {one.name for one in module(name).exports}


@pytest.mark.parametrize("name", GUESTS)
def test_no_path_of_the_building_machine_is_inside(name: str) -> None:
    data = (PREBUILT / f"{name}.wasm").read_bytes()
    assert not [part for part in (b"/home/", b"/root/", b"/tmp/", b".cargo", b"registry/src") if part in data]
