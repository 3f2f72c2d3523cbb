from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from wit_probe import TAGS, Probe

from wasi_nn_cli import program as cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wasi_nn_reference.host import Host

Run = tuple[int, str, str]  # exit status, standard output, standard error


@pytest.fixture(params=TAGS)
def tag(request: pytest.FixtureRequest) -> str:
    """Every version; a test for some of them parametrizes `tag` itself."""
    return str(request.param)


@pytest.fixture
def probe(tag: str, host: Host, tmp_path: Path) -> Probe:
    return Probe(tag, host, tmp_path)


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Run]]:
    before = signal.getsignal(signal.SIGINT)

    def call(guest: bytes, *options: str) -> Run:
        path = tmp_path / "guest.wasm"
        path.write_bytes(guest)
        status = cli.main(["run", *options, str(path)])
        return status, *capfd.readouterr()

    yield call
    signal.signal(signal.SIGINT, before)
