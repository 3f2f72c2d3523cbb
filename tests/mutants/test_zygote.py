"""Processes that are forked end, fail and die as those that are started."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from mutant import HEALTHY, WITX, mutants
from trial import adapter
from zygote import Zygote, zygote

from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.adapter import probe_path
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.session.wire import Hello, encode_request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a zygote waits for processes as Linux lets it")


@pytest.fixture(scope="module")
def forks() -> Iterator[Zygote]:
    with zygote() as one:
        yield one


@pytest.fixture(scope="module")
def library() -> Library:
    return Library()


def said(forks: Zygote, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own script
        [*forks.command, *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_fork_has_the_streams_and_the_exit_code_of_the_program(forks: Zygote) -> None:
    done = said(forks, HEALTHY.id, "--version")
    assert (done.returncode, done.stdout[:8], done.stderr) == (0, "wasi-nn ", "")


def test_a_fork_fails_as_the_program_does(forks: Zygote, tmp_path: Path) -> None:
    done = said(forks, HEALTHY.id, "run", str(tmp_path / "no.wasm"))
    assert done.returncode == 1
    assert "no.wasm" in done.stderr


@pytest.mark.parametrize("name", ["witx/handle-unknown-dies", "witx/encodings-of-wit", "no/such"])
def test_without_a_zygote_the_launcher_runs(tmp_path: Path, name: str) -> None:
    done = said(Zygote(tmp_path / "nobody"), name, "--version")
    assert done.returncode == (0 if name in mutants() else 2)


def test_a_fork_dies_of_the_signal_that_kills_its_process(forks: Zygote, library: Library) -> None:
    mutant = mutants()["witx/handle-unknown-dies"]
    host = Host(forks.of(adapter(mutant)), library)
    case = next(case for case in library.all_cases() if case.clause.id == "handle.unknown-graph")
    try:
        case_result = host.run(case)
    finally:
        host.close()
    assert case_result.verdict is Verdict.CRASH
    assert "SIGABRT" in case_result.diagnosis


def test_a_fork_ends_with_whoever_asked_for_it(forks: Zygote) -> None:
    command = [*forks.command, HEALTHY.id, "run", str(probe_path(WITX))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asker:  # noqa: S603 - our own
        assert asker.stdin
        assert asker.stdout
        asker.stdin.write(encode_request(Hello()) + b"\n")
        asker.stdin.flush()
        assert b"@@{" in asker.stdout.readline()
        asker.kill()
        assert asker.stdout.read() == b"", "its end comes when the fork is gone"
