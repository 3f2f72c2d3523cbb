"""Puts a server process together: engines, workers, threads, and the application around them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from wasi_nn_reference.backends.engines import Engines
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.serve.application import Application
from wasi_nn_reference.serve.guests import Guests
from wasi_nn_reference.serve.loading import Resources, load_site
from wasi_nn_reference.serve.metrics import CONTENT_TYPE, Metrics
from wasi_nn_reference.serve.store import MemoryStore, store_at
from wasi_nn_reference.serve.tracing import tracer_provider
from wasi_nn_reference.wasmtime_host.cache import user_cache
from wasi_nn_reference.wasmtime_host.deadline import Abandonment
from wasi_nn_reference.wasmtime_host.runner import Runner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from starlette.requests import Request

    from wasi_nn_reference.backends.kserve.address import ModelAddress
    from wasi_nn_reference.serve.log import Log
    from wasi_nn_reference.serve.models import Standing
    from wasi_nn_reference.serve.settings import Settings
    from wasi_nn_reference.serve.site import Site
    from wasi_nn_reference.serve.store import Store

# Models that the operator registers are the operator's: only a guest's are limited in what they are made of.
_ANY_BYTES = 2**63 - 1


class Assembly:
    """A server process. scratch: a folder for copies that requests have. Nothing is started before `load`."""

    def __init__(self, settings: Settings, scratch: Path, log: Log) -> None:
        self._settings = settings
        self._scratch = scratch
        self._log = log
        self._engines = Engines(settings.isolation, settings.limits.engine_bytes)
        self._runner = Runner(Abandonment(), user_cache() if settings.use_cache else None)
        self._stores: dict[str, Store] = {}
        self._tracing = tracer_provider(os.environ)
        self.metrics = Metrics()
        self.guests = Guests(settings.threads, settings.waiting, self._exhausted)

    def load(self) -> Site:
        """Return the folder as it is now, and log what is odd about it; raises UserError as `load_site`."""
        site = self.site()
        for remark in site.remarks:
            self._log.event("remark", text=remark)
        for file, obstacle in site.obstacles.items():
            self._log.event("worker_unavailable", file=str(file), reason=obstacle)
        return site

    def site(self) -> Site:
        """Return the folder as it is now; raises UserError as `load_site`."""
        given = self._settings.engines
        resources = Resources(
            runner=self._runner,
            guest_backends=lambda: self._engines.backends(given),
            operator_backends=lambda: self._engines.backends(given._replace(tensor_bytes=_ANY_BYTES)),
            at_server=self._at_server,
            store_at=self._store_at,
            scratch=self._scratch,
            environment=os.environ,
            limits=self._settings.limits,
            worker_limits=self._settings.worker_limits,
            on_loss=self.metrics.engine_deaths.inc,
            warm=self._engines.warm,
        )
        return load_site(self._settings.folder, resources, self._settings.ignored)

    @cached_property
    def application(self) -> Application:
        """What answers all paths but those of the server itself, with the folder loaded."""
        return Application(self.load(), self.guests, self._log, self.metrics, self._settings.prefix)

    def asgi(self) -> Starlette:
        """Return the whole application, ready."""
        return Starlette(
            routes=[
                Route("/healthz", self._health),
                Route("/metrics", self._figures),
                Mount("/", app=self.application),
            ],
            middleware=list(self._middleware()),
            lifespan=self._life,
        )

    def _middleware(self) -> Iterator[Middleware]:
        if self._tracing is not None:
            from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware  # noqa: PLC0415 - an extra

            yield Middleware(OpenTelemetryMiddleware, tracer_provider=self._tracing)
        if self._settings.origins:
            origins = list(self._settings.origins)
            yield Middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"])

    def close(self) -> None:
        """End the engines, and the threads that have no guest."""
        self.guests.close()
        self._engines.close()

    @contextlib.asynccontextmanager
    async def _life(self, _app: Starlette) -> AsyncIterator[None]:
        site = self.application.site
        self._log.event("serving", process=os.getpid(), workers=len(site.workers), unavailable=len(site.obstacles))
        watching = asyncio.create_task(self._watched()) if self._settings.watch else None
        yield
        if watching is not None:
            watching.cancel()
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.shutdown)
        self._log.event("stopped", process=os.getpid())

    async def _watched(self) -> None:
        # Only who watches needs what it imports.
        from wasi_nn_reference.serve.watching import watch  # noqa: PLC0415

        await watch(self._settings.folder, self.application, self.load, self._log)

    def _exhausted(self) -> None:
        """Make way for another process, if there is one that starts it: blocked guests are not to be ended."""
        self._log.event(
            "exhausted", process=os.getpid(), reason="blocked guests have taken as many threads as there are"
        )
        if self._settings.processes > 1:
            os.kill(os.getpid(), signal.SIGTERM)

    async def _health(self, _request: Request) -> Response:
        """Answer that requests are answered, unless blocked guests have taken as many threads as there may be."""
        blocked = self.guests.abandoned >= self._settings.threads
        return PlainTextResponse("too many guests are blocked\n" if blocked else "ok\n", 503 if blocked else 200)

    async def _figures(self, _request: Request) -> Response:
        self.metrics.observe(self.guests)
        return Response(self.metrics.text(), media_type=CONTENT_TYPE)

    def _at_server(self, address: ModelAddress) -> Standing:
        model = self._engines.servers.model(address, self._settings.limits.tensor_bytes)
        model.check(self._settings.limits.call_seconds)
        return model

    def _store_at(self, url: str) -> Store:
        if not url and self._settings.processes > 1:
            raise UserError(
                "data.kv: without url the store is in the server's memory, and several processes have several;"
                " give it url = 'redis://...', or serve with --workers 1"
            )
        if url not in self._stores:
            self._stores[url] = store_at(url) if url else MemoryStore()
        return self._stores[url]
