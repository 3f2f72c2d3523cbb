"""What the probe reports is what the host did, good or bad."""

import struct
from typing import Any

import pytest
import wasmtime
from witx_guest import Guest, Memory, b64, bytes_of, line

SENTINEL = 0xDEADBEEF
LOAD = {"call": "load", "builders": [b64(b"xml"), ""], "encoding": 0, "target": 0, "as": "g"}
TENSOR = {"dims": [1, 4], "type": 1, "data": b64(bytes(range(16)))}


def returning(errno: int, value: int | None = None) -> Any:
    """A function that writes `value` to its last argument, if there is one to write, and returns `errno`."""

    def function(memory: Memory, *arguments: int) -> int:
        if value is not None:
            memory.put_u32(arguments[-1], value)
        return errno

    return function


def test_hello_names_abi_and_versions(probe: Guest) -> None:
    assert probe.ask({"call": "hello"}) == [{"abi": "witx", "protocol": 2, "probe": "0.1.0"}]


def test_load_passes_builders_and_numbers(probe: Guest) -> None:
    seen: dict[str, Any] = {}

    def load(memory: Memory, *arguments: int) -> int:
        builders, count, encoding, target, graph = arguments
        records = memory.u32(builders, 2 * count)
        seen["bytes"] = [memory.read(*records[at : at + 2]) for at in range(0, len(records), 2)]
        seen["numbers"] = (encoding, target)
        seen["aligned"] = builders % 4 == 0 and graph % 4 == 0
        memory.put_u32(graph, 7)
        return 0

    probe.functions["load"] = load
    assert probe.ask(LOAD | {"encoding": 5, "target": -1}) == [{"errno": 0, "value": 7, "guards": "untouched"}]
    assert seen == {"bytes": [b"xml", b""], "numbers": (5, 0xFFFFFFFF), "aligned": True}


@pytest.mark.parametrize(
    ("name", "wanted"), [("digits", b"digits"), ({"bytes": b64(b"a\0\xff")}, b"a\0\xff"), ("", b"")]
)
def test_load_by_name_passes_any_bytes(probe: Guest, name: Any, wanted: bytes) -> None:
    seen = []

    def load_by_name(memory: Memory, name: int, length: int, _graph: int) -> int:
        seen.append(memory.read(name, length))
        return 8

    probe.functions["load_by_name"] = load_by_name
    probe.ask({"call": "load_by_name", "name": name})
    assert seen == [wanted]


@pytest.mark.parametrize("errno", [1, 8, 77, -1, -(2**31)])
def test_errno_is_reported_as_returned_and_the_slot_as_left(probe: Guest, errno: int) -> None:
    probe.functions["load"] = returning(errno)
    assert probe.ask(LOAD) == [{"errno": errno, "value": SENTINEL, "guards": "untouched"}]


def test_slot_written_despite_an_error_shows(probe: Guest) -> None:
    probe.functions["init_execution_context"] = returning(1, 5)
    (reply,) = probe.ask({"call": "init_execution_context", "graph": 0})
    assert reply == {"errno": 1, "value": 5, "guards": "untouched"}


@pytest.mark.parametrize("distance", [-16, -1, 4, 19])
def test_write_beside_a_slot_touches_its_guards(probe: Guest, distance: int) -> None:
    def load(memory: Memory, *arguments: int) -> int:
        memory.write(arguments[-1] + distance, b"\0")
        return 0

    probe.functions["load"] = load
    assert probe.ask(LOAD) == [{"errno": 0, "value": SENTINEL, "guards": "touched"}]


def test_handle_is_kept_under_its_name(probe: Guest) -> None:
    probe.functions |= {"load": returning(0, 41), "init_execution_context": returning(0, 42)}
    requests: list[Any] = [
        LOAD,
        {"call": "init_execution_context", "graph": "g", "as": "c"},
        {"call": "compute", "context": "c"},
    ]
    outcome = probe.run(b"".join(map(line, requests)))
    assert outcome.calls[1][1][0] == 41
    assert outcome.calls[2] == ("compute", (42,))


def test_failed_call_removes_the_handle_of_that_name(probe: Guest) -> None:
    errnos = iter([0, 1])

    def load(memory: Memory, *arguments: int) -> int:
        memory.put_u32(arguments[-1], 3)
        return next(errnos)

    probe.functions["load"] = load
    replies = probe.ask(LOAD, LOAD, {"call": "init_execution_context", "graph": "g"})
    assert replies[2] == {"error": 'no handle is named "g"'}


def test_set_input_passes_the_record(probe: Guest) -> None:
    seen: dict[str, Any] = {}

    def set_input(memory: Memory, context: int, index: int, tensor: int) -> int:
        dims, rank, kind, data, length = struct.unpack("<IIB3xII", memory.read(tensor, 20))
        seen.update(context=context, index=index, dims=memory.u32(dims, rank), kind=kind)
        seen.update(data=memory.read(data, length), aligned=(tensor % 4, dims % 4, data % 8))
        return 0

    probe.functions["set_input"] = set_input
    tensor = {"dims": [1, 4294967295], "type": 255, "data": b64(b"12345")}
    request = {"call": "set_input", "context": 9, "index": 2, "tensor": tensor}
    assert probe.ask(request) == [{"errno": 0}]
    assert seen == {
        "context": 9,
        "index": 2,
        "dims": (1, 4294967295),
        "kind": 255,
        "data": b"12345",
        "aligned": (0, 0, 0),
    }


def test_overwriting_a_kept_input_reaches_the_memory_the_host_saw(probe: Guest) -> None:
    addresses, later = [], []

    def set_input(memory: Memory, _context: int, _index: int, tensor: int) -> int:
        addresses.append(memory.u32(tensor + 12)[0])
        return 0

    def compute(memory: Memory, _context: int) -> int:
        later.append(memory.read(addresses[0], 16))
        return 0

    probe.functions |= {"set_input": set_input, "compute": compute}
    set_kept = {"call": "set_input", "context": 0, "index": 0, "tensor": TENSOR, "as": "t"}
    overwrite = {"call": "overwrite", "buffer": "t.data", "fill": 255}
    assert probe.ask(set_kept, overwrite, {"call": "compute", "context": 0}) == [{"errno": 0}, {}, {"errno": 0}]
    assert later == [b"\xff" * 16]


def test_parts_of_kept_calls_are_buffers(probe: Guest) -> None:
    set_kept = {"call": "set_input", "context": 0, "index": 0, "tensor": TENSOR, "as": "t"}
    names = ["t.dims", "t.data", "g.0", "g.1"]
    replies = probe.ask(set_kept, LOAD, *({"call": "read", "buffer": name} for name in names))
    assert [bytes_of(reply) for reply in replies[2:]] == [struct.pack("<2I", 1, 4), bytes(range(16)), b"xml", b""]


def test_load_again_drops_builders_that_it_does_not_have(probe: Guest) -> None:
    fewer = LOAD | {"builders": [b64(b"one")]}
    replies = probe.ask(LOAD, fewer, {"call": "read", "buffer": "g.0"}, {"call": "read", "buffer": "g.1"})
    assert bytes_of(replies[2]) == b"one"
    assert replies[3] == {"error": 'no buffer is named "g.1"'}


def output(written: bytes, size: int, errno: int = 0) -> Any:
    def get_output(memory: Memory, *arguments: int) -> int:
        _context, _index, buffer, _maximum, slot = arguments
        memory.write(buffer, written)
        memory.put_u32(slot, size)
        return errno

    return get_output


GET = {"call": "get_output", "context": 0, "index": 0, "size": 8}


def test_output_is_reported_up_to_its_size(probe: Guest) -> None:
    probe.functions["get_output"] = output(b"abcd", 4)
    (reply,) = probe.ask(GET)
    assert bytes_of(reply) == b"abcd"
    assert (reply["value"], reply["tail"], reply["buffer"], reply["guards"]) == (4, "untouched", "touched", "untouched")


def test_bytes_beyond_the_size_are_a_touched_tail(probe: Guest) -> None:
    probe.functions["get_output"] = output(b"abcde", 4)
    (reply,) = probe.ask(GET)
    assert (bytes_of(reply), reply["tail"]) == (b"abcd", "touched")


def test_size_beyond_the_buffer_gives_what_the_buffer_has(probe: Guest) -> None:
    probe.functions["get_output"] = output(b"abcdefgh", 4_000_000_000)
    (reply,) = probe.ask(GET)
    assert (reply["value"], bytes_of(reply), reply["guards"]) == (4_000_000_000, b"abcdefgh", "untouched")


def test_bytes_beyond_the_buffer_touch_its_guards(probe: Guest) -> None:
    probe.functions["get_output"] = output(b"abcdefghi", 8)
    (reply,) = probe.ask(GET)
    assert reply["guards"] == "touched"


def test_failed_output_has_no_data_but_tells_what_was_written(probe: Guest) -> None:
    probe.functions["get_output"] = output(b"ab", 8, errno=7)
    (reply,) = probe.ask(GET)
    assert reply == {"errno": 7, "value": 8, "guards": "untouched", "tail": "untouched", "buffer": "touched"}


def test_output_of_no_bytes(probe: Guest) -> None:
    probe.functions["get_output"] = output(b"", 0)
    (reply,) = probe.ask(GET | {"size": 0})
    assert reply == {
        "errno": 0,
        "value": 0,
        "guards": "untouched",
        "data": "",
        "tail": "untouched",
        "buffer": "untouched",
    }


def test_raw_passes_the_bits_given(probe: Guest) -> None:
    arguments = [-1, 4294967295, -2147483648, {"slot": "a"}, {"slot": "b"}]
    outcome = probe.run(line({"call": "raw", "function": "get_output", "arguments": arguments}))
    (_, values), (reply,) = outcome.calls[0], outcome.replies
    assert values[:3] == (0xFFFFFFFF, 0xFFFFFFFF, 0x80000000)
    assert abs(values[3] - values[4]) >= 36, "slots and their guards overlap"
    assert reply == {"errno": 1, "slots": {"a": SENTINEL, "b": SENTINEL}, "guards": "untouched", "changed": []}


def test_raw_slot_is_kept_as_a_handle(probe: Guest) -> None:
    probe.functions["load"] = returning(0, 6)
    raw = {"call": "raw", "function": "load", "arguments": [0, 0, 0, 0, {"slot": "g"}]}
    outcome = probe.run(line(raw) + line({"call": "init_execution_context", "graph": "g"}))
    assert outcome.calls[1][1][0] == 6


def test_raw_names_the_buffers_that_changed(probe: Guest) -> None:
    def compute(memory: Memory, address: int) -> int:
        memory.write(address + 1, b"\0")
        return 0

    probe.functions["compute"] = compute
    places = [{"call": "place", "bytes": b64(b"1234"), "as": name} for name in ("one", "two", "three")]
    raw = {"call": "raw", "function": "compute", "arguments": [{"buffer": "two", "offset": 1}]}
    assert probe.ask(*places, raw)[3] == {"errno": 0, "slots": {}, "guards": "untouched", "changed": ["two"]}


def test_raw_notices_writes_beside_a_placed_buffer(probe: Guest) -> None:
    def compute(memory: Memory, address: int) -> int:
        memory.write(address, b"\0")
        return 0

    probe.functions["compute"] = compute
    place = {"call": "place", "bytes": b64(b"1234"), "as": "b"}
    raw = {"call": "raw", "function": "compute", "arguments": [{"buffer": "b", "offset": 4}]}
    reply = probe.ask(place, raw)[1]
    assert (reply["guards"], reply["changed"]) == ("touched", [])


def test_forget_drops_all_names(probe: Guest) -> None:
    probe.functions["load"] = returning(0, 1)
    replies = probe.ask(
        LOAD, {"call": "forget"}, {"call": "read", "buffer": "g.0"}, {"call": "compute", "context": "g"}
    )
    assert replies[1] == {"handles": 1, "buffers": 3}
    assert replies[2:] == [{"error": 'no buffer is named "g.0"'}, {"error": 'no handle is named "g"'}]


def test_trap_traps_without_a_reply(probe: Guest) -> None:
    outcome = probe.run(line({"call": "hello"}) + line({"call": "trap"}))
    assert (outcome.trap, len(outcome.replies)) == (wasmtime.TrapCode.UNREACHABLE, 1)


@pytest.mark.parametrize("code", [0, 1, 125])
def test_exit_ends_with_the_code(probe: Guest, code: int) -> None:
    outcome = probe.run(line({"call": "exit", "code": code}) + line({"call": "hello"}))
    assert (outcome.code, outcome.stdout) == (code, b"")
