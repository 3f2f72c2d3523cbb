"""`wasi-nn run` with a graph that an inference server computes."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from inference_server import Answer, InferenceServer, finding_sevens, metadata, port

from wasi_nn_reference.backends.kserve.metadata import DATATYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from program import Program

HOUSE = Path(__file__).parents[2]
IMAGES = HOUSE / "examples" / "digits" / "images"
CLASSIFY = {abi: (HOUSE / "guests" / "prebuilt" / f"classify-{abi}.wasm").read_bytes() for abi in ("witx", "wit")}
IMAGE = "/images/digit-3-839.pgm"


@pytest.fixture
def server() -> Iterator[InferenceServer]:
    """Serve a model that finds a seven in every image."""
    made = finding_sevens()
    yield made
    made.close()


def run(program: Program, graph: str, *options: str, abi: str = "witx", name: str = "m") -> int:
    words = ("--graph", graph, "--dir", f"{IMAGES}::/images", *options)
    return program(CLASSIFY[abi], *words, arguments=("--top", "1", "--graph", name, IMAGE))


@pytest.mark.parametrize("abi", CLASSIFY)
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_a_guest_computes_at_a_server(program: Program, server: InferenceServer, abi: str, isolation: str) -> None:
    assert run(program, f"m=kserve::{server.url}", "--isolation", isolation, abi=abi) == 0
    assert (program.out, program.err) == (f"{IMAGE}: 7 100.00%\n", "")


def test_without_a_name_it_is_the_models(program: Program, server: InferenceServer) -> None:
    url = server.url.replace("/models/m", "/models/digits")
    assert run(program, f"kserve::{url}/versions/2", name="digits") == 0
    assert server.paths == ["/v2/models/digits/versions/2", "/v2", "/v2/models/digits/versions/2/infer"]


def test_a_server_that_is_away_at_the_start(program: Program, server: InferenceServer) -> None:
    server.close()
    assert run(program, f"m=kserve::{server.url}") == 1
    assert program.err.startswith(f"wasi-nn: {server.url}: the inference server is away: ")
    assert program.err.count("\n") == 1


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (
            Answer(b'{"error":"model digits not found"}', status=404),
            "the inference server does not have the model: model digits not found",
        ),
        (
            metadata([port("text", "BYTES", 1)], [port("y", "FP32", 1)]),
            "the model's input 'text' is of type BYTES, which wasi-nn does not have; it has "
            + ", ".join(DATATYPES.values()),
        ),
    ],
    ids=["no-model", "no-type"],
)
def test_a_model_that_can_not_be_served(
    program: Program, server: InferenceServer, answer: Answer, complaint: str
) -> None:
    server.metadata = answer
    assert run(program, f"m=kserve::{server.url}") == 1
    assert program.err == f"wasi-nn: {server.url}: {complaint}\n"


def test_a_url_of_another_form(program: Program) -> None:
    assert run(program, "m=kserve::localhost:8000/m") == 1
    said = "is no model of an inference server; give it as http://HOST:PORT/v2/models/NAME[/versions/VERSION]"
    assert program.err == f"wasi-nn: localhost:8000/m: {said}\n"


def test_a_client_that_is_not_installed(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.startswith("wasi_nn_reference.backends.kserve.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tritonclient.http", None)
    assert run(program, "m=kserve::http://127.0.0.1:1/v2/models/m") == 1
    said = "tritonclient is not installed; install it with: pip install 'wasi-nn-conformance[kserve]'"
    assert program.err == f"wasi-nn: {said}\n"


def test_a_server_that_goes_away_later(program: Program, server: InferenceServer) -> None:
    server.infer = lambda _: Answer(b'{"error":"out of memory"}', status=503)
    assert run(program, f"m=kserve::{server.url}") == 1
    lines = program.err.splitlines()
    assert lines[0] == f"wasi-nn: {server.url}: the inference server refused, with status 503: out of memory"
    assert lines[1] == f"classify-witx: {IMAGE}: compute: errno 5, runtime_error"


def test_a_call_ends_at_its_deadline(program: Program, server: InferenceServer) -> None:
    never = threading.Event()
    server.infer = lambda _: Answer(length=100, rest=never)
    try:
        assert run(program, f"m=kserve::{server.url}", "--call-timeout", "100ms") == 1
    finally:
        never.set()
    assert program.err.splitlines()[0] == f"classify-witx: {IMAGE}: compute: errno 4, busy"


def test_a_guest_ends_when_its_time_is_up_at_a_server(program: Program, server: InferenceServer) -> None:
    never = threading.Event()
    server.infer = lambda _: Answer(length=100, rest=never)
    try:
        assert run(program, f"m=kserve::{server.url}", "--timeout", "500ms") == 134
    finally:
        never.set()
    assert program.err.splitlines()[-1] == "wasi-nn: the guest was ended: it ran for more than 0.5 s (--timeout)"
