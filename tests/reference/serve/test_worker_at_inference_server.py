"""Workers whose graph an inference server computes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from inference_server import Answer, InferenceServer, finding_sevens, seven

from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from serving import Serving

HOUSE = Path(__file__).resolve().parents[3]
WORKER = (HOUSE / "guests" / "prebuilt" / "classify-worker.wasm").read_bytes()
PICTURE = (HOUSE / "examples" / "digits" / "pictures" / "digit-0-208.png").read_bytes()
TOML = """
[features.wasi_nn]
[[features.wasi_nn.preload_models]]
provider = {{ type = "kserve", url = "{}", model = "digits" }}
"""


@pytest.fixture
def server() -> Iterator[InferenceServer]:
    """Serve a model that finds a seven in every image."""
    made = finding_sevens()
    yield made
    made.close()


@pytest.fixture
def worker(serving: Serving, server: InferenceServer) -> Serving:
    serving.add("classify.wasm", WORKER, TOML.format(server.url.removesuffix("/v2/models/m")))
    return serving


def send(worker: Serving) -> httpx.Response:
    return worker.client.post("/classify", content=PICTURE, headers={"Accept": "application/json"})


def test_a_worker_computes_at_a_server(worker: Serving, server: InferenceServer) -> None:
    assert send(worker).json()["classes"][0]["class"] == 7
    assert server.paths == ["/v2/models/digits", "/v2", "/v2/models/digits/infer"]


def test_the_metadata_are_asked_for_once(worker: Serving, server: InferenceServer) -> None:
    assert [send(worker).status_code for _ in range(3)] == [200] * 3
    assert server.paths.count("/v2/models/digits") == 1


def test_a_server_that_fails_and_recovers(worker: Serving, server: InferenceServer) -> None:
    server.infer = lambda _: Answer(b'{"error":"secret of the server"}', status=503)
    failed = send(worker)
    server.infer = seven
    assert (failed.status_code, failed.json()) == (500, {"error": "the network cannot be asked"})
    assert "secret" not in failed.text
    assert send(worker).status_code == 200


def test_why_a_server_fails_is_in_the_log_with_the_request(worker: Serving, server: InferenceServer) -> None:
    server.infer = lambda _: Answer(b'{"error":"no memory"}', status=503)
    failed = send(worker)
    told = [entry for entry in worker.log("call_failed") if entry["request_id"] == failed.headers["x-request-id"]]
    assert [entry["reason"] for entry in told] == [
        f"{server.url.removesuffix('m')}digits: the inference server refused, with status 503: no memory",
        "compute: runtime_error: the inference server refused, with status 503",
    ]


def test_a_server_that_is_away_at_the_start(worker: Serving, server: InferenceServer) -> None:
    server.close()
    with pytest.raises(UserError, match="/v2/models/digits: the inference server is away: "):
        worker.assembly.site()


def test_the_time_of_a_request_ends_its_call(worker: Serving, server: InferenceServer) -> None:
    never = threading.Event()
    server.infer = lambda _: Answer(length=100, rest=never)
    worker.add("classify.wasm", WORKER, (worker.folder / "classify.toml").read_text() + "[limits]\nseconds = 0.3\n")
    try:
        response = send(worker)
    finally:
        never.set()
    assert response.status_code == 504
