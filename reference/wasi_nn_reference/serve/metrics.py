"""What the server counts, for Prometheus."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from wasi_nn_reference.serve.guests import Guests

CONTENT_TYPE = CONTENT_TYPE_LATEST
# Where processes of one server put their figures for each other; the library looks there when it is imported.
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The figures of one server process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("route", "status")
        self.requests = Counter("wasi_nn_requests", "Requests that were answered.", labels, registry=self._registry)
        self.seconds = Histogram(
            "wasi_nn_request_seconds",
            "Time from a request's head to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.inference_seconds = Histogram(
            "wasi_nn_inference_seconds",
            "Time of each compute of a worker's, waiting for the engine included.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.engine_deaths = Counter(
            "wasi_nn_engine_deaths",
            "Operator's graphs that were loaded again because their engine had died.",
            registry=self._registry,
        )
        self._running = Gauge(
            "wasi_nn_guests_running", "Guests that run now.", multiprocess_mode="livesum", registry=self._registry
        )
        self._waiting = Gauge(
            "wasi_nn_guests_waiting",
            "Requests in line for a guest.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )
        self._abandoned = Gauge(
            "wasi_nn_guests_abandoned",
            "Guests whose time is up and that are blocked in a call.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )

    def observe(self, guests: Guests) -> None:
        """Take what the threads do now."""
        self._running.set(guests.running)
        self._waiting.set(guests.waiting)
        self._abandoned.set(guests.abandoned)

    def text(self) -> bytes:
        """Return all figures, of all processes of the server, as Prometheus reads them."""
        registry = self._registry
        if FOLDER_VARIABLE in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # it has no types
        return generate_latest(registry)
