"""The same routes without workers: plain starlette and plain OpenVINO, on the server of `wasi-nn serve`."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from typing import TYPE_CHECKING

# Importing openvino would import this too, which sends an event to the network.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import anyio.to_thread  # noqa: E402
import numpy as np  # noqa: E402
import openvino as ov  # noqa: E402
import uvicorn  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.concurrency import run_in_threadpool  # noqa: E402
from starlette.responses import JSONResponse, Response  # noqa: E402
from starlette.routing import Route  # noqa: E402

if TYPE_CHECKING:
    from starlette.requests import Request

# As the command line has given them; each process of the server reads them when it imports this.
_MODEL, _THREADS, _GUESTS = "PLAIN_MODEL", "PLAIN_THREADS", "PLAIN_GUESTS"


class Inference:
    """A compiled model, with a request for each thread."""

    def __init__(self, folder: str, threads: int) -> None:
        settings = {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
        settings["ENABLE_CPU_PINNING"] = False
        self._compiled = ov.Core().compile_model(f"{folder}/model.xml", "CPU", settings)
        self._shape = tuple(self._compiled.input(0).shape)
        self._own = threading.local()

    def largest(self, data: bytes) -> dict[str, float]:
        """Return the index of the largest element of the output, and its value."""
        if not hasattr(self._own, "request"):
            self._own.request = self._compiled.create_infer_request()
        output = self._own.request.infer([np.frombuffer(data, "<f4").reshape(self._shape)])[0].ravel()
        index = int(output.argmax())
        return {"index": index, "value": float(output[index])}


def application() -> Starlette:
    """Return the application of one process."""
    inference = Inference(os.environ[_MODEL], int(os.environ[_THREADS]))

    async def empty(_request: Request) -> Response:
        return Response(b"hello", media_type="text/html")

    async def infer(request: Request) -> Response:
        anyio.to_thread.current_default_thread_limiter().total_tokens = int(os.environ[_GUESTS])
        return JSONResponse(await run_in_threadpool(inference.largest, await request.body()))

    return Starlette(routes=[Route("/empty", empty), Route("/tensor", infer, methods=["POST"])])


def main() -> None:
    """Serve until a signal says to stop."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--model", "--workers", "--threads", "--guests", "--port"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    os.environ |= {_MODEL: options.model, _THREADS: options.threads, _GUESTS: options.guests}
    uvicorn.run(
        "plain_server:application",
        factory=True,
        port=int(options.port),
        workers=int(options.workers),
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
