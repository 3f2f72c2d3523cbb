from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from mutant import ABIS, HEALTHY, Mutant, Mutants, PatchError, mutants, put, replace, rewrite

from wasi_nn_conformance.run.adapter import read_adapter
from wasi_nn_conformance.run.library import Library

FOLDER = Path(__file__).resolve().parent
KNOWN = mutants()
CLAUSES = set(Library().clauses)


def launched(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "launch.py"), *arguments]
    return subprocess.run(  # noqa: S603 our own script
        command, capture_output=True, text=True, timeout=60, check=False
    )


def test_there_are_sixty_or_more() -> None:
    assert len(KNOWN) >= 60


def test_every_abi_has_mutants() -> None:
    assert {abi for each in KNOWN.values() for abi in each.abis} == set(ABIS)


def test_every_module_of_faults_has_mutants() -> None:
    paths = [path.relative_to(FOLDER).with_suffix("") for path in (FOLDER / "faults").rglob("*.py")]
    modules = {path.parts for path in paths if path.name != "__init__"}
    places = {tuple(each.patch.__globals__["__name__"].split(".")) for each in KNOWN.values()} - {("mutant",)}
    assert places <= modules
    assert {each.id.partition("/")[0] for each in KNOWN.values()} >= {area for _, area, *_ in modules}


@pytest.mark.parametrize("name", KNOWN)
def test_the_clauses_that_it_breaks_exist(name: str) -> None:
    declared = KNOWN[name].clauses
    assert declared
    assert len(set(declared)) == len(declared)
    assert set(declared) <= CLAUSES


def test_an_id_taken_twice_is_refused() -> None:
    registry = Mutants()
    registry.add(HEALTHY)
    with pytest.raises(PatchError, match="two mutants of this id"):
        registry.add(HEALTHY)


@pytest.mark.parametrize("name", KNOWN)
def test_patch_applies(name: str) -> None:
    with KNOWN[name].applied():
        pass


def test_a_patch_is_undone() -> None:
    from wasi_nn_reference.abi.witx.values import ERRNO  # noqa: PLC0415 - beside the mutant that changes it

    before = dict(ERRNO)
    with KNOWN["witx/errno-swapped"].applied():
        assert before != ERRNO
    assert before == ERRNO


def test_a_function_that_reads_otherwise_is_an_error() -> None:
    with pytest.raises(PatchError, match="0 times, not once"):
        rewrite("abi.witx.memory:GuestMemory.check", "what the function does not say", "")


def test_a_function_that_has_gone_is_an_error() -> None:
    with pytest.raises(PatchError, match="is no function"):
        rewrite("abi.witx.memory:GuestMemory.gone", "a", "b")


def test_a_module_that_has_gone_is_an_error() -> None:
    with pytest.raises(PatchError, match="no module gone"):
        rewrite("gone:function", "a", "b")


def test_an_attribute_that_has_gone_is_an_error() -> None:
    with pytest.raises(PatchError, match="has no gone"):
        replace(Mutants, "gone", None)


def test_a_value_that_stands_there_already_is_an_error() -> None:
    with pytest.raises(PatchError, match="already"):
        put({"a": 1}, "a", 1)


def test_a_patch_that_changes_nothing_is_an_error() -> None:
    idle = Mutant("idle", "nothing", ABIS, ("openvino",), lambda: None, ())
    with pytest.raises(PatchError, match="changed nothing"):
        idle.apply()


def test_healthy_launcher_is_the_program() -> None:
    done = launched(HEALTHY.id, "--version")
    assert done.returncode == 0
    assert done.stdout.startswith("wasi-nn ")


def test_launcher_refuses_an_unknown_mutant() -> None:
    done = launched("no/such", "--version")
    assert done.returncode == 2
    assert "no/such" in done.stderr


def test_every_area_of_mutants_has_a_place_to_look_first() -> None:
    from trial import LIKELY  # noqa: PLC0415 - as below

    assert {name.partition("/")[0] for name in KNOWN} == set(LIKELY)


def test_adapter_starts_the_launcher(tmp_path: Path) -> None:
    from trial import adapter_text  # noqa: PLC0415 - reads the suite's modules, which the other tests do without

    path = tmp_path / "mutant.toml"
    path.write_text(adapter_text(KNOWN["witx/errno-77"]), "utf-8")
    assert list(read_adapter(str(path)).command[1:4]) == [str(FOLDER / "launch.py"), "witx/errno-77", "run"]
