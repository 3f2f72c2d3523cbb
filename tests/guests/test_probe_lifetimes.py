"""What a call was given stays where it is, and as it is, until the probe forgets it: only a request overwrites it."""

from typing import Any

import pytest
from witx_guest import Guest, Memory, b64

MIB = 1 << 20
LOAD = {"call": "load", "builders": [b64(b"a model"), b64(b"weights")], "encoding": 0, "target": 0}
NAME = {"call": "load_by_name", "name": "classifier"}
TENSOR = {"dims": [1, 4], "type": 1, "data": b64(bytes(range(16)))}
INPUT = {"call": "set_input", "context": 0, "index": 0, "tensor": TENSOR}
OUTPUT = {"call": "get_output", "context": 0, "index": 0, "size": 64}
PLACE = {"call": "place", "bytes": "", "at": None, "as": "p"}
COMPUTE = {"call": "compute", "context": 0}
# As much memory as the call before took: an allocator would give it what that one has freed.
OTHERS = [
    LOAD | {"builders": [b64(b"A MODEL"), b64(b"WEIGHTS")]},
    NAME | {"name": "CLASSIFIER"},
    INPUT | {"tensor": {"dims": [4, 1], "type": 2, "data": b64(bytes(range(16, 32)))}},
    OUTPUT,
    {"call": "init_execution_context", "graph": 0},
]

Seen = list[tuple[int, bytes]]


def ranges(memory: Memory, function: str, arguments: tuple[int, ...]) -> Seen:
    """Return what a call was given in memory: addresses, and the bytes that are there during the call."""
    found: list[tuple[int, int]] = []
    match function, arguments:
        case "load", (builders, count, *_, slot):
            found += [(builders, 8 * count), (slot, 4)]
            words = memory.u32(builders, 2 * count)
            found += zip(words[::2], words[1::2], strict=True)
        case "load_by_name", (name, length, slot):
            found += [(name, length), (slot, 4)]
        case "set_input", (_, _, tensor):
            dims, rank, _, data, length = memory.u32(tensor, 5)
            found += [(tensor, 20), (dims, 4 * rank), (data, length)]
        case "get_output", (_, _, buffer, capacity, slot):
            found += [(buffer, capacity), (slot, 4)]
        case "init_execution_context", (_, slot):
            found += [(slot, 4)]
    return [(address, memory.read(address, length)) for address, length in found]


@pytest.fixture
def seen(probe: Guest) -> list[tuple[str, Seen, Seen]]:
    """For each `compute`, what the first call was given, as it was then and as it is now."""
    first: Seen = []
    compared: list[tuple[str, Seen, Seen]] = []

    def recording(function: str) -> Any:
        def call(memory: Memory, *arguments: int) -> int:
            if not first:
                first.extend(ranges(memory, function, arguments))
            return 0

        return call

    def compute(memory: Memory, _context: int) -> int:
        compared.append(("compute", first, [(address, memory.read(address, len(was))) for address, was in first]))
        return 0

    functions = ("load", "load_by_name", "set_input", "get_output", "init_execution_context")
    probe.functions = {name: recording(name) for name in functions} | {"compute": compute}
    return compared


@pytest.mark.parametrize("kept", [{}, {"as": "x"}], ids=["without-a-name", "with-a-name"])
@pytest.mark.parametrize("request_", [LOAD, NAME, INPUT, OUTPUT], ids=lambda request: str(request["call"]))
def test_what_a_call_was_given_is_there_at_a_later_one(
    probe: Guest, seen: list[tuple[str, Seen, Seen]], request_: dict[str, Any], kept: dict[str, str]
) -> None:
    named = {} if request_ is OUTPUT else kept
    again = [request_ | named if other["call"] == request_["call"] else other for other in OTHERS]
    changed = {"as": "x"} if named else {}
    probe.ask(
        request_ | named, *again, *OTHERS, *(other | changed for other in OTHERS if other["call"] == "load"), COMPUTE
    )
    [(_, was, now)] = seen
    assert len(was) > 1
    assert now == was


def test_a_name_given_again_leaves_what_it_stood_for(probe: Guest, seen: list[tuple[str, Seen, Seen]]) -> None:
    probe.ask(*(INPUT | {"as": "t", "tensor": TENSOR | {"data": b64(bytes([n] * 16))}} for n in range(5)), COMPUTE)
    [(_, was, now)] = seen
    assert now == was


def test_overwrite_changes_what_a_call_was_given(probe: Guest, seen: list[tuple[str, Seen, Seen]]) -> None:
    probe.ask(INPUT | {"as": "t"}, {"call": "overwrite", "buffer": "t.data", "fill": 9}, COMPUTE)
    [(_, was, now)] = seen
    assert (was[:2], now[2][1]) == (now[:2], b"\x09" * 16)


def test_conversations_do_not_add_up(probe: Guest) -> None:
    """What stayed beyond `forget` would be 320 MiB."""
    replies = probe.ask(*[OUTPUT | {"size": 64 * MIB}, {"call": "forget"}] * 5, PLACE)
    assert replies[-1]["memory"] < 256 * MIB


def test_one_conversation_keeps_no_more_than_256_mib(probe: Guest) -> None:
    replies = probe.ask(*[OUTPUT | {"size": 48 * MIB}] * 12, PLACE)
    assert replies[-1]["memory"] < 450 * MIB
