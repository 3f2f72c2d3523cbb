"""Bytes at addresses of the request's choice."""

import struct
from typing import Any

import pytest
from witx_guest import Guest, Memory, b64, bytes_of, line

PAGE = 65_536
# Larger than the heap that the probe reserves, so that its allocator has to make memory grow.
GROWTH = {"call": "get_output", "context": 0, "index": 0, "size": 48 << 20}


def place(data: bytes, at: Any, name: str = "p") -> dict[str, Any]:
    return {"call": "place", "bytes": b64(data), "at": at, "as": name}


def compute_with(argument: Any) -> dict[str, Any]:
    return {"call": "raw", "function": "compute", "arguments": [argument]}


@pytest.mark.parametrize("offset", [-1, -4, -8, -20, -70_000, -3_000_000])
def test_bytes_placed_at_the_end_lie_there(probe: Guest, offset: int) -> None:
    seen: list[tuple[int, bytes]] = []

    def compute(memory: Memory, address: int) -> int:
        seen.append((address - memory.size, memory.read(address, 1)))
        return 0

    probe.functions["compute"] = compute
    placed, _, by_end = probe.ask(
        place(b"x", {"end": offset}), compute_with({"buffer": "p"}), compute_with({"end": offset})
    )
    assert placed["address"] == placed["memory"] + offset
    assert seen == [(offset, b"x")] * 2
    assert by_end["errno"] == 0


def test_end_wraps_at_32_bits(probe: Guest) -> None:
    outcome = probe.run(line(compute_with({"end": 0})) + line(compute_with({"end": -(2**31)})))
    (_, (end,)), (_, (below,)) = outcome.calls
    assert end % PAGE == 0
    assert below == (end - 2**31) % 2**32


def test_host_may_write_the_last_bytes_of_memory(probe: Guest) -> None:
    def load(memory: Memory, *arguments: int) -> int:
        assert arguments[-1] == memory.size - 4
        memory.put_u32(arguments[-1], 77)
        return 0

    probe.functions["load"] = load
    raw = {"call": "raw", "function": "load", "arguments": [0, 0, 0, 0, {"end": -4}]}
    read = {"call": "read", "at": {"end": -4}, "length": 4}
    replies = probe.ask(raw, read, {"call": "hello"})
    assert bytes_of(replies[1]) == b"\x4d\0\0\0"


def test_small_places_at_the_end_do_not_move_it(probe: Guest) -> None:
    replies = probe.ask(place(b"a", {"end": -1}, "a"), place(b"bb", {"end": -PAGE}, "b"), compute_with({"buffer": "a"}))
    assert replies[0]["memory"] == replies[1]["memory"]
    assert replies[2]["errno"] == 1


def test_ordinary_requests_do_not_move_the_end(probe: Guest) -> None:
    load = {"call": "load", "builders": [b64(bytes(2 << 20))], "encoding": 0, "target": 0, "as": "g"}
    replies = probe.ask(place(b"a", {"end": -1}), load, GROWTH | {"size": 4 << 20}, compute_with({"buffer": "p"}))
    assert replies[3]["errno"] == 1


def test_end_that_the_allocator_moved_is_refused(probe: Guest) -> None:
    placed, grown, by_name, by_end, read = probe.ask(
        place(b"a", {"end": -1}),
        GROWTH,
        compute_with({"buffer": "p"}),
        compute_with({"end": -1}),
        {"call": "read", "buffer": "p"},
    )
    assert (placed["address"], grown["errno"]) == (placed["memory"] - 1, 1)
    assert by_name == read == {"error": 'memory has grown since buffer "p" was placed at its end: place it again'}
    assert by_end["error"].startswith("memory has grown since something was placed at its end")


def test_placing_again_after_growth_finds_the_new_end(probe: Guest) -> None:
    outcome = probe.run(
        b"".join(map(line, [place(b"a", {"end": -1}), GROWTH, place(b"a", {"end": -1}), compute_with({"buffer": "p"})]))
    )
    first, _, second, computed = outcome.replies
    assert second["memory"] > first["memory"] + (40 << 20)
    assert outcome.calls[-1] == ("compute", (second["memory"] - 1,))
    assert computed["errno"] == 1


def test_end_after_growth_with_nothing_placed_there_is_the_new_end(probe: Guest) -> None:
    sizes: list[tuple[int, int]] = []

    def compute(memory: Memory, address: int) -> int:
        sizes.append((address, memory.size))
        return 0

    probe.functions["compute"] = compute
    probe.ask(GROWTH, compute_with({"end": 0}))
    assert sizes[0][0] == sizes[0][1]


def test_grow_moves_the_end_and_keeps_what_was_placed(probe: Guest) -> None:
    requests = [
        place(b"a", {"end": -1}),
        {"call": "grow", "pages": 2},
        compute_with({"buffer": "p"}),
        compute_with({"end": 0}),
    ]
    outcome = probe.run(b"".join(map(line, requests)))
    memory = outcome.replies[0]["memory"]
    assert outcome.replies[1] == {"previous": memory // PAGE}
    assert [arguments for _, arguments in outcome.calls] == [(memory - 1,), (memory + 2 * PAGE,)]


def test_grow_beyond_4_gib_is_refused_by_the_host(probe: Guest) -> None:
    assert probe.ask({"call": "grow", "pages": 65_536}, {"call": "hello"})[0] == {"previous": -1}


@pytest.mark.parametrize(("at", "length"), [(0, 1024), (0, 1), (1023, 1), (512, 0), (3, 5)])
def test_low_memory_is_free(probe: Guest, at: int, length: int) -> None:
    data = bytes(index % 251 for index in range(length))
    placed, read, hello = probe.ask(place(data, at), {"call": "read", "buffer": "p"}, {"call": "hello"})
    assert placed["address"] == at
    assert bytes_of(read) == data
    assert hello["protocol"] == 2


def test_changes_at_address_0_are_noticed(probe: Guest) -> None:
    def compute(memory: Memory, address: int) -> int:
        memory.write(address, b"b")
        return 0

    probe.functions["compute"] = compute
    replies = probe.ask(place(b"a", 0), compute_with(0), {"call": "read", "at": 0, "length": 1})
    assert replies[1]["changed"] == ["p"]
    assert bytes_of(replies[2]) == b"b"


def test_overwrite_reaches_address_0_and_the_end(probe: Guest) -> None:
    requests: list[Any] = []
    for name, at in (("low", 0), ("end", {"end": -3})):
        requests += [place(b"abc", at, name), {"call": "overwrite", "buffer": name, "bytes": b64(b"xyz")}]
        requests += [{"call": "read", "buffer": name}]
    replies = probe.ask(*requests)
    assert [bytes_of(replies[2]), bytes_of(replies[5])] == [b"xyz", b"xyz"]


@pytest.mark.parametrize("at", [1021, 1024, 2048, 70_000, 1_200_000])
def test_own_data_stack_and_heap_are_refused(probe: Guest, at: int) -> None:
    reply = probe.ask(place(b"abcd", at), {"call": "hello"})[0]
    assert reply["error"].startswith(f"4 bytes at {at} overlap the probe's own data, stack or heap")


@pytest.mark.parametrize("at", [-1, 2**31, {"end": 1}, {"end": -3}])
def test_addresses_outside_memory_are_refused(probe: Guest, at: Any) -> None:
    reply = probe.ask(place(b"abcd", at), {"call": "hello"})[0]
    assert "beyond" in reply["error"]


def test_place_of_the_probes_choice_is_aligned(probe: Guest) -> None:
    addresses = [probe.ask(place(b"abc", None))[0]["address"] for _ in range(4)]
    assert [address % 16 for address in addresses] == [0, 0, 0, 0]


def test_read_at_an_address_sees_what_a_buffer_holds(probe: Guest) -> None:
    replies = probe.ask(place(b"abcd", None), {"call": "read", "at": {"buffer": "p", "offset": 1}, "length": 2})
    assert bytes_of(replies[1]) == b"bc"


def test_length_is_that_of_the_buffer(probe: Guest) -> None:
    outcome = probe.run(line(place(b"abcde", None)) + line(compute_with({"length": "p"})))
    assert outcome.calls == [("compute", (5,))]


def test_buffers_beyond_the_reserved_heap_are_kept(probe: Guest) -> None:
    places = [place(bytes([index]) * (1 << 20), None, f"b{index}") for index in range(20)]
    reads = [{"call": "read", "buffer": f"b{index}"} for index in (0, 19)]
    replies = probe.ask(*places, *reads)
    assert [bytes_of(reply) for reply in replies[20:]] == [bytes([0]) * (1 << 20), bytes([19]) * (1 << 20)]


def test_words_may_point_at_what_was_placed(probe: Guest) -> None:
    words = [{"buffer": "p", "offset": 1}, {"length": "p"}, {"end": -8}, -1, 7]
    requests = [place(b"abc", None), {"call": "place", "words": words, "at": {"end": -20}, "as": "w"}]
    first, second, read = probe.ask(*requests, {"call": "read", "buffer": "w"})
    wanted = struct.pack("<5I", first["address"] + 1, 3, second["memory"] - 8, 0xFFFFFFFF, 7)
    assert bytes_of(read) == wanted


def test_words_that_the_growing_of_their_own_place_makes_wrong_are_refused(probe: Guest) -> None:
    request = {"call": "place", "words": [{"end": 0}], "at": {"end": -3_000_000}, "as": "w"}
    refused, again, read = probe.ask(request, request, {"call": "read", "buffer": "w"})
    assert refused == {"error": "memory grew while the words were placed: place them again"}
    assert struct.unpack("<I", bytes_of(read)) == (again["memory"],)
