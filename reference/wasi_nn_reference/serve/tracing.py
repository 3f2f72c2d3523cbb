"""Traces of requests by OpenTelemetry, where its own variables say where to send them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import TracerProvider

# Whoever sets one of these wants traces; what else they may say is for the library.
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_DISABLED = "OTEL_SDK_DISABLED"


def tracer_provider(environment: Mapping[str, str]) -> TracerProvider | None:
    """Return what sends traces, None if nobody asked for any; raises UserError if the extra is not installed.

    It is to be shut down at the end, which sends what is left.
    """
    asked = next((name for name in _ENDPOINTS if environment.get(name)), None)
    if asked is None or environment.get(_DISABLED, "").lower() == "true":
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ModuleNotFoundError:
        raise UserError(
            f"{asked} is set, and OpenTelemetry is not installed: pip install 'wasi-nn-conformance[otel]'"
        ) from None
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
