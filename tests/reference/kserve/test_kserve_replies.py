"""Replies with outputs: what is believed of them, and how much of one is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from inference_server import Answer, InferenceServer, framed, metadata, outputs, port
from served_model import GIVEN, LIMIT, X_Y, Y, failure, infer, json_output

from wasi_nn_reference.errors import ErrorCode

if TYPE_CHECKING:
    import threading

    from wasi_nn_reference.backends.kserve.model import ServerModel


def with_size(size: Any, data: bytes = GIVEN.data) -> Answer:
    return framed({"outputs": [{**Y, "parameters": {"binary_data_size": size}}]}, data)


def with_head_length(length: str) -> Answer:
    return outputs((Y, GIVEN.data))._replace(fields=(("Inference-Header-Content-Length", length),))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b""),
        Answer(b"no JSON"),
        Answer(b"[" * 500_000),
        json_output("[" * 500_000),
        framed({"outputs": []}, b""),
        framed({}, b""),
        framed({"outputs": {}}, b""),
        outputs((port("z", "FP32", 2), GIVEN.data)),
        outputs((Y, GIVEN.data), (Y, GIVEN.data)),
        outputs((Y, GIVEN.data), (port("z", "FP32", 2), GIVEN.data)),
        outputs((port("y", "INT32", 2), GIVEN.data)),
        outputs((port("y", "FP32", 1), GIVEN.data[:4])),
        outputs((port("y", "FP32", 1, 2), GIVEN.data)),
        outputs((port("y", "FP32", -1, -2), GIVEN.data)),
        outputs((Y, GIVEN.data[:7])),
        outputs((Y, GIVEN.data + b"\0")),
        with_size(8, GIVEN.data[:7]),
        with_size(8, GIVEN.data + b"\0"),
        with_size(-8),
        with_size("8"),
        with_size(8.5),
        with_size(2**70),
        Answer(with_size(8, b"").body),
        with_head_length("-1"),
        with_head_length("+9"),
        with_head_length("1000000"),
        with_head_length("9" * 5000),
        with_head_length("3"),
        json_output("null"),
        json_output("[1]"),
        json_output("[1, 2, 3]"),
        json_output('["1", "2"]'),
        json_output("[true, false]"),
        json_output("[[1], 2]"),
        json_output("[1, NaN]"),
        json_output("{}"),
        Answer(b'{"outputs":[{"name":"y","datatype":"FP32","shape":[2]}]}'),
    ],
    ids=[
        "empty", "text", "deep", "deep-data", "no-outputs", "no-member", "no-list", "another-name", "twice",
        "one-more", "another-type", "another-shape", "another-rank", "negative", "short", "long", "short-behind",
        "long-behind", "size-negative", "size-text", "size-fraction", "size-large", "size-without-head",
        "head-negative", "head-signed", "head-beyond", "head-endless", "head-short", "null", "too-few", "too-many",
        "text-elements", "truths", "ragged", "not-a-number", "object", "no-data",
    ],
)  # fmt: skip
def test_a_reply_that_can_not_be(
    server: InferenceServer, model: ServerModel, answer: Answer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.infer = lambda _: answer
    error = failure(lambda: infer(model))
    assert (error.code, error.message) == (ErrorCode.RUNTIME_ERROR, "the inference server answered what can not be")
    said = capfd.readouterr().err
    assert said.startswith(f"wasi-nn: {server.url}: the inference server answered what can not be: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("datatype", "data"), [("INT32", [1.5, 2]), ("INT32", [2**31, 0]), ("UINT8", [256, 0]), ("UINT8", [-1, 0])]
)
def test_elements_in_json_that_their_type_does_not_have(
    server: InferenceServer, model: ServerModel, datatype: str, data: list[Any]
) -> None:
    y = port("y", datatype, 2)
    server.metadata = metadata(X_Y[0], [y])
    server.infer = lambda _: Answer(framed({"outputs": [{**y, "data": data}]}, b"").body)
    assert failure(lambda: infer(model)).message == "the inference server answered what can not be"


@pytest.mark.parametrize("length", [None, -1, 10**15], ids=["announced", "until-the-end", "announced-only"])
def test_a_reply_beyond_the_limit_is_not_read(
    server: InferenceServer, model: ServerModel, length: int | None, never: threading.Event
) -> None:
    server.infer = lambda _: Answer(b" " * (2 << 20), length=length, rest=never)
    error = failure(lambda: infer(model))
    assert (error.code, error.message) == (
        ErrorCode.TOO_LARGE, f"the outputs are too long; the limit is {LIMIT} (--max-tensor-bytes)",
    )  # fmt: skip


def test_an_output_beyond_the_limit(server: InferenceServer, model: ServerModel) -> None:
    server.metadata = metadata(X_Y[0], [port("y", "UINT8", -1)])
    server.infer = lambda _: outputs((port("y", "UINT8", LIMIT + 1), bytes(LIMIT + 1)))
    error = failure(lambda: infer(model))
    assert error.code is ErrorCode.TOO_LARGE
    assert "output 'y' has 1001 bytes" in error.message
