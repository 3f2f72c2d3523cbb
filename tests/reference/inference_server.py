"""A small server of the protocol KServe v2 that answers what a test wants, also what no server may."""

from __future__ import annotations

import http.server
import json
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Request(NamedTuple):
    """An inference that was asked for: the head, and the bytes of each input by its name."""

    head: dict[str, Any]
    tensors: dict[str, bytes]


class Answer(NamedTuple):
    """What is answered: with `length` in the place of the body's own, and more of it if `rest` says so."""

    body: bytes = b""
    status: int = 200
    fields: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    rest: threading.Event | None = None


def port(name: str, datatype: str, *shape: int) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": list(shape)}


def metadata(inputs: Sequence[dict[str, Any]], outputs: Sequence[dict[str, Any]]) -> Answer:
    text = json.dumps({"name": "m", "platform": "", "inputs": list(inputs), "outputs": list(outputs)})
    return Answer(text.encode())


def outputs(*several: tuple[dict[str, Any], bytes]) -> Answer:
    """Return the answer with these outputs as bytes behind the head."""
    heads = [{**head, "parameters": {"binary_data_size": len(data)}} for head, data in several]
    return framed({"outputs": heads}, b"".join(data for _, data in several))


def framed(head: Any, behind: bytes) -> Answer:
    text = json.dumps(head).encode()
    return Answer(text + behind, fields=(("Inference-Header-Content-Length", str(len(text))),))


class QuietServer(http.server.ThreadingHTTPServer):
    """A server whose clients may end the connection before they have read all."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


class InferenceServer:
    """Serves a model; `metadata` and `infer` are what it answers from now on, `itself` what it tells of itself."""

    def __init__(self) -> None:
        self.metadata = metadata([port("x", "FP32", 2)], [port("y", "FP32", 2)])
        self.itself = Answer(b'{"name":"small","version":"1","extensions":["binary_tensor_data"]}')
        self.infer: Callable[[Request], Answer] = lambda request: outputs((port("y", "FP32", 2), request.tensors["x"]))
        self.paths: list[str] = []
        self._server = QuietServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/v2/models/m"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        """Be away from now on."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.paths.append(self.path)
                self._say(owner.itself if self.path == "/v2" else owner.metadata)

            def do_POST(self) -> None:
                owner.paths.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                length = self.headers["Inference-Header-Content-Length"]
                self._say(owner.infer(_read(body, len(body) if length is None else int(length))))

            def _say(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.fields:
                    self.send_header(name, value)
                if answer.length != -1:
                    length = len(answer.body) if answer.length is None else answer.length
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(answer.body)
                if answer.rest is not None:
                    answer.rest.wait(60)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _read(body: bytes, length: int) -> Request:
    head, start, tensors = json.loads(body[:length]), length, {}
    for each in head["inputs"]:
        if "data" in each:
            continue
        size = each["parameters"]["binary_data_size"]
        tensors[each["name"]] = body[start : start + size]
        start += size
    assert start == len(body)
    return Request(head, tensors)


def seven(request: Request) -> Answer:
    """Answer that every image of a request is a seven."""
    images = np.frombuffer(request.tensors["image"], "<f4").reshape(-1, 64)
    scores = np.zeros((len(images), 10), "<f4")
    scores[:, 7] = 20
    return outputs((port("scores", "FP32", *scores.shape), scores.tobytes()))


def finding_sevens() -> InferenceServer:
    """Return a server of a model that finds a seven in every image of 64 pixels."""
    made = InferenceServer()
    made.metadata = metadata([port("image", "FP32", -1, 64)], [port("scores", "FP32", -1, 10)])
    made.infer = seven
    return made
