"""Every errno of the witx functions, the order of their checks, and what they write."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
import small_ir
import small_onnx
from direct_guest import MEMORY_SIZE, SENTINEL, DirectGuest

from wasi_nn_reference.abi import witx
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.registry import NamedGraph, Registry
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from wasi_nn_reference.backends.openvino import OpenVino

OK, INVALID_ARGUMENT, INVALID_ENCODING, MISSING_MEMORY, BUSY, RUNTIME_ERROR, UNSUPPORTED, TOO_LARGE, NOT_FOUND = range(
    9
)
F32 = 1
IR = small_ir.identity()
ONES = struct.pack("<4f", 1, 1, 1, 1)
END = MEMORY_SIZE
BAD_WORDS = [END, END - 2, END - 3, 2, 1, 2**32 - 4, 2**32 - 1, END + 4]  # not 4 aligned bytes inside memory


@pytest.fixture
def guest(host: Host, registry: Registry) -> DirectGuest:
    registry.add("digits", NamedGraph(GraphEncoding.OPENVINO, (IR, b"")))
    return DirectGuest(host)


@pytest.fixture
def context(guest: DirectGuest) -> int:
    return guest.context(guest.load(IR, b""))


@pytest.fixture
def computed(guest: DirectGuest, context: int) -> int:
    assert guest.call("set_input", context, 0, guest.tensor((1, 4), F32, ONES)) == OK
    assert guest.call("compute", context) == OK
    return context


def unchanged(guest: DirectGuest, name: str, *arguments: int) -> int:
    """Call, and make sure that it failed without a trace in memory."""
    before = guest.everything
    errno = guest.call(name, *arguments)
    assert errno != OK
    assert guest.everything == before
    return errno


# The numbers of the ABI


def test_errnos() -> None:
    numbers = {code.value: number for code, number in witx.ERRNO.items()}
    assert numbers == {
        "invalid_argument": 1,
        "invalid_encoding": 2,
        "missing_memory": 3,
        "busy": 4,
        "timeout": 4,
        "runtime_error": 5,
        "unknown": 5,
        "unsupported_operation": 6,
        "security": 6,
        "too_large": 7,
        "not_found": 8,
    }


def test_tensor_types() -> None:
    assert [witx.TENSOR_TYPES["2023"][n].value for n in range(6)] == ["f16", "f32", "f64", "u8", "i32", "i64"]


def test_tensor_types_of_2022() -> None:
    assert {n: t.value for n, t in witx.TENSOR_TYPES["2022"].items()} == {0: "f16", 1: "f32", 2: "u8", 3: "i32"}


def test_encodings() -> None:
    names = [witx.GRAPH_ENCODINGS[n].value for n in range(6)]
    assert names == ["openvino", "onnx", "tensorflow", "pytorch", "tensorflowlite", "autodetect"]


def test_targets() -> None:
    assert [witx.EXECUTION_TARGETS[n].value for n in range(3)] == ["cpu", "gpu", "tpu"]


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_an_errno(guest: DirectGuest, monkeypatch: pytest.MonkeyPatch, code: ErrorCode) -> None:
    def fail(*_: object) -> None:
        raise WasiNnError(code, "")

    monkeypatch.setattr(Host, "compute", fail)
    assert guest.call("compute", guest.context(guest.load(IR, b""))) == witx.ERRNO[code] != 0


# load


def test_load_writes_a_handle(guest: DirectGuest) -> None:
    assert guest.load(IR, b"") != SENTINEL


@pytest.mark.parametrize("encoding", [0, 5])
def test_load_of_ir(guest: DirectGuest, encoding: int) -> None:
    guest.load(IR, b"", encoding=encoding)


@pytest.mark.parametrize("encoding", [1, 5])
def test_load_of_onnx(guest: DirectGuest, encoding: int) -> None:
    guest.load(small_onnx.unary(), encoding=encoding)


@pytest.mark.parametrize(
    ("models", "encoding", "target", "errno"),
    [
        ((), 0, 0, INVALID_ARGUMENT),
        ((IR,), 0, 0, INVALID_ARGUMENT),
        ((IR, b"", b""), 0, 0, INVALID_ARGUMENT),
        ((small_onnx.unary(), b""), 1, 0, INVALID_ARGUMENT),
        ((b"", b""), 0, 0, INVALID_ENCODING),
        ((b"garbage", b""), 0, 0, INVALID_ENCODING),
        ((small_onnx.unary(), b""), 0, 0, INVALID_ENCODING),
        ((IR,), 1, 0, INVALID_ENCODING),
        ((b"garbage",), 5, 0, INVALID_ENCODING),
        ((IR, b""), 2, 0, INVALID_ENCODING),
        ((IR, b""), 3, 0, INVALID_ENCODING),
        ((IR, b""), 4, 0, INVALID_ENCODING),
        ((IR, b""), 6, 0, INVALID_ARGUMENT),
        ((IR, b""), 256, 0, INVALID_ARGUMENT),
        ((IR, b""), 0xFFFFFFFF, 0, INVALID_ARGUMENT),
        ((IR, b""), -1, 0, INVALID_ARGUMENT),
        ((IR, b""), 0, 1, UNSUPPORTED),
        ((IR, b""), 0, 2, UNSUPPORTED),
        ((IR, b""), 0, 3, INVALID_ARGUMENT),
        ((IR, b""), 0, 256, INVALID_ARGUMENT),
        ((small_ir.unary("Frobnicate"), b""), 0, 0, UNSUPPORTED),
        ((b"<net/>", b""), 0, 0, INVALID_ARGUMENT),
    ],
)
def test_load_fails(guest: DirectGuest, models: tuple[bytes, ...], encoding: int, target: int, errno: int) -> None:
    records, slot = guest.builders(*models), guest.slot()
    assert unchanged(guest, "load", records, len(models), encoding, target, slot) == errno


@pytest.mark.parametrize("count", [17, 2**29, 2**31, 2**32 - 1, -1])
def test_load_of_too_many_builders(guest: DirectGuest, count: int) -> None:
    assert unchanged(guest, "load", guest.builders(IR, b""), count, 0, 0, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize("pointer", [*BAD_WORDS, END - 8])
def test_load_with_builders_outside_memory(guest: DirectGuest, pointer: int) -> None:
    assert unchanged(guest, "load", pointer, 2, 0, 0, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize(
    "record", [(16, 2**31), (16, 2**32 - 1), (END, 1), (END + 1, 0), (2**32 - 1, 1), (2**32 - 16, 32)]
)
def test_load_with_a_builder_outside_memory(guest: DirectGuest, record: tuple[int, int]) -> None:
    records = guest.place(struct.pack("<IIII", *record, 16, 0))
    assert unchanged(guest, "load", records, 2, 0, 0, guest.slot()) == INVALID_ARGUMENT


def test_load_of_builders_that_lie_over_each_other(backend: OpenVino) -> None:
    guest = DirectGuest(Host([backend], Registry(), Limits(model_bytes=MEMORY_SIZE)))
    records = guest.place(struct.pack("<IIII", 0, MEMORY_SIZE, 0, 1))
    assert unchanged(guest, "load", records, 2, 0, 0, guest.slot()) == TOO_LARGE


@pytest.mark.parametrize("slot", BAD_WORDS)
def test_load_checks_its_result_pointer_first(guest: DirectGuest, monkeypatch: pytest.MonkeyPatch, slot: int) -> None:
    monkeypatch.setattr(Host, "load", lambda *_: pytest.fail("the host was asked"))
    assert unchanged(guest, "load", guest.builders(IR, b""), 2, 0, 0, slot) == INVALID_ARGUMENT


# load_by_name


def test_load_by_name(guest: DirectGuest) -> None:
    slot = guest.slot()
    assert guest.call("load_by_name", guest.place(b"digits"), 6, slot) == OK
    assert guest.call("init_execution_context", guest.word(slot), guest.slot()) == OK


def test_each_load_by_name_gives_a_new_handle(guest: DirectGuest) -> None:
    slots = [guest.slot(), guest.slot()]
    for slot in slots:
        assert guest.call("load_by_name", guest.place(b"digits"), 6, slot) == OK
    assert guest.word(slots[0]) != guest.word(slots[1])


@pytest.mark.parametrize("name", [b"", b"letters", b"digits\0", b"..", b"/etc/passwd", b"x" * 5000, "zahlé".encode()])
def test_a_name_that_is_not_registered(guest: DirectGuest, name: bytes) -> None:
    assert unchanged(guest, "load_by_name", guest.place(name), len(name), guest.slot()) == NOT_FOUND


@pytest.mark.parametrize("name", [b"\xff", b"digits\xc3", b"\xed\xa0\x80", b"\xc0\xaf"])
def test_a_name_that_is_not_utf_8(guest: DirectGuest, name: bytes) -> None:
    assert unchanged(guest, "load_by_name", guest.place(name), len(name), guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize(("pointer", "length"), [(END, 1), (END + 1, 0), (0, END + 1), (0, 2**32 - 1), (2**32 - 1, 2)])
def test_a_name_outside_memory(guest: DirectGuest, pointer: int, length: int) -> None:
    assert unchanged(guest, "load_by_name", pointer, length, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize("slot", BAD_WORDS)
def test_load_by_name_checks_its_result_pointer(guest: DirectGuest, slot: int) -> None:
    assert unchanged(guest, "load_by_name", guest.place(b"digits"), 6, slot) == INVALID_ARGUMENT


# init_execution_context and handles

NO_HANDLES = [0, 1, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


@pytest.mark.parametrize("handle", NO_HANDLES)
def test_init_with_no_graph(guest: DirectGuest, context: int, handle: int) -> None:
    assert context != handle
    assert unchanged(guest, "init_execution_context", handle, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize("slot", BAD_WORDS)
def test_init_checks_its_result_pointer(guest: DirectGuest, slot: int) -> None:
    assert unchanged(guest, "init_execution_context", guest.load(IR, b""), slot) == INVALID_ARGUMENT


def test_a_context_is_no_graph(guest: DirectGuest, context: int) -> None:
    assert unchanged(guest, "init_execution_context", context, guest.slot()) == INVALID_ARGUMENT


def test_a_graph_is_no_context(guest: DirectGuest) -> None:
    assert unchanged(guest, "compute", guest.load(IR, b"")) == INVALID_ARGUMENT


def test_handles_are_given_once(guest: DirectGuest) -> None:
    graphs = [guest.load(IR, b"") for _ in range(3)]
    contexts = [guest.context(graphs[0]) for _ in range(3)]
    assert len({*graphs, *contexts}) == 6


def test_a_failed_call_uses_up_no_handle(guest: DirectGuest) -> None:
    before = guest.load(IR, b"")
    guest.call("load", guest.builders(b"garbage", b""), 2, 0, 0, guest.slot())
    assert guest.load(IR, b"") == before + 1


def test_a_table_of_handles_ends_before_the_other_begins() -> None:
    table: witx.HandleTable[str] = witx.HandleTable("graph", witx.FIRST_GRAPH)
    table._next = table._end - 1
    assert table.insert("last") < witx.FIRST_CONTEXT
    with pytest.raises(WasiNnError) as caught:
        table.insert("one more")
    assert caught.value.code is ErrorCode.TOO_LARGE


# set_input


def test_the_padding_of_a_tensor_means_nothing(guest: DirectGuest, context: int) -> None:
    tensor = guest.tensor((1, 4), F32, ONES, padding=b"\xff\xff\xff")
    assert guest.call("set_input", context, 0, tensor) == OK


def test_what_the_guest_does_to_its_bytes_later_has_no_effect(guest: DirectGuest, context: int) -> None:
    data = guest.place(ONES)
    record = guest.place(struct.pack("<IIIII", guest.place(struct.pack("<II", 1, 4)), 2, F32, data, 16))
    assert guest.call("set_input", context, 0, record) == OK
    guest.place(bytes(16), at=data)
    guest.place(bytes(20), at=record)
    assert guest.call("compute", context) == OK
    buffer = guest.place(bytes(16))
    assert guest.call("get_output", context, 0, buffer, 16, guest.slot()) == OK
    assert guest.everything[buffer : buffer + 16] == ONES


@pytest.mark.parametrize("handle", NO_HANDLES)
def test_set_input_of_no_context(guest: DirectGuest, context: int, handle: int) -> None:
    assert context != handle
    assert unchanged(guest, "set_input", handle, 0, guest.tensor((1, 4), F32, ONES)) == INVALID_ARGUMENT


@pytest.mark.parametrize("index", [1, 2, 2**31, 2**32 - 1, -1])
def test_set_input_that_is_not_there(guest: DirectGuest, context: int, index: int) -> None:
    assert unchanged(guest, "set_input", context, index, guest.tensor((1, 4), F32, ONES)) == INVALID_ARGUMENT


@pytest.mark.parametrize("number", [0, 2, 3, 4, 5, 6, 17, 255])
def test_a_tensor_of_another_or_no_type(guest: DirectGuest, context: int, number: int) -> None:
    assert unchanged(guest, "set_input", context, 0, guest.tensor((1, 4), number, ONES)) == INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("dims", "data"),
    [
        ((1, 4), ONES[:-1]),
        ((1, 4), ONES + b"\0"),
        ((1, 4), b""),
        ((4, 1), ONES),
        ((4,), ONES),
        ((1, 0), b""),
        ((), ONES[:4]),
        ((2**32 - 1, 2**32 - 1), ONES),
        ((2**31, 2), b""),
        ((2**16, 2**16), b""),
        ((1,) * 9, ONES),
        ((2**32 - 1,) * 8, ONES),
    ],
)
def test_a_tensor_that_does_not_fit(guest: DirectGuest, context: int, dims: tuple[int, ...], data: bytes) -> None:
    assert unchanged(guest, "set_input", context, 0, guest.tensor(dims, F32, data)) == INVALID_ARGUMENT


@pytest.mark.parametrize("pointer", [*BAD_WORDS, END - 16])
def test_a_tensor_outside_memory(guest: DirectGuest, context: int, pointer: int) -> None:
    assert unchanged(guest, "set_input", context, 0, pointer) == INVALID_ARGUMENT


@pytest.mark.parametrize(
    "record",
    [
        (END, 2, F32, 16, 16),
        (END - 4, 2, F32, 16, 16),
        (18, 2, F32, 16, 16),
        (16, 2**32 - 1, F32, 16, 16),
        (16, 2**30, F32, 16, 16),
        (16, 2, F32, END, 16),
        (16, 2, F32, END - 15, 16),
        (16, 2, F32, 2**32 - 1, 16),
        (16, 2, F32, 16, 2**32 - 1),
    ],
)
def test_a_tensor_whose_parts_are_outside_memory(guest: DirectGuest, context: int, record: tuple[int, ...]) -> None:
    guest.place(struct.pack("<II", 1, 4), at=16)
    assert unchanged(guest, "set_input", context, 0, guest.place(struct.pack("<IIIII", *record))) == INVALID_ARGUMENT


def test_data_need_no_alignment(guest: DirectGuest, context: int) -> None:
    data = guest.place(b"\0" + ONES) + 1
    dims = guest.place(struct.pack("<II", 1, 4))
    record = guest.place(struct.pack("<IIIII", dims, 2, F32, data, 16))
    assert guest.call("set_input", context, 0, record) == OK


def test_a_tensor_at_the_very_end_of_memory(guest: DirectGuest, context: int) -> None:
    data = guest.place(ONES, at=END - 20 - 8 - 16)
    dims = guest.place(struct.pack("<II", 1, 4), at=END - 20 - 8)
    record = guest.place(struct.pack("<IIIII", dims, 2, F32, data, 16), at=END - 20)
    assert guest.call("set_input", context, 0, record) == OK


def test_a_tensor_beyond_the_limit(backend: OpenVino) -> None:
    guest = DirectGuest(Host([backend], Registry(), Limits(tensor_bytes=15)))
    made = guest.context(guest.load(IR, b""))
    assert unchanged(guest, "set_input", made, 0, guest.tensor((1, 4), F32, ONES)) == TOO_LARGE


def test_the_numbering_of_2022(host: Host) -> None:
    guest = DirectGuest(host, "2022")
    made = guest.context(guest.load(small_ir.identity("u8"), b""))
    assert guest.call("set_input", made, 0, guest.tensor((1, 4), 2, b"abcd")) == OK
    assert guest.call("set_input", made, 0, guest.tensor((1, 4), 3, b"abcd")) == INVALID_ARGUMENT


# compute


@pytest.mark.parametrize("handle", NO_HANDLES)
def test_compute_of_no_context(guest: DirectGuest, context: int, handle: int) -> None:
    assert context != handle
    assert unchanged(guest, "compute", handle) == INVALID_ARGUMENT


def test_compute_without_its_input(guest: DirectGuest, context: int) -> None:
    assert unchanged(guest, "compute", context) == INVALID_ARGUMENT


def test_compute_needs_no_memory(guest: DirectGuest, context: int) -> None:
    guest.views = 0
    guest.call("compute", context)
    assert guest.views == 0


# get_output


def output(guest: DirectGuest, context: int, size: int) -> tuple[int, bytes, int]:
    """Return errno, the buffer and 8 bytes behind it, and what stands in the slot."""
    buffer, slot = guest.place(b"Z" * (size + 8)), guest.slot()
    errno = guest.call("get_output", context, 0, buffer, size, slot)
    return errno, guest.everything[buffer : buffer + size + 8], guest.word(slot)


def test_an_output_that_fits_exactly(guest: DirectGuest, computed: int) -> None:
    assert output(guest, computed, 16) == (OK, ONES + b"Z" * 8, 16)


def test_an_output_in_a_larger_buffer(guest: DirectGuest, computed: int) -> None:
    assert output(guest, computed, 20) == (OK, ONES + b"Z" * 12, 16)


@pytest.mark.parametrize("size", [0, 1, 15])
def test_an_output_in_a_smaller_buffer(guest: DirectGuest, computed: int, size: int) -> None:
    assert output(guest, computed, size) == (TOO_LARGE, b"Z" * (size + 8), SENTINEL)


def test_an_output_is_given_again(guest: DirectGuest, computed: int) -> None:
    assert output(guest, computed, 16) == output(guest, computed, 16)


def test_an_output_before_compute(guest: DirectGuest, context: int) -> None:
    assert output(guest, context, 16) == (INVALID_ARGUMENT, b"Z" * 24, SENTINEL)


@pytest.mark.parametrize("index", [1, 2**31, 2**32 - 1, -1])
def test_an_output_that_is_not_there(guest: DirectGuest, computed: int, index: int) -> None:
    assert unchanged(guest, "get_output", computed, index, 16, 64, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize("handle", NO_HANDLES)
def test_an_output_of_no_context(guest: DirectGuest, computed: int, handle: int) -> None:
    assert computed != handle
    assert unchanged(guest, "get_output", handle, 0, 16, 64, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("buffer", "size"), [(END - 15, 16), (END, 16), (0, 2**32 - 1), (2**32 - 8, 16), (16, END), (END + 1, 0)]
)
def test_an_output_buffer_outside_memory(guest: DirectGuest, computed: int, buffer: int, size: int) -> None:
    assert unchanged(guest, "get_output", computed, 0, buffer, size, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize("slot", BAD_WORDS)
def test_get_output_checks_its_result_pointer(guest: DirectGuest, computed: int, slot: int) -> None:
    assert unchanged(guest, "get_output", computed, 0, guest.place(bytes(16)), 16, slot) == INVALID_ARGUMENT


# Faults of ours


def test_a_fault_of_ours_is_a_runtime_error_and_one_line(
    guest: DirectGuest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("/home/me/secret")

    monkeypatch.setattr(Host, "compute", fail)
    assert guest.call("compute", guest.context(guest.load(IR, b""))) == RUNTIME_ERROR
    assert capsys.readouterr().err == "wasi-nn: compute: runtime_error: a fault in the host, KeyError\n"


def test_no_memory_left_in_the_host(guest: DirectGuest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Host, "compute", fail)
    assert guest.call("compute", guest.context(guest.load(IR, b""))) == TOO_LARGE


def test_a_failed_call_is_silent(guest: DirectGuest, capsys: pytest.CaptureFixture[str]) -> None:
    guest.call("compute", 0)
    assert capsys.readouterr().err == ""


def test_a_failed_call_tells_why_when_asked_to(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    DirectGuest(host, verbose=True).call("compute", 5)
    assert capsys.readouterr().err == "wasi-nn: compute: invalid_argument: 5 is no execution context handle\n"
