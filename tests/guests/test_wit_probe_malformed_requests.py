"""A malformed request gets one error reply, calls nothing, and the probe lives on."""

from pathlib import Path
from typing import Any

import pytest
from wit_guest import NEWEST, OLDEST, TAGS
from wit_requests import LOAD, every_tag, probe, tensor

COMPUTE = {"call": "compute", "context": 1, "inputs": []}
SET_INPUT = {"call": "set_input", "context": 1, "name": "a", "tensor": 1}

# Requests that every candidate refuses alike.
REQUESTS: dict[str, tuple[Any, str]] = {
    "not UTF-8": (b'{"call":"\xff"}', "not UTF-8"),
    "not JSON": ("hello", "not a JSON object"),
    "unknown call": ({"call": "dance"}, 'unknown call "dance"'),
    "call of witx": ({"call": "raw", "function": "load", "arguments": []}, 'unknown call "raw"'),
    "unknown key": ({"call": "hello", "name": 1}, 'unknown key "name"'),
    "missing key": ({"call": "tensor_ty"}, 'key "tensor" is missing'),
    "tensor without a name": ({"call": "tensor", "dims": [], "type": "U8", "data": ""}, 'key "as" is missing'),
    "unknown type": (tensor("t", type="F32"), 'type: "F32" is none of FP16, FP32, FP64, BF16, U8, I32, I64'),
    "type in small letters": (tensor("t", type="fp32"), 'type: "fp32" is none of'),
    "type by number": (tensor("t", type=1), "type: a string is wanted"),
    "dimension below 0": (tensor("t", dims=[-1]), "dims[0]: -1 is not a whole number"),
    "dimension of 33 bits": (tensor("t", dims=[2**32]), "dims[0]: 4294967296 is not a whole number"),
    "data that is no base64": (tensor("t", data="A*=="), "not base64"),
    "unknown encoding": (LOAD | {"encoding": "OpenVINO"}, 'encoding: "OpenVINO" is none of openvino, onnx'),
    "unknown target": (LOAD | {"target": "npu"}, 'target: "npu" is none of cpu, gpu, tpu'),
    "builder that is no base64": (LOAD | {"builders": ["A"]}, "builders[0]: base64 comes in groups of 4"),
    "too many builders": (LOAD | {"builders": [""] * 4097}, "builders: more than 4096 elements"),
    "one name for result and error": (LOAD | {"error": "g"}, '"as" and "error" are the same name'),
    "name that is a number": ({"call": "load_by_name", "name": 1}, "not a JSON object"),
    "unknown handle": ({"call": "tensor_ty", "tensor": "t"}, 'no tensor is named "t"'),
    "handle below 0": ({"call": "tensor_ty", "tensor": -1}, "tensor: -1 is not a whole number from 0 to 4294967295"),
    "handle of 33 bits": ({"call": "tensor_ty", "tensor": 2**32}, "tensor: 4294967296 is not a whole number"),
    "handle that is a list": ({"call": "tensor_ty", "tensor": [1]}, "tensor: a whole number is wanted"),
    "handle as an object": ({"call": "tensor_ty", "tensor": {"end": 0}}, 'key "number" is missing'),
    "number of an unknown name": ({"call": "tensor_ty", "tensor": {"number": "t"}}, 'nothing is named "t"'),
    "unknown kind": ({"call": "drop", "kind": "builder", "handle": 1}, 'kind: "builder" is none of context, graph'),
    "exit code of 126": ({"call": "exit", "code": 126}, "code: 126 is not a whole number from 0 to 125"),
}


@every_tag
def test_one_error_reply_each(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    replies = guest.ask(*(request for request, _ in REQUESTS.values()), {"call": "hello"})
    told = {title: reply.get("error", "") for title, reply in zip(REQUESTS, replies[:-1], strict=True)}
    assert {title: told[title] for title, (_, part) in REQUESTS.items() if part not in told[title]} == {}
    assert guest.host.calls == []
    assert replies[-1]["protocol"] == 2


@every_tag
def test_name_of_another_kind_is_refused(tag: str, tmp_path: Path) -> None:
    reply = probe(tag, tmp_path).ask(LOAD, {"call": "tensor_ty", "tensor": "g"})[1]
    assert reply == {"error": '"g" names a resource of kind graph, not tensor'}


@pytest.mark.parametrize(
    ("tag", "request_of_candidate", "part"),
    [
        (NEWEST, {"call": "compute", "context": 1}, 'key "inputs" is missing'),
        (NEWEST, COMPUTE | {"inputs": {"a": 1}}, "inputs: an array is wanted"),
        (NEWEST, COMPUTE | {"inputs": [["a"]]}, "inputs: each is an array of a name and a tensor"),
        (NEWEST, COMPUTE | {"inputs": [["a", 1, 2]]}, "inputs[0]: more than 2 elements"),
        (NEWEST, COMPUTE | {"inputs": [["a", "t"]]}, 'no tensor is named "t"'),
        *((tag, SET_INPUT | {"as": "x"}, 'unknown key "as"') for tag in TAGS if tag != NEWEST),
        *((tag, SET_INPUT | {"tensor": "t"}, 'no tensor is named "t"') for tag in TAGS if tag != NEWEST),
        (OLDEST, {"call": "error", "code": "busy", "data": "", "as": "e"}, 'code: "busy" is none of invalid-argument'),
    ],
)
def test_calls_of_some_candidates(tag: str, request_of_candidate: dict[str, Any], part: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    reply, hello = guest.ask(request_of_candidate, {"call": "hello"})
    assert part in reply["error"]
    assert guest.host.calls == []
    assert hello["abi"] == f"wit-{tag}"


@every_tag
def test_lines_of_mebibytes_get_a_short_error(tag: str, tmp_path: Path) -> None:
    replies = probe(tag, tmp_path).ask(
        b"x" * (5 << 20),
        b'{"call":"' + b"x" * (5 << 20) + b'"}',
        b'{"call":"tensor","dims":[],"type":"' + b"x" * (5 << 20) + b'","data":"","as":"t"}',
        b'{"call":"load","builders":[],"encoding":"' + b"[" * (5 << 20) + b'","target":"cpu"}',
    )
    assert all(set(reply) == {"error"} and len(reply["error"]) < 400 for reply in replies)
