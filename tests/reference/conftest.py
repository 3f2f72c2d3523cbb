from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from program import Program

from wasi_nn_reference.backends import registry
from wasi_nn_reference.backends.openvino.engine import OpenVino
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs
from wasi_nn_reference.sharing import SharedGraphs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openvino_graph import Backends


@pytest.fixture(autouse=True)
def own_cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep every test away from the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def backend() -> OpenVino:
    return OpenVino(EngineSettings(threads=1))


@pytest.fixture(scope="session")
def backends(backend: OpenVino) -> Backends:
    return dict.fromkeys(registry.SERVED, backend)


@pytest.fixture(scope="session")
def shared_graphs() -> SharedGraphs:
    """Compiled models of all tests: each of the small models is compiled once."""
    return SharedGraphs(1 << 20)


@pytest.fixture
def named_graphs() -> NamedGraphs:
    return NamedGraphs()


@pytest.fixture
def host(backends: Backends, named_graphs: NamedGraphs, shared_graphs: SharedGraphs) -> Host:
    made = Host(backends, named_graphs, Limits(call_seconds=60))
    made.shared = shared_graphs
    return made


@pytest.fixture
def program(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Program]:
    before = signal.getsignal(signal.SIGINT)
    yield Program(tmp_path, capfd)
    signal.signal(signal.SIGINT, before)
