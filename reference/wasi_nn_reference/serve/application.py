"""The HTTP application: finds who answers a request, and sees to it that every request is answered."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from starlette.responses import FileResponse

from wasi_nn_reference.serve.exchange import Request
from wasi_nn_reference.serve.failure_page import failure_page
from wasi_nn_reference.serve.guests import CrowdedError
from wasi_nn_reference.serve.visit import NOT_FOUND, OTHER_METHOD, RefusedError, Visit
from wasi_nn_reference.serve.worker import AWAY, FAULT, OVERRUN
from wasi_nn_reference.wasmtime_host.ending import OverrunError

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from wasi_nn_reference.serve.exchange import Answer
    from wasi_nn_reference.serve.guests import Guests
    from wasi_nn_reference.serve.log import Log
    from wasi_nn_reference.serve.metrics import Metrics
    from wasi_nn_reference.serve.routes import Match
    from wasi_nn_reference.serve.site import Site
    from wasi_nn_reference.serve.worker import Account, Worker

_FILES, _NOTHING = "(public)", "(nothing)"  # the place of a request that came to no route
_READING = ("GET", "HEAD")


class Application:
    """An ASGI application for the workers and files of one folder.

    site: what is served; another one may take its place at any time, for requests that come after. prefix: segments
    that all paths begin with.
    """

    def __init__(self, site: Site, guests: Guests, log: Log, metrics: Metrics, prefix: tuple[str, ...] = ()) -> None:
        self.site = site
        self._guests = guests
        self._log = log
        self._metrics = metrics
        self._prefix = prefix
        self._busy: Counter[Worker] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; see ASGI."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        visit = Visit(scope, receive, send)
        try:
            await self._respond(visit)
        except EOFError:  # nobody is there who could read an answer
            visit.status = visit.status or 499
        finally:
            self._record(visit)

    async def _respond(self, visit: Visit) -> None:
        site = self.site
        try:
            await self._found(site, visit)
        except RefusedError as refusal:
            await self._refuse(site, visit, refusal)
        except EOFError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours is told to the log, and to the client that it is one
            await self._refuse(site, visit, RefusedError(FAULT, f"a fault here, {type(error).__name__}: {error}"))

    async def _refuse(self, site: Site, visit: Visit, refusal: RefusedError) -> None:
        status, reason = refusal.status, str(refusal)
        if reason:
            self._tell(visit, "request_failed", status=status, reason=reason)
        if visit.is_answered:
            return
        missing = site.public.not_found() if status == NOT_FOUND else None
        if missing is not None:
            await self._send_file(visit, missing, NOT_FOUND)
            return
        await visit.answer(failure_page(status, visit.accept, visit.request_id))

    async def _found(self, site: Site, visit: Visit) -> None:
        """Let the first that has the path answer; raises RefusedError if nobody has."""
        parts = visit.parts(self._prefix)
        match = site.routes.static(parts)
        file = None if match else site.public.file(parts)
        if file is not None and visit.method in _READING:
            visit.place = _FILES
            await self._send_file(visit, file)
            return
        match = match or site.routes.dynamic(parts)
        if match is not None:
            await visit.answer(await self._worked(site, match, visit))
            return
        visit.place = _NOTHING
        file = file or site.public.index(parts)
        if file is None:
            raise RefusedError(NOT_FOUND)
        visit.place = _FILES
        if visit.method not in _READING:
            raise RefusedError(OTHER_METHOD)
        await self._send_file(visit, file)

    async def _worked(self, site: Site, match: Match, visit: Visit) -> Answer:
        visit.place = match.route.path
        worker = site.workers.get(match.route.file)
        if worker is None:
            raise RefusedError(FAULT, f"{match.route.file} cannot run: {site.obstacles[match.route.file]}")
        body = await visit.body(worker.limits.body_bytes)
        request = Request(visit.url, visit.method, visit.scope["headers"], body, match.parameters)
        if 0 < worker.limits.concurrency <= self._busy[worker]:
            raise RefusedError(AWAY, f"{worker.limits.concurrency} of its guests run")
        self._busy[worker] += 1
        try:
            account = await self._guests.run(lambda turn: worker.answer(request, turn), worker.limits.seconds)
        except CrowdedError:
            raise RefusedError(AWAY, "all threads are taken, and the line is full or does not move") from None
        except OverrunError as error:
            raise RefusedError(OVERRUN, f"{error}, blocked in a call of the host") from None
        finally:
            self._busy[worker] -= 1
            if not self._busy[worker]:
                del self._busy[worker]
        self._tell_all(visit, worker, account)
        if account.answer is None:
            failure = account.failure
            raise RefusedError(FAULT if failure is None else failure.status, f"{worker.name}: {failure}")
        return account.answer

    async def _send_file(self, visit: Visit, path: Path, status: int = 200) -> None:
        await FileResponse(path, status)(visit.scope, visit.receive, visit.send)

    def _tell_all(self, visit: Visit, worker: Worker, account: Account) -> None:
        for note in account.notes:
            self._tell(visit, "call_failed", worker=worker.name, reason=note)
        if account.stderr:
            self._tell(visit, "stderr", worker=worker.name, text=account.stderr.decode("utf-8", "replace"))
        for seconds in account.inferences:
            self._metrics.inference_seconds.labels(visit.place).observe(seconds)

    def _tell(self, visit: Visit, event: str, **fields: object) -> None:
        self._log.event(event, request_id=visit.request_id, route=visit.place, **fields)

    def _record(self, visit: Visit) -> None:
        seconds = time.perf_counter() - visit.began
        self._metrics.requests.labels(visit.place or _NOTHING, str(visit.status)).inc()
        self._metrics.seconds.labels(visit.place or _NOTHING).observe(seconds)
        self._tell(
            visit,
            "request",
            method=visit.method,
            path=visit.path,
            status=visit.status,
            bytes=visit.sent_bytes,
            milliseconds=round(seconds * 1000, 3),
        )
