"""A malformed request gets one error reply, and the probe lives on."""

from typing import Any

import pytest
from witx_guest import Guest, b64

TENSOR = {"dims": [1], "type": 1, "data": "AAAAAA=="}
SET_INPUT = {"call": "set_input", "context": 0, "index": 0, "tensor": TENSOR}
LOAD = {"call": "load", "builders": [], "encoding": 0, "target": 0}
GET = {"call": "get_output", "context": 0, "index": 0, "size": 8}
PLACE = {"call": "place", "bytes": "", "as": "p"}

REQUESTS: dict[str, tuple[Any, str]] = {
    "not UTF-8": (b'{"call":"\xff"}', "not UTF-8"),
    "not JSON": ("hello", "not a JSON object"),
    "array": ('["hello"]', "not a JSON object"),
    "empty line": ("", "not a JSON object"),
    "cut off": ('{"call":"hello"', "not valid JSON"),
    "NUL bytes": (b'{"call":"he\0llo"}', "not valid JSON"),
    "no call": ({}, 'key "call" is missing'),
    "call of another type": ({"call": 1}, "call: a string is wanted"),
    "unknown call": ({"call": "dance"}, 'unknown call "dance"'),
    "unknown key": ({"call": "hello", "name": 1}, 'unknown key "name"'),
    "key given twice": ('{"call":"hello","call":"hello"}', 'key "call" is given twice'),
    "missing key": ({"call": "compute"}, 'key "context" is missing'),
    "null for an integer": ({"call": "compute", "context": None}, "context: a whole number is wanted"),
    "integer too large": ({"call": "compute", "context": 2**32}, "context: 4294967296 is not a whole number"),
    "integer too small": ({"call": "compute", "context": -(2**31) - 1}, "context: -2147483649 is not a whole number"),
    "fraction": ({"call": "compute", "context": 1.5}, "context: 1.5 is not a whole number"),
    "unknown handle": ({"call": "compute", "context": "c"}, 'no handle is named "c"'),
    "string for an integer": (GET | {"index": "c"}, "index: an integer is wanted, not a string"),
    "slot outside raw": ({"call": "compute", "context": {"slot": "s"}}, "context: a slot is for"),
    "two forms of integer": ({"call": "compute", "context": {"end": 0, "slot": "s"}}, 'unknown key "slot"'),
    "no form of integer": ({"call": "compute", "context": {}}, "context: one of the keys"),
    "unknown buffer": ({"call": "compute", "context": {"buffer": "b"}}, 'no buffer is named "b"'),
    "unknown length": ({"call": "compute", "context": {"length": "b"}}, 'no buffer is named "b"'),
    "builders that are no list": (LOAD | {"builders": "AAAA"}, "builders: an array is wanted"),
    "builder that is no base64": (LOAD | {"builders": ["A*=="]}, "not base64"),
    "builder without padding": (LOAD | {"builders": ["AAAA", "AA"]}, "builders[1]: base64 comes in groups of 4"),
    "too many builders": (LOAD | {"builders": [""] * 4097}, "builders: more than 4096 elements"),
    "tensor that is no object": (SET_INPUT | {"tensor": []}, "tensor: not a JSON object"),
    "tensor with an unknown key": (SET_INPUT | {"tensor": TENSOR | {"name": 1}}, 'tensor: unknown key "name"'),
    "dimension below 0": (SET_INPUT | {"tensor": TENSOR | {"dims": [1, -1]}}, "dims[1]: -1 is not a whole number"),
    "dimension too large": (SET_INPUT | {"tensor": TENSOR | {"dims": [2**32]}}, "dims[0]: 4294967296 is not"),
    "type beyond a byte": (SET_INPUT | {"tensor": TENSOR | {"type": 256}}, "type: 256 does not fit"),
    "data that are no string": (SET_INPUT | {"tensor": TENSOR | {"data": [0]}}, "data: a string is wanted"),
    "output of 4 GiB": (GET | {"size": 2**32 - 1}, "at most 67108864 are allowed"),
    "unknown function": ({"call": "raw", "function": "unload", "arguments": []}, '"unload" is none of'),
    "too few arguments": ({"call": "raw", "function": "load", "arguments": [1]}, "load takes 5, 1 are given"),
    "too many arguments": ({"call": "raw", "function": "compute", "arguments": [1, 2]}, "compute takes 1, 2 are given"),
    "slot given twice": (
        {"call": "raw", "function": "load_by_name", "arguments": [0, {"slot": "s"}, {"slot": "s"}]},
        "twice",
    ),
    "place of nothing": ({"call": "place", "as": "p"}, "one of the keys"),
    "place of bytes and words": (PLACE | {"words": []}, "one of the keys"),
    "slot as a word": ({"call": "place", "words": [{"slot": "s"}], "as": "p"}, "words: a slot is for"),
    "place without a name": ({"call": "place", "bytes": ""}, 'key "as" is missing'),
    "empty name": (PLACE | {"as": ""}, "as: a name is empty"),
    "name of 257 bytes": (PLACE | {"as": "n" * 257}, "as: a name of 257 bytes"),
    "handle as an address": (PLACE | {"at": "g"}, "at: an integer is wanted"),
    "end too far away": (PLACE | {"at": {"end": -(2**31)}}, "at most 67108864 bytes before the end"),
    "read beyond memory": ({"call": "read", "at": -4, "length": 8}, "beyond the end of memory"),
    "read of more than 1 MiB": ({"call": "read", "at": 0, "length": 2**20 + 1}, "length: 1048577 is not"),
    "read without a length": ({"call": "read", "at": 0}, 'key "length" is missing'),
    "read of buffer and address": ({"call": "read", "buffer": "b", "at": 0}, 'unknown key "at"'),
    "overwrite of nothing": ({"call": "overwrite", "buffer": "b", "fill": 0}, 'no buffer is named "b"'),
    "fill beyond a byte": ({"call": "overwrite", "buffer": "b", "fill": 256}, "fill: 256 is not"),
    "grow by less than nothing": ({"call": "grow", "pages": -1}, "pages: -1 is not"),
    "exit code of 126": ({"call": "exit", "code": 126}, "code: 126 is not a whole number from 0 to 125"),
}


@pytest.mark.parametrize("title", REQUESTS)
def test_one_error_reply(probe: Guest, title: str) -> None:
    request, part = REQUESTS[title]
    reply, hello = probe.ask(request, {"call": "hello"})
    assert set(reply) == {"error"}
    assert part in reply["error"]
    assert hello["protocol"] == 2


def test_overwrite_of_another_length_changes_nothing(probe: Guest) -> None:
    place = PLACE | {"bytes": b64(b"abc")}
    wrong = [b64(b"wxyz"), b64(b"x"), "xy*="]
    overwrites = [{"call": "overwrite", "buffer": "p", "bytes": text} for text in wrong]
    replies = probe.ask(place, *overwrites, {"call": "read", "buffer": "p"})
    assert all("error" in reply for reply in replies[1:4])
    assert replies[4] == {"data": b64(b"abc")}


@pytest.mark.parametrize(
    "request_of_mebibytes",
    [
        b"x" * (5 << 20),
        b'{"call":"' + b"x" * (5 << 20) + b'"}',
        b'{"' + b"x" * (5 << 20) + b'":1}',
        b'{"call":"compute","context":' + b"[" * (5 << 20) + b"}",
        b'{"call":"compute","context":' + b"9" * (5 << 20) + b"}",
        b'{"call":"load","builders":[' + b"0," * (2 << 20) + b"0]}",
        b"\xff" * (5 << 20),
    ],
    ids=["no JSON", "call", "key", "nesting", "digits", "list", "no UTF-8"],
)
def test_lines_of_mebibytes_get_a_short_error(probe: Guest, request_of_mebibytes: bytes) -> None:
    reply, hello = probe.ask(request_of_mebibytes, {"call": "hello"})
    assert set(reply) == {"error"}
    assert len(reply["error"]) < 400
    assert hello["protocol"] == 2
