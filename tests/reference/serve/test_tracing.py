"""Traces: sent where OpenTelemetry's own variables say, by whoever has installed it."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from wat_workers import HELLO

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.serve.tracing import tracer_provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serving import Serving


class Collector(HTTPServer):
    """Takes what is sent to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: list[tuple[str, bytes]] = []


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        self.server.taken.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_a_request_is_traced(serving: Serving, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("opentelemetry.instrumentation.asgi", reason="the extra otel is not installed")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "my-workers")
    serving.add("a.wasm", HELLO)
    assert serving.get("/a").text == "hello"
    serving.stop()
    assert {path for path, _ in collector.taken} == {"/v1/traces"}
    sent = b"".join(body for _, body in collector.taken)
    assert b"my-workers" in sent
    assert b"/a" in sent


@pytest.mark.parametrize("environment", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h", "OTEL_SDK_DISABLED": "true"}])
def test_nobody_asked_for_traces(environment: dict[str, str]) -> None:
    assert tracer_provider(environment) is None


def test_traces_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(UserError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry is not installed"):
        tracer_provider({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1"})
