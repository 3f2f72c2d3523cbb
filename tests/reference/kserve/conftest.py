from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from inference_server import InferenceServer
from served_model import LIMIT

from wasi_nn_reference.backends.kserve.address import read_address
from wasi_nn_reference.backends.kserve.servers import InferenceServers
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wasi_nn_reference.backends.kserve.model import ServerModel


@pytest.fixture
def server() -> Iterator[InferenceServer]:
    made = InferenceServer()
    yield made
    made.close()


@pytest.fixture
def servers() -> Iterator[InferenceServers]:
    made = InferenceServers()
    yield made
    made.close()


@pytest.fixture
def model(server: InferenceServer, servers: InferenceServers) -> ServerModel:
    return servers.model(read_address(server.url), LIMIT)


@pytest.fixture
def host(model: ServerModel) -> Host:
    graphs = NamedGraphs()
    graphs.add_option("kserve::http://h/v2/models/m", lambda _: model)
    return Host({}, graphs, Limits(graphs=2))


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What a server waits for that answers no more, until the test is over."""
    event = threading.Event()
    yield event
    event.set()
