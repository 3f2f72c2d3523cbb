"""Graphs that an inference server computes: what is sent, what is believed, and what comes of a server that is away."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from inference_server import Answer, InferenceServer, framed, metadata, outputs, port

from wasi_nn_reference.backends.kserve.address import address_of, read_address
from wasi_nn_reference.backends.kserve.servers import InferenceServers
from wasi_nn_reference.errors import ErrorCode, UserError, WasiNnError
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wasi_nn_reference.backends.kserve.model import ServerModel

SECONDS = 60.0
LIMIT = 1000  # bytes of an output
F32 = TensorType.F32
Y = port("y", "FP32", 2)
X_Y = [port("x", "FP32", 2)], [Y]
GIVEN = Tensor(F32, (2,), np.array([1.5, -2], "<f4").tobytes())
DATATYPES = {
    "FP16": TensorType.F16,
    "BF16": TensorType.BF16,
    "FP32": TensorType.F32,
    "FP64": TensorType.F64,
    "UINT8": TensorType.U8,
    "INT32": TensorType.I32,
    "INT64": TensorType.I64,
}


@pytest.fixture
def server() -> Iterator[InferenceServer]:
    made = InferenceServer()
    yield made
    made.close()


@pytest.fixture
def servers() -> Iterator[InferenceServers]:
    made = InferenceServers()
    yield made
    made.close()


@pytest.fixture
def model(server: InferenceServer, servers: InferenceServers) -> ServerModel:
    return servers.model(read_address(server.url), LIMIT)


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What a server waits for that answers no more, until the test is over."""
    event = threading.Event()
    yield event
    event.set()


def failure(work: Callable[[], object]) -> WasiNnError:
    with pytest.raises(WasiNnError) as caught:
        work()
    return caught.value


def infer(model: ServerModel, *inputs: Tensor, seconds: float = SECONDS) -> list[Tensor]:
    return model.graph(SECONDS).request().infer(inputs or (GIVEN,), seconds)


@pytest.mark.parametrize(
    ("url", "name", "server"),
    [
        ("http://h:8000/v2/models/m", "m", "http://h:8000/v2"),
        ("https://h/v2/models/m/", "m", "https://h/v2"),
        ("http://[::1]:1/v2/models/m.n-1/versions/2", "m.n-1", "http://[::1]:1/v2"),
        ("http://h/serving/ns/v2/models/m", "m", "http://h/serving/ns/v2"),
    ],
)
def test_an_address_names_a_model(url: str, name: str, server: str) -> None:
    assert read_address(url) == (url.rstrip("/"), name, server)


@pytest.mark.parametrize(
    "url",
    [
        "h:8000/v2/models/m", "grpc://h:8001/v2/models/m", "http://h:8000", "http://h:8000/v2/models/",
        "http://h:8000/v2/models/m/infer", "http://h:8000/v2/models/m/versions/", "http://h:99999/v2/models/m",
        "http:///v2/models/m", "http://user:secret@h/v2/models/m", "http://h/v2/models/m?x=1", "http://h/v2/models/m#x",
        "http://h/v2/models/a b", "http://[::1/v2/models/m", "/models/digits",
    ],
)  # fmt: skip
def test_another_address_is_told_the_form_that_is_wanted(url: str) -> None:
    with pytest.raises(UserError) as caught:
        read_address(url)
    said = "is no model of an inference server; give it as http://HOST:PORT/v2/models/NAME[/versions/VERSION]"
    assert str(caught.value) == f"{url}: {said}"


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        (("http://h:8000", "m"), "http://h:8000/v2/models/m"),
        (("http://h:8000/", "a/b c", "1"), "http://h:8000/v2/models/a%2Fb%20c/versions/1"),
    ],
)
def test_an_address_of_parts(parts: tuple[str, ...], url: str) -> None:
    assert address_of(*parts).url == url


@pytest.mark.parametrize("datatype", DATATYPES)
def test_a_tensor_of_each_type_goes_there_and_back(server: InferenceServer, model: ServerModel, datatype: str) -> None:
    server.metadata = metadata([port("x", datatype, -1, 2)], [port("y", datatype, -1, 2)])
    server.infer = lambda request: outputs((port("y", datatype, 3, 2), request.tensors["x"]))
    tensor_type = DATATYPES[datatype]
    given = Tensor(tensor_type, (3, 2), bytes(range(6 * tensor_type.size)))
    assert [(each.name, each.type, each.shape) for each in model.graph(SECONDS).inputs] == [
        ("x", tensor_type, (None, 2))
    ]
    assert infer(model, given) == [given]


def test_what_a_server_is_asked(server: InferenceServer, model: ServerModel) -> None:
    asked: list[Any] = []

    def answer(request: Any) -> Answer:
        asked.append(request)
        return outputs((Y, GIVEN.data))

    server.infer = answer
    infer(model)
    assert server.paths == ["/v2/models/m", "/v2", "/v2/models/m/infer"]
    (request,) = asked
    assert request.tensors == {"x": GIVEN.data}
    assert request.head["inputs"] == [{**port("x", "FP32", 2), "parameters": {"binary_data_size": 8}}]
    assert request.head["outputs"] == [{"name": "y", "parameters": {"binary_data": True}}]


def test_outputs_are_told_apart_by_their_names(server: InferenceServer, model: ServerModel) -> None:
    server.metadata = metadata([port("a", "UINT8", 1), port("b", "INT32", 1)], [Y, port("z", "INT64", 1)])
    z = port("z", "INT64", 1)
    server.infer = lambda request: outputs((z, request.tensors["b"] * 2), (Y, request.tensors["a"] * 8))
    given = Tensor(TensorType.U8, (1,), b"\1"), Tensor(TensorType.I32, (1,), b"\2\0\0\0")
    assert [(each.type, each.data) for each in infer(model, *given)] == [
        (F32, b"\1" * 8), (TensorType.I64, b"\2\0\0\0\2\0\0\0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("datatype", "data", "expected"),
    [
        ("FP32", [1.5, 2], np.array([1.5, 2], "<f4")),
        ("FP16", [[1.5], [2]], np.array([1.5, 2], "<f2")),
        ("INT64", [2**40, -1], np.array([2**40, -1], "<i8")),
        ("UINT8", [255, 0], np.array([255, 0], "|u1")),
    ],
)
def test_an_output_in_json(
    server: InferenceServer, model: ServerModel, datatype: str, data: list[Any], expected: Any
) -> None:
    y = port("y", datatype, 2)
    server.metadata = metadata([port("x", "FP32", 2)], [y])
    server.infer = lambda _: Answer(framed({"outputs": [{**y, "data": data}]}, b"").body)
    assert [each.data for each in infer(model)] == [expected.tobytes()]


@pytest.mark.parametrize(
    "itself",
    [Answer(b'{"name":"json","extensions":[]}'), Answer(b"{}"), Answer(b"no JSON")],
    ids=["none", "nothing-said", "text"],
)
def test_a_server_without_the_extension_gets_json(server: InferenceServer, model: ServerModel, itself: Answer) -> None:
    asked: list[Any] = []

    def answer(request: Any) -> Answer:
        asked.append(request.head)
        return json_output("[3, 4.5]")

    server.itself, server.infer = itself, answer
    (output,) = infer(model)
    assert output.data == np.array([3, 4.5], "<f4").tobytes()
    assert asked == [
        {
            "inputs": [{**port("x", "FP32", 2), "data": [1.5, -2.0]}],
            "outputs": [{"name": "y", "parameters": {"binary_data": False}}],
        }
    ]


def test_a_server_that_is_known_to_take_bytes(server: InferenceServer, model: ServerModel) -> None:
    server.itself = Answer(b'{"name":"OpenVINO Model Server","version":"2026"}')
    assert infer(model) == [GIVEN]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_json_lacks_is_refused(server: InferenceServer, model: ServerModel, value: float) -> None:
    server.itself = Answer(b"{}")
    error = failure(lambda: infer(model, Tensor(F32, (2,), np.array([1, value], "<f4").tobytes())))
    assert error.code is ErrorCode.UNSUPPORTED_OPERATION
    assert "input 'x' has values that JSON lacks" in error.message


def test_bf16_goes_as_bytes_alone(server: InferenceServer, model: ServerModel) -> None:
    server.itself = Answer(b"{}")
    server.metadata = metadata(X_Y[0], [port("y", "BF16", 2)])
    error = failure(lambda: model.graph(SECONDS))
    assert error.code is ErrorCode.UNSUPPORTED_OPERATION
    assert error.message == "'y' is BF16, and the inference server takes tensors in JSON alone"


def test_a_scalar(server: InferenceServer, model: ServerModel) -> None:
    server.metadata = metadata([port("x", "FP32")], [port("y", "FP32")])
    server.infer = lambda request: outputs((port("y", "FP32"), request.tensors["x"]))
    given = Tensor(F32, (), b"abcd")
    assert infer(model, given) == [given]


@pytest.mark.parametrize("where", ["inputs", "outputs"])
@pytest.mark.parametrize("datatype", ["BYTES", "BOOL", "INT8", "UINT64", "fp32"])
def test_another_type_is_refused_by_its_name(
    server: InferenceServer, model: ServerModel, where: str, datatype: str
) -> None:
    ports = [port("x", datatype, 2)]
    server.metadata = metadata(ports, [Y]) if where == "inputs" else metadata(X_Y[0], ports)
    error = failure(lambda: model.graph(SECONDS))
    assert error.code is ErrorCode.UNSUPPORTED_OPERATION
    assert f"the model's {where[:-1]} 'x' is of type {datatype}, which wasi-nn does not have" in error.message


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b""),
        Answer(b"no JSON"),
        Answer(b"\xff"),
        Answer(b"[" * 500_000),
        Answer(b'{"inputs":' + b"[" * 500_000),
        metadata([], [Y]),
        metadata(X_Y[0], []),
        metadata([Y, Y], [Y]),
        metadata([port("x", "FP32", -2)], [Y]),
        metadata([port("x", "FP32", 2**32)], [Y]),
        metadata([port("x", "FP32", *[1] * 9)], [Y]),
        Answer(b'{"inputs":[{"name":"x","datatype":"FP32","shape":["2"]}],"outputs":[]}'),
        Answer(b'{"inputs":[{"name":"x","datatype":"FP32","shape":[2.5]}],"outputs":[]}'),
        Answer(b'{"inputs":[{"name":"x","shape":[2]}],"outputs":[]}'),
        Answer(b" " * ((1 << 20) + 1)),
        Answer(metadata(*X_Y).body, fields=(("Content-Encoding", "gzip"),)),
        Answer(metadata(*X_Y).body[:9], length=1000),
    ],
    ids=[
        "empty", "text", "bytes", "deep", "deep-inside", "no-inputs", "no-outputs", "one-name-twice", "below-minus-one",
        "no-u32", "rank", "text-in-shape", "fraction-in-shape", "no-type", "long", "compressed", "cut-off",
    ],
)  # fmt: skip
def test_metadata_that_can_not_be(
    server: InferenceServer, model: ServerModel, answer: Answer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.metadata = answer
    assert failure(lambda: model.graph(SECONDS)).code is ErrorCode.RUNTIME_ERROR
    said = capfd.readouterr().err
    assert said.startswith(f"wasi-nn: {server.url}: the inference server ")
    assert said.count("\n") == 1


def json_output(data: str) -> Answer:
    return Answer(b'{"outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":%s}]}' % data.encode())


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


def test_a_graph_whose_ports_changed_is_loaded_anew(server: InferenceServer, model: ServerModel) -> None:
    graph = model.graph(SECONDS)
    assert model.graph(SECONDS) is graph
    server.metadata = metadata(X_Y[0], [port("z", "FP32", 2)])
    server.infer = lambda request: outputs((port("z", "FP32", 2), request.tensors["x"]))
    failure(lambda: graph.request().infer([GIVEN], SECONDS))
    assert graph.is_lost
    assert infer(model) == [GIVEN]


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


def test_a_call_is_ended_from_another_thread(
    server: InferenceServer, model: ServerModel, never: threading.Event
) -> None:
    arrived = threading.Event()

    def silent(_: object) -> Answer:
        arrived.set()
        never.wait(60)
        return Answer()

    server.infer = silent
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


def test_many_threads_share_the_connections(server: InferenceServer, model: ServerModel) -> None:
    def ask(number: int) -> bool:
        given = Tensor(F32, (2,), number.to_bytes(8, "little"))
        return infer(model, given) == [given]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(100)))
    assert server.paths.count("/v2/models/m/infer") == 100


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


@pytest.fixture
def host(model: ServerModel) -> Host:
    graphs = NamedGraphs()
    graphs.add_option("kserve::http://h/v2/models/m", lambda _: model)
    return Host({}, graphs, Limits(graphs=2))


def test_a_host_computes_with_a_graph_at_a_server(host: Host) -> None:
    context = host.init_execution_context(host.load_by_name("m"))
    host.set_input(context, 0, GIVEN)
    host.compute(context)
    assert host.get_output(context, 0) == GIVEN


def test_graphs_at_servers_count_as_graphs(host: Host) -> None:
    kept = [host.load_by_name("m") for _ in range(2)]
    assert failure(lambda: host.load_by_name("m")).code is ErrorCode.TOO_LARGE
    assert len(kept) == 2


def test_the_end_of_a_guest_ends_its_call(host: Host, server: InferenceServer, never: threading.Event) -> None:
    arrived = threading.Event()

    def silent(_: object) -> Answer:
        arrived.set()
        never.wait(60)
        return Answer()

    server.infer = silent
    context = host.init_execution_context(host.load_by_name("m"))
    host.set_input(context, 0, GIVEN)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(failure, lambda: host.compute(context))
        assert arrived.wait(60)
        host.end_engines("over")
        assert call.result().message == "the call was ended: over"
