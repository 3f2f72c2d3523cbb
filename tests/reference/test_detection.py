from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import small_ir
import small_onnx

from wasi_nn_reference.backends import detection
from wasi_nn_reference.backends.formats import onnx
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding

if TYPE_CHECKING:
    from wasi_nn_reference.host import Host

IR, ONNX = GraphEncoding.OPENVINO, GraphEncoding.ONNX


@pytest.mark.parametrize(
    "data",
    [
        small_ir.identity(),
        b"\xef\xbb\xbf" + small_ir.identity(),
        b"<net/>",
        b"\n <net></net>",
        b"<!-- made by hand --><net/>",
        b"\n" + small_ir.identity(),
        b"\xef\xbb\xbf\r\n" + small_ir.identity(),
        small_ir.identity() + b"\0",
        small_ir.identity() + b"\n\0\0",
    ],
)
def test_ir_is_recognised(data: bytes) -> None:
    assert detection.detect((data, b"")) is IR


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"<net",
        b"<html/>",
        b"<network/>",
        small_ir.identity()[:-3],
        small_ir.identity() + b"<more/>",
        b'<?xml version="1.0"?><!DOCTYPE net [<!ENTITY a "aaaa">]><net>&a;</net>',
        b'<?xml version="1.0" encoding="nonsense"?><net/>',
        b"<net>\0</net>",
        small_onnx.unary(),
    ],
)
def test_other_bytes_are_no_ir(data: bytes) -> None:
    with pytest.raises(WasiNnError) as caught:
        detection.check(IR, (data, b""))
    assert caught.value.code is ErrorCode.INVALID_ENCODING


@pytest.mark.parametrize("more", [b"", small_onnx.field(9, 1), small_onnx.field(500, b"of a later version")])
def test_onnx_is_recognised(more: bytes) -> None:
    assert detection.detect((small_onnx.unary() + more,)) is ONNX
    assert detection.detect((more + small_onnx.unary(),)) is ONNX


@pytest.mark.parametrize(
    ("encoding", "builders"),
    [
        pytest.param(IR, (b"\n" + small_ir.unary("Relu"), b""), id="IR after a line feed"),
        pytest.param(IR, (small_ir.unary("Relu") + b"\0", b""), id="IR before a zero"),
        pytest.param(
            ONNX, (small_onnx.unary() + small_onnx.field(9, 1),), id="ONNX with a field that it does not have"
        ),
        pytest.param(ONNX, (small_onnx.field(999, b"x") + small_onnx.unary(),), id="ONNX that begins with one"),
    ],
)
def test_what_is_recognised_is_loaded(host: Host, encoding: GraphEncoding, builders: tuple[bytes, ...]) -> None:
    assert [port.name for port in host.load(builders, encoding, ExecutionTarget.CPU).outputs] == ["y"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        small_onnx.unary()[:-1],
        small_onnx.field(1, 8),
        small_onnx.unary() + small_onnx.field(1, b"no number"),
        small_onnx.unary() + b"\x3b",
        b"\x80" * 100,
        small_ir.identity(),
        b"TFL3" * 10,
        b"GGUF" + bytes(20),
    ],
)
def test_other_bytes_are_no_onnx(data: bytes) -> None:
    with pytest.raises(WasiNnError) as caught:
        detection.check(ONNX, (data,))
    assert caught.value.code is ErrorCode.INVALID_ENCODING


@pytest.mark.parametrize(("encoding", "count"), [(IR, 1), (IR, 3), (ONNX, 2)])
def test_a_wrong_number_of_builders_is_refused(encoding: GraphEncoding, count: int) -> None:
    with pytest.raises(WasiNnError, match="builder") as caught:
        detection.check(encoding, (small_ir.identity(),) * count)
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT


@pytest.mark.parametrize("builders", [(b"garbage",), (b"garbage", b""), (small_ir.identity(),), ()])
def test_what_can_not_be_detected_is_refused(builders: tuple[bytes, ...]) -> None:
    with pytest.raises(WasiNnError, match="none of the encodings") as caught:
        detection.detect(builders)
    assert caught.value.code is ErrorCode.INVALID_ENCODING


def test_a_tensor_in_another_file_is_found() -> None:
    tensor = small_onnx.external_tensor("/etc/passwd")
    assert onnx.has_external_data(small_onnx.model(small_onnx.node("Relu", ("x",), "y"), initializer=tensor))


def test_a_tensor_in_another_file_is_found_in_an_attribute() -> None:
    attribute = small_onnx.field(1, "value") + small_onnx.field(5, small_onnx.external_tensor("/etc/passwd"))
    constant = small_onnx.node("Constant", (), "y") + small_onnx.field(5, attribute)
    assert onnx.has_external_data(small_onnx.model(constant))


def test_a_tensor_in_another_file_is_found_in_a_graph_inside() -> None:
    inner = small_onnx.field(5, small_onnx.external_tensor("/etc/passwd"))
    attribute = small_onnx.field(1, "body") + small_onnx.field(6, inner)
    assert onnx.has_external_data(small_onnx.model(small_onnx.node("If", ("x",), "y") + small_onnx.field(5, attribute)))


def test_a_whole_model_has_no_external_data() -> None:
    assert not onnx.has_external_data(small_onnx.unary())


def test_the_newest_operator_set_is_found() -> None:
    other = small_onnx.field(8, small_onnx.field(1, "ai.onnx.ml") + small_onnx.field(2, 20_000))
    assert onnx.newest_operator_set(small_onnx.unary()) == 13
    assert onnx.newest_operator_set(other + small_onnx.unary()) == 20_000


def test_the_operator_sets_of_functions_count() -> None:
    function = small_onnx.field(25, small_onnx.field(9, small_onnx.field(2, 1 << 63)))
    assert onnx.newest_operator_set(small_onnx.unary() + function) == 1 << 63


def test_graphs_nested_without_end_are_malformed() -> None:
    graph = small_onnx.field(2, "g")
    for _ in range(100):
        graph = small_onnx.field(1, small_onnx.field(5, small_onnx.field(6, graph)))
    with pytest.raises(onnx.MalformedError, match="deep"):
        onnx.has_external_data(small_onnx.field(7, graph))


def test_entities_are_not_expanded() -> None:
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(30))
    bomb = f'<?xml version="1.0"?><!DOCTYPE net [<!ENTITY e0 "aaaaaaaaaa">{entities}]><net>&e30;</net>'
    assert not detection.matches(IR, bomb.encode())
