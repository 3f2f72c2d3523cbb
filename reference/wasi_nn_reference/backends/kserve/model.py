"""A model at an inference server, as a graph of wasi-nn."""

from __future__ import annotations

import contextlib
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

import msgspec

from wasi_nn_reference.backends.kserve.connection import AwayError, LongReplyError, Query
from wasi_nn_reference.backends.kserve.inference import HEAD_BYTES, most_reply_bytes, outputs_of, request_body
from wasi_nn_reference.backends.kserve.metadata import MalformedError, Ports, takes_bytes
from wasi_nn_reference.console import note
from wasi_nn_reference.errors import ErrorCode, UserError, WasiNnError, too_large, unsupported
from wasi_nn_reference.limits import limit_text
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from wasi_nn_reference.backends.backend import Port
    from wasi_nn_reference.backends.kserve.address import ModelAddress
    from wasi_nn_reference.backends.kserve.connection import Connection, Reply
    from wasi_nn_reference.tensor import Tensor

_OK = 200
_NOT_FOUND = 404
_MALFORMED = "answered what can not be"


class ServerError(Exception):
    """The server does not do what it is asked: `what` for guests too, and the reason for the operator alone."""

    def __init__(self, what: str, reason: str) -> None:
        self.what = f"the inference server {what}"
        self.reason = _on_one_line(reason)
        super().__init__(f"{self.what}: {self.reason}" if self.reason else self.what)


class ServerModel:
    """A model at a server; its graph is made of the server's metadata.

    tensor_bytes: of one output at most. model_bytes: that are here.
    """

    model_bytes = 0

    def __init__(self, address: ModelAddress, connection: Connection, tensor_bytes: int) -> None:
        self.address = address
        self.connection = connection
        self.tensor_bytes = tensor_bytes
        self._graph: ServerGraph | None = None
        self._told: str | None = None

    def check(self, seconds: float) -> None:
        """Make sure that the server is there and has the model; raises UserError."""
        try:
            self._kept(seconds)
        except ServerError as error:
            raise UserError(f"{self.address.url}: {error}") from error
        except WasiNnError as error:
            raise UserError(f"{self.address.url}: {error.message}") from error

    def graph(self, seconds: float) -> ServerGraph:
        """Return the graph, the same one until it is lost.

        Raises `runtime_error` if the server is away, does not have the model, or answers what can not be;
        `unsupported_operation` for a type that wasi-nn does not have; `timeout` after `seconds`.
        """
        try:
            return self._kept(seconds)
        except ServerError as error:
            raise self.failed(error) from error

    def _kept(self, seconds: float) -> ServerGraph:
        if self._graph is None or self._graph.is_lost:
            try:
                ports = Ports(self._told_at(self.address.url, seconds))
            except MalformedError as error:
                raise ServerError(_MALFORMED, str(error)) from error
            as_bytes = takes_bytes(self._told_at(self.address.server, seconds))
            for port in (*ports.inputs, *ports.outputs):
                if port.type is TensorType.BF16 and not as_bytes:
                    raise unsupported(f"{port.name!r} is BF16, and the inference server takes tensors in JSON alone")
            self._graph = ServerGraph(self, ports.inputs, ports.outputs, as_bytes=as_bytes)
        return self._graph

    def _told_at(self, url: str, seconds: float) -> bytes:
        try:
            return self.reply(self.connection.begin(Query(url), seconds, HEAD_BYTES), seconds).body
        except LongReplyError:
            raise ServerError(_MALFORMED, f"its metadata has more than {HEAD_BYTES} bytes") from None

    def reply(self, future: Future[Reply], seconds: float) -> Reply:
        """Wait for a reply with status 200; raises ServerError, `timeout`, LongReplyError, CancelledError."""
        try:
            reply = future.result()
        except TimeoutError:
            raise WasiNnError(ErrorCode.TIMEOUT, f"the inference server did not finish within {seconds:g} s") from None
        except AwayError as error:
            raise ServerError("is away", str(error)) from error
        if reply.status == _OK:
            return reply
        what = "does not have the model" if reply.status == _NOT_FOUND else f"refused, with status {reply.status}"
        raise ServerError(what, _account(reply.body))

    def failed(self, error: ServerError) -> WasiNnError:
        """Return what a guest gets. The operator is told the reason, once until another one or a success."""
        if self._told != str(error):
            self._told = str(error)
            note(f"{self.address.url}: {error}")
        return WasiNnError(ErrorCode.RUNTIME_ERROR, error.what)

    def succeeded(self) -> None:
        """Let the operator be told of the next failure, whatever it is."""
        self._told = None


class ServerGraph:
    """See `wasi_nn_reference.backends.backend.BackendGraph`. It is lost when the server computes with other ports.

    as_bytes: how the server takes tensors; see `request_body`.
    """

    def __init__(
        self, model: ServerModel, inputs: tuple[Port, ...], outputs: tuple[Port, ...], *, as_bytes: bool
    ) -> None:
        self.model = model
        self.as_bytes = as_bytes
        self.inputs = inputs
        self.outputs = outputs
        self.is_lost = False

    def request(self) -> ServerRequest:
        """See `BackendGraph.request`."""
        return ServerRequest(self)


class ServerRequest:
    """See `wasi_nn_reference.backends.backend.BackendRequest`."""

    def __init__(self, graph: ServerGraph) -> None:
        self._graph = graph
        self._future: Future[Reply] | None = None
        self._end: str | None = None

    def infer(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        """See `BackendRequest.infer`; raises `too_large` for outputs larger than is allowed, before they are read."""
        model = self._graph.model
        try:
            outputs = self._outputs(inputs, seconds)
        except CancelledError:
            raise WasiNnError(ErrorCode.RUNTIME_ERROR, f"the call was ended: {self._end}") from None
        except MalformedError as error:
            self._graph.is_lost = True
            raise model.failed(ServerError(_MALFORMED, str(error))) from error
        except ServerError as error:
            raise model.failed(error) from error
        model.succeeded()
        return outputs

    def _outputs(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        model, ports = self._graph.model, self._graph.outputs
        body, head = request_body(inputs, self._graph.inputs, ports, as_bytes=self._graph.as_bytes)
        most = most_reply_bytes(ports, model.tensor_bytes)
        self._future = model.connection.begin(Query(model.address.infer, body, head), seconds, most)
        if self._end is not None:
            self._future.cancel()
        try:
            return outputs_of(model.reply(self._future, seconds), ports, model.tensor_bytes)
        except LongReplyError:
            raise too_large(f"the outputs are too long; {limit_text('tensor_bytes', model.tensor_bytes)}") from None
        finally:
            self._future = None

    def kill(self, reason: str) -> None:
        """End a run, from any thread, and let there be no other: `infer` raises `runtime_error` with this reason."""
        self._end = reason
        future = self._future
        if future is not None:
            future.cancel()


class ErrorForm(msgspec.Struct):
    """What a server answers in the place of a result, as JSON."""

    error: str = ""


def _account(body: bytes) -> str:
    with contextlib.suppress(msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return msgspec.json.decode(body, type=ErrorForm).error
    return ""


def _on_one_line(text: str) -> str:
    """Return what a server said so that no terminal takes it for orders, and no log for more than one line."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())[:300]
