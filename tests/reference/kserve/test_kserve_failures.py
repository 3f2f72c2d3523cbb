"""Failures of an inference server: what the guest is told, and what the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference_server import Answer, InferenceServer, outputs
from served_model import GIVEN, SECONDS, Y, failure, infer

from wasi_nn_reference.errors import ErrorCode

if TYPE_CHECKING:
    import pytest

    from wasi_nn_reference.backends.kserve.model import ServerModel


def test_a_server_that_is_away_is_told_once_until_it_is_back(
    server: InferenceServer, model: ServerModel, capfd: pytest.CaptureFixture[str]
) -> None:
    request = model.graph(SECONDS).request()
    server.infer = lambda _: Answer(status=503)
    refused = failure(lambda: request.infer([GIVEN], SECONDS))
    server.close()
    gone = [failure(lambda: request.infer([GIVEN], SECONDS)) for _ in range(2)]
    assert refused.message == "the inference server refused, with status 503"
    assert [(error.code, error.message) for error in gone] == [
        (ErrorCode.RUNTIME_ERROR, "the inference server is away")
    ] * 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0] == f"wasi-nn: {server.url}: the inference server refused, with status 503"
    assert lines[1].startswith(f"wasi-nn: {server.url}: the inference server is away: ")


def test_after_a_success_the_same_failure_is_told_again(
    server: InferenceServer, model: ServerModel, capfd: pytest.CaptureFixture[str]
) -> None:
    answers = iter([Answer(status=503), outputs((Y, GIVEN.data)), Answer(status=503)])
    server.infer = lambda _: next(answers)
    failure(lambda: infer(model))
    infer(model)
    failure(lambda: infer(model))
    assert capfd.readouterr().err.count("refused, with status 503") == 2


def test_what_a_server_says_is_for_the_operator_alone(
    server: InferenceServer, model: ServerModel, capfd: pytest.CaptureFixture[str]
) -> None:
    server.infer = lambda _: Answer(b'{"error":"no such thing\\n\\u001b[31min /srv/models"}', status=400)
    assert failure(lambda: infer(model)).message == "the inference server refused, with status 400"
    said = f"{server.url}: the inference server refused, with status 400: no such thing [31min /srv/models"
    assert capfd.readouterr().err == f"wasi-nn: {said}\n"


def test_a_redirection_is_not_followed(server: InferenceServer, model: ServerModel) -> None:
    server.infer = lambda _: Answer(status=307, fields=(("Location", f"{server.url}/other"),))
    assert failure(lambda: infer(model)).message == "the inference server refused, with status 307"
    assert server.paths == ["/v2/models/m", "/v2", "/v2/models/m/infer"]
