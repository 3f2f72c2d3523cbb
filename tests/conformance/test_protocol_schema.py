"""The schema of the protocol, held against what the suite and the reference host say to each other."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.run.adapter import probe_path, read_adapter
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.run.probe_process import Ended, ProbeProcess, Silent
from wasi_nn_conformance.session import protocol_schema, wit_calls, witx_calls
from wasi_nn_conformance.session.wire import Call, encode_request, read_reply
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.step import Block, Node, Step

SCHEMA = schema("probe-protocol")
SECONDS = 20.0

CLASSES: dict[tuple[tuple[type[Call], ...], str], list[type[Call]]] = {}
for _calls in (witx_calls.CALLS, wit_calls.CALLS):
    for _call in _calls:
        CLASSES.setdefault((_calls, str(_call.__struct_config__.tag)), []).append(_call)

# What no vector says, for a process each: a request that the probe refuses, and how a guest ends.
_OF_NO_VECTOR = (
    (b'{"call":"compute","context":"c"}', b'{"call":"trap"}'),
    (b'{"call":"exit","code":0}',),
)


@pytest.fixture(autouse=True)
def without_probe() -> None:
    """Here the real probes answer."""


def test_the_schema_is_that_of_the_classes() -> None:
    assert protocol_schema.PATH.read_text("utf-8") == protocol_schema.text(), (
        "run `python -m wasi_nn_conformance.session.protocol_schema`"
    )


def steps(nodes: tuple[Node, ...]) -> Iterator[Step]:
    for node in nodes:
        if isinstance(node, Block):
            yield from steps(node.steps)
        else:
            yield node
            yield from steps(node.then)


def sample(library: Library) -> Iterator[Case]:
    """Return cases until every step was there with every set of keys, on every ABI."""
    seen: set[Any] = set()
    for case in library.all_cases():
        forms = {(case.abi, step.action, frozenset(step.arguments)) for step in steps(case.vector.steps)}
        if not forms <= seen:
            seen |= forms
            yield case


@pytest.fixture(scope="module")
def exchanges() -> list[dict[str, Any]]:
    """What is said in a sample of cases, and what none of them says."""
    said: list[dict[str, Any]] = []
    library, adapter = Library(), read_adapter("reference")

    def recorded(ask: Callable[..., bytes | Ended | Silent]) -> Callable[..., bytes | Ended | Silent]:
        def recording(process: ProbeProcess, request: bytes, seconds: float) -> bytes | Ended | Silent:
            answer = ask(process, request, seconds)
            abi = next(abi for abi in adapter.abis if str(probe_path(abi)) in process.argv)
            exchange: dict[str, Any] = {"abi": abi, "request": json.loads(request)}
            said.append(exchange | ({"reply": json.loads(answer)} if isinstance(answer, bytes) else {}))
            return answer

        return recording

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProbeProcess, "ask", recorded(ProbeProcess.ask))
        patch.setattr(ProbeProcess, "greet", recorded(ProbeProcess.greet))
        host = Host(adapter, library)
        for case in sample(library):
            host.run(case)
        host.close()
        for abi in adapter.abis:
            for requests in _OF_NO_VECTOR:
                with ProbeProcess(adapter.argv(probe_path(abi), {}), adapter.process_environment()) as process:
                    for request in requests:
                        process.ask(request, SECONDS)
    return said


def test_every_exchange_fits_the_schema(exchanges: list[dict[str, Any]]) -> None:
    broken = {json.dumps(exchange): found for exchange in exchanges if (found := SCHEMA.violation(exchange))}
    assert broken == {}


def test_every_call_of_the_protocol_is_made(exchanges: list[dict[str, Any]]) -> None:
    made = {(exchange["abi"] == "witx", exchange["request"]["call"]) for exchange in exchanges}
    assert made == {(calls is witx_calls.CALLS, name) for calls, name in CLASSES}


def test_the_classes_say_and_read_what_was_said(exchanges: list[dict[str, Any]]) -> None:
    for exchange in exchanges:
        request = typed(exchange)
        assert json.loads(encode_request(request)) == exchange["request"]
        if "reply" in exchange:
            reply = read_reply(request, json.dumps(exchange["reply"]).encode())
            assert json.loads(msgspec.json.encode(reply)) == exchange["reply"]


def typed(exchange: dict[str, Any]) -> Call:
    calls = witx_calls.CALLS if exchange["abi"] == "witx" else wit_calls.CALLS
    variants = CLASSES[calls, exchange["request"]["call"]]
    with_inputs = [
        call for call in variants if ("inputs" in call.__struct_fields__) == ("inputs" in exchange["request"])
    ]
    return msgspec.convert(exchange["request"], with_inputs[0])


COMPUTE = {"abi": "witx", "request": {"call": "compute", "context": "c"}}
TENSOR = {"abi": "wit-2024-10-28", "request": {"call": "tensor_ty", "tensor": {"number": "t"}}}


@pytest.mark.parametrize(
    ("exchange", "complaint"),
    [
        (COMPUTE, None),
        (COMPUTE | {"reply": {"errno": 0, "later": 1}}, None),
        (COMPUTE | {"reply": {"error": "no handle"}}, None),
        (TENSOR | {"reply": {"type": "FP32"}}, None),
        (COMPUTE | {"reply": {}}, "reply: {} does not fit"),
        (COMPUTE | {"abi": "wasm"}, "abi: 'wasm' does not match"),
        (COMPUTE | {"request": {"call": "computes"}}, "request.call: 'computes' is not one of"),
        (COMPUTE | {"request": {"call": "tensor_ty", "tensor": 1}}, "request.call: 'tensor_ty' is not one of"),
        (COMPUTE | {"request": {"call": "compute"}}, "request: 'context' is a required property"),
        (COMPUTE | {"request": {"call": "compute", "context": 2**32}}, "request.context: 4294967296 does not fit"),
        (COMPUTE | {"request": {"call": "compute", "context": {"slot": "s"}}}, "request.context: "),
        (COMPUTE | {"request": {"call": "place", "at": None, "as": "b"}}, "request: {.*} does not fit"),
        (TENSOR | {"reply": {"type": 1}}, "reply: {'type':1} does not fit"),
        (TENSOR | {"request": {"call": "drop", "kind": "host", "handle": 1}}, "request.kind: 'host' is not one of"),
    ],
)
def test_what_the_schema_allows(exchange: dict[str, Any], complaint: str | None) -> None:
    found = SCHEMA.violation(exchange)
    assert (found is None) if complaint is None else re.match(complaint, found[1] if found else "")
