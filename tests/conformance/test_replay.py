"""`wasi-nn replay`: one case in words, and as files that need nothing but the host."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wasi_nn_conformance.commands.replay import main

CASE = "output/buffer-too-small/size=4[witx-openvino]"


@pytest.fixture(autouse=True)
def without_probe() -> None:
    """The reference needs the real one."""


@pytest.fixture
def replayed(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return call


Replayed = Callable[..., tuple[int, str, str]]


def test_a_case_that_passes_is_told_in_words(replayed: Replayed) -> None:
    status, out, _ = replayed(CASE, "--impl=reference")

    assert status == 0
    assert "PASS: every answer is right" in out
    assert "> set_input(c, 0, f32 [1, 4]: 1.0, 2.0, 3.0, 4.0)" in out
    assert "< ok; size 16; f32: -1.0, -2.0, -3.0, -4.0" in out
    assert "< error too_large (7); r holds 0xdeadbeef" in out


def test_raw_shows_lines_whole(replayed: Replayed) -> None:
    assert "characters)" in replayed(CASE, "--impl=reference")[1]
    assert "characters)" not in replayed(CASE, "--impl=reference", "--raw")[1]


def test_a_finding_has_status_1_and_its_paragraph(replayed: Replayed, adapter_file: Callable[..., Path]) -> None:
    status, out, _ = replayed("context/two-graphs[witx-openvino]", f"--impl={adapter_file('exits 101')}")

    assert status == 1
    assert "CRASH: the host died: exit code 101" in out


def run_by_hand(folder: Path) -> "subprocess.CompletedProcess[bytes]":
    command = ["/bin/sh", folder / "run.sh"]
    return subprocess.run(command, capture_output=True, check=False, timeout=60)  # noqa: S603 it was just written


def test_a_dump_runs_without_the_suite(replayed: Replayed, tmp_path: Path) -> None:
    folder = tmp_path / "by hand"
    status, out, _ = replayed(CASE, "--impl=reference", f"--dump={folder}")
    done = run_by_hand(folder)

    assert status == 0
    assert f"sh {folder / 'run.sh'}" in out
    assert done.returncode == 0
    answers = [json.loads(line.removeprefix(b"@@")) for line in done.stdout.splitlines()]
    asked = (folder / "input.jsonl").read_text("utf-8").splitlines()
    assert len(answers) == len(asked)
    assert answers[-2]["errno"] == 7
    assert (folder / "conversation.txt").read_text("utf-8").count("@@") == len(asked)


@pytest.fixture
def in_gdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], bytes]:
    """Run a dump in what does as gdb does: its `run` gives program and arguments to a shell. Return what is printed."""
    gdb = tmp_path / "gdb"
    gdb.write_text('#!/bin/sh\n[ "$1" = -ex ] && exec sh -c "exec $3 ${2#set args }"\n', "utf-8")
    gdb.chmod(0o755)

    def in_gdb(folder: Path) -> bytes:
        with monkeypatch.context() as changed:
            changed.setenv("PATH", str(tmp_path), prepend=os.pathsep)
            changed.setenv("DEBUG", "1")
            return run_by_hand(folder).stdout

    return in_gdb


def test_gdb_gets_the_arguments_of_the_host_and_the_lines(
    replayed: Replayed, tmp_path: Path, in_gdb: Callable[[Path], bytes]
) -> None:
    folder = tmp_path / "by hand"
    replayed(CASE, "--impl=reference", f"--dump={folder}")

    assert in_gdb(folder) == run_by_hand(folder).stdout != b""


ROUNDS = """
- id: v/rounds
  clause: process.no-endless-growth
  why: because a host may get this wrong
  abi: [witx]
  steps:
    - {load_by_name: {name: before}, fails: {}}
    - rounds: [{load_by_name: {name: one}, fails: {}}, {load_by_name: {name: two}, fails: {}}]
"""


@pytest.fixture
def grown(
    replayed: Replayed,
    adapter_file: Callable[..., Path],
    write: Callable[[str, str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Return the dump of a case in which a host grows for 48 rounds."""
    monkeypatch.setattr("wasi_nn_conformance.run.growth.MORE", (20, 20))
    vectors = f"--vectors={write('area.yaml', ROUNDS)}"
    status, out, err = replayed(
        "v/rounds[witx]", f"--impl={adapter_file('grows memory')}", vectors, f"--dump={tmp_path / 'grown'}"
    )
    assert (status, err) == (1, "")
    assert "> rounds 2 to 48" in out
    return tmp_path / "grown"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how large a process is")
def test_a_dump_has_as_many_rounds_as_it_took(grown: Path, in_gdb: Callable[[Path], bytes]) -> None:
    printed = run_by_hand(grown).stdout

    assert len(printed.splitlines()) == 1 + 48 * 2
    assert in_gdb(grown) == printed


def test_the_end_of_a_guest_is_no_line(replayed: Replayed, tmp_path: Path) -> None:
    replayed("process/ends-with-its-guest[witx]", "--impl=reference", f"--dump={tmp_path / 'end'}")

    assert (tmp_path / "end" / "input.jsonl").read_text("utf-8") == ""


def test_a_dump_has_the_registered_graphs(replayed: Replayed, tmp_path: Path) -> None:
    folder = tmp_path / "named"
    status, _, _ = replayed(
        "load-by-name/registered/graph=classifier[witx-openvino]", "--impl=reference", f"--dump={folder}"
    )
    done = run_by_hand(folder)

    assert status == 0
    assert sorted(path.name for path in (folder / "graphs" / "classifier").iterdir()) == ["model.bin", "model.xml"]
    assert b'"errno":0' in done.stdout.splitlines()[0]


def test_a_folder_with_files_is_left_alone(replayed: Replayed, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious", "utf-8")
    status, _, err = replayed(CASE, "--impl=reference", f"--dump={tmp_path}")

    assert status == 4
    assert "is not empty: name a new or an empty folder" in err


def test_a_wrong_id_is_answered_with_the_near_one(replayed: Replayed) -> None:
    status, _, err = replayed("output/bufer-too-small/size=4[witx-openvino]", "--impl=reference")

    assert status == 4
    assert f"did you mean '{CASE}'?" in err


def test_an_id_of_several_cases_is_answered_with_them(replayed: Replayed) -> None:
    status, _, err = replayed("output/buffer-too-small/size=4", "--impl=reference")

    assert status == 4
    assert "there are 2 such cases" in err
    assert CASE in err


def test_a_case_that_the_host_does_not_offer_has_status_5(
    replayed: Replayed, adapter_file: Callable[..., Path]
) -> None:
    status, out, _ = replayed(
        "resource/taken-by-compute/data[wit-2024-10-28-openvino]", f"--impl={adapter_file('exits 101')}"
    )

    assert status == 5
    assert "does not serve wit-2024-10-28" in out
