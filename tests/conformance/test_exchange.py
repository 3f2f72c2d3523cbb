"""Requests and replies in words: enumerations by name, tensors as numbers, bytes where they are none."""

import struct

import pytest

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.dialects.exchange import Exchange, numbers
from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.models.expression import Constant, Input, Neg, TensorType
from wasi_nn_conformance.models.model import Model, Port
from wasi_nn_conformance.session import wit_calls, witx_calls
from wasi_nn_conformance.session.wire import Answer, ByteString, Call, Done

WITX, WIT = TAGS["witx"], TAGS["wit-2024-10-28"]
ONES = struct.pack("<4f", 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (
            witx_calls.Load([b"xml", b""], 0, 2, as_="g"),
            "load(builders of 3, 0 bytes, openvino (0), tpu (2)) as g",
        ),
        (witx_calls.Load([], 77, 0), "load(builders of nothing bytes, 77 (none of the enumeration), cpu (0))"),
        (witx_calls.LoadByName("größe"), 'load_by_name("größe")'),
        (witx_calls.LoadByName(ByteString(b"\xff\xfe")), "load_by_name(2 bytes ff fe)"),
        (
            witx_calls.SetInput("c", 1, witx_calls.Tensor([1, 4], 1, ONES)),
            "set_input(c, 1, f32 [1, 4]: 1.0, 1.0, 1.0, 1.0)",
        ),
        (
            witx_calls.SetInput("c", 0, witx_calls.Tensor([1], 99, b"\x01")),
            "set_input(c, 0, type 99 [1]: 1 byte 01)",
        ),
        (witx_calls.GetOutput("c", 0, 16), "get_output(c, 0, a buffer of 16 bytes)"),
        (witx_calls.Raw("compute", [{"end": 0}]), "raw(compute, end 0)"),
        (witx_calls.Overwrite("b", fill=165), "overwrite(buffer b, fill 165)"),
        (witx_calls.Forget(), "forget()"),
    ],
)
def test_a_request_of_a_core_module(request_: Call, words: str) -> None:
    assert Exchange(request_, "").asked(WITX) == words


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (wit_calls.Tensor([2], "FP64", struct.pack("<2d", 0.5, -2), "t"), "tensor(f64 [2]: 0.5, -2.0) as t"),
        (wit_calls.ComputeAtOnce("c", [("x", "t")], as_="o"), 'compute(c, "x" = t) as o'),
        (wit_calls.Load([b"1"], "ggml", "gpu"), "load(builders of 1 bytes, ggml, gpu)"),
        (wit_calls.Drop("graph", {"number": "g"}), "drop(graph, number g)"),
    ],
)
def test_a_request_of_a_component(request_: Call, words: str) -> None:
    assert Exchange(request_, "").asked(WIT) == words


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (witx_calls.Returned(0), "ok"),
        (witx_calls.Returned(7), "error too_large (7)"),
        (witx_calls.Returned(99), "error 99 (none of the enumeration)"),
        (witx_calls.Stored(0, 3, "untouched"), "ok; wrote 3"),
        (
            witx_calls.Stored(1, 3, "touched"),
            "error invalid_argument (1); bytes around the return slot or the buffer changed",
        ),
        (witx_calls.Output(0, 4, "untouched", "untouched", "touched", ONES[:4]), "ok; size 4; f32: 1.0"),
        (
            witx_calls.RawReturned(0, {"r": 5}, "untouched", ["b"]),
            "ok; r holds 0x00000005; changed b",
        ),
        (witx_calls.Grown(17), "previous 17"),
        (Done(), "ok"),
    ],
)
def test_a_reply_to_a_core_module(reply: Answer, words: str) -> None:
    assert Exchange(witx_calls.Forget(), reply, ElementType.F32).answered(WITX) == words


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (wit_calls.Success(), "ok"),
        (wit_calls.Failure("not-found", "no \n name"), 'error not-found: "no \\n name"'),
        (wit_calls.UnreadFailure(), "error, left unread"),
        (
            wit_calls.Computed([wit_calls.NamedTensor([1], "U8", b"\x07", name="y")]),
            'ok; "y" = u8 [1]: 7',
        ),
        (wit_calls.Got([], "BF16", b"\x80\x3f"), "ok; bf16 []: 1"),
        (wit_calls.Code("busy"), "code busy"),
    ],
)
def test_a_reply_to_a_component(reply: Answer, words: str) -> None:
    assert Exchange(wit_calls.Forget(), reply).answered(WIT) == words


def test_what_came_instead_of_a_reply() -> None:
    assert Exchange(witx_calls.Forget(), "the process ended: exit code 101").answered(WITX).endswith("code 101")


def test_of_a_large_tensor_the_first_elements() -> None:
    assert numbers(ElementType.U8, [1000], bytes(1000)) == "u8 [1000]: 0, 0, 0, 0, 0, 0, 0, 0, ... (1000 elements)"


def test_bytes_that_are_no_whole_elements_are_bytes() -> None:
    assert numbers(ElementType.F32, [2], b"\x01\x02\x03\x04\x05") == "f32 [2]: 5 bytes 01 02 03 04 05"


def test_no_elements() -> None:
    assert numbers(ElementType.I64, [0], b"") == "i64 [0]: no elements"


X = Port("x", TensorType(ElementType.F32, (1, None)))


def test_a_model_is_told_by_what_it_computes_from_what() -> None:
    model = Model("m", (X,), (("y", Neg(Input("x"))),))
    said = Exchange(witx_calls.Load([b"12", b"3"], 0, 0), "", model=model).asked(WITX)
    assert said == 'load(builders of 2, 1 bytes, openvino (0), cpu (0)): m from "x" f32 [1, ?] to "y" f32 [1, ?]'


def test_of_many_ports_the_first_are_told() -> None:
    model = Model("m", (X,), tuple((f"y{number}", Neg(Input("x"))) for number in range(6)))
    said = Exchange(witx_calls.Load([], 0, 0), "", model=model).asked(WITX)
    assert said.endswith('to "y0" f32 [1, ?], "y1" f32 [1, ?], "y2" f32 [1, ?], "y3" f32 [1, ?], ... (6)')


def test_a_model_without_inputs_is_computed_from_nothing() -> None:
    model = Model("m", (), (("y", Constant(ElementType.U8, (1,), b"7")),))
    said = Exchange(witx_calls.Load([], 0, 0), "", model=model).asked(WITX)
    assert said.endswith('m from nothing to "y" u8 [1]')
