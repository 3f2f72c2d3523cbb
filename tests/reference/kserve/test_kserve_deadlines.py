"""Deadlines of calls to an inference server, and calls that are ended before."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from inference_server import Answer, InferenceServer, outputs
from served_model import GIVEN, SECONDS, Y, failure, infer

from wasi_nn_reference.errors import ErrorCode, UserError

if TYPE_CHECKING:
    from wasi_nn_reference.backends.kserve.model import ServerModel
    from wasi_nn_reference.host import Host


@pytest.mark.parametrize("answer", [Answer(), Answer(length=100)], ids=["no-head", "no-body"])
def test_a_server_that_does_not_finish(
    server: InferenceServer, model: ServerModel, never: threading.Event, answer: Answer
) -> None:
    def silent(_: object) -> Answer:
        if answer.length is None:
            never.wait(60)
        return answer._replace(rest=never)

    server.infer = silent
    error = failure(lambda: infer(model, seconds=0.05))
    assert (error.code, error.message) == (ErrorCode.TIMEOUT, "the inference server did not finish within 0.05 s")


def test_metadata_that_does_not_come(server: InferenceServer, model: ServerModel, never: threading.Event) -> None:
    server.metadata = Answer(length=100, rest=never)
    assert failure(lambda: model.graph(0.05)).code is ErrorCode.TIMEOUT
    with pytest.raises(UserError, match=f"{server.url}: the inference server did not finish within 0.05 s"):
        model.check(0.05)


def silenced(server: InferenceServer, never: threading.Event) -> threading.Event:
    """Have a server answer no inference more; return what tells that one has arrived."""
    arrived = threading.Event()

    def silent(_: object) -> Answer:
        arrived.set()
        never.wait(60)
        return Answer()

    server.infer = silent
    return arrived


def test_a_call_is_ended_from_another_thread(
    server: InferenceServer, model: ServerModel, never: threading.Event
) -> None:
    arrived = silenced(server, never)
    request, other = model.graph(SECONDS).request(), model.graph(SECONDS).request()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(failure, lambda: request.infer([GIVEN], SECONDS))
        assert arrived.wait(60)
        request.kill("its time is up")
        error = call.result()
    assert (error.code, error.message) == (ErrorCode.RUNTIME_ERROR, "the call was ended: its time is up")
    server.infer = lambda asked: outputs((Y, asked.tensors["x"]))
    assert failure(lambda: request.infer([GIVEN], SECONDS)).code is ErrorCode.RUNTIME_ERROR
    assert other.infer([GIVEN], SECONDS) == [GIVEN]


def test_the_end_of_a_guest_ends_its_call(host: Host, server: InferenceServer, never: threading.Event) -> None:
    arrived = silenced(server, never)
    context = host.init_execution_context(host.load_by_name("m"))
    host.set_input(context, 0, GIVEN)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(failure, lambda: host.compute(context))
        assert arrived.wait(60)
        host.end_engines("over")
        assert call.result().message == "the call was ended: over"
