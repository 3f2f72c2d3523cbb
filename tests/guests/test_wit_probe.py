"""What the WIT probes pass on and report, on a host that keeps every resource in a table."""

from pathlib import Path
from typing import Any

import pytest
from wit_guest import NEWEST, OLDEST, TAGS, Failure, Guest, Tensor
from wit_requests import CONTEXT, DATA, FAIL, LOAD, every_tag, probe, tensor
from witx_guest import b64

ONE_BY_ONE = [tag for tag in TAGS if tag != NEWEST]

TYPES = ("FP16", "FP32", "FP64", "BF16", "U8", "I32", "I64")
ENCODINGS = ("openvino", "onnx", "tensorflow", "pytorch", "tensorflowlite", "ggml", "autodetect")
CODES = (
    "invalid-argument",
    "invalid-encoding",
    "timeout",
    "runtime-error",
    "unsupported-operation",
    "too-large",
    "not-found",
    "security",
    "unknown",
)

one_by_one = pytest.mark.parametrize("tag", ONE_BY_ONE)


def left(guest: Guest) -> dict[str, int]:
    return {kind: len(resources) for kind, resources in guest.host.alive.items() if resources}


@every_tag
def test_hello_names_abi_and_versions(tag: str, tmp_path: Path) -> None:
    hello = probe(tag, tmp_path).ask({"call": "hello"})
    assert hello == [{"abi": f"wit-{tag}", "protocol": 2, "probe": "0.1.0"}]


@every_tag
def test_getters_give_back_what_the_constructor_got(tag: str, tmp_path: Path) -> None:
    getters = [{"call": f"tensor_{part}", "tensor": "t"} for part in ("dimensions", "ty", "data")]
    replies = probe(tag, tmp_path).ask(tensor("t", dims=[2, 0, 4294967295]), *getters)
    assert replies == [{}, {"dims": [2, 0, 4294967295]}, {"type": "FP32"}, {"data": DATA}]


@every_tag
def test_types_pass_by_name(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    requests = [
        request for name in TYPES for request in (tensor(name, type=name), {"call": "tensor_ty", "tensor": name})
    ]
    replies = guest.ask(*requests)
    assert [made.ty for made in guest.host.alive["tensor"].values()] == list(TYPES)
    assert replies[1::2] == [{"type": name} for name in TYPES]


@every_tag
def test_load_passes_builders_and_enums(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    names = [(encoding, target) for encoding in ENCODINGS for target in ("cpu", "gpu", "tpu")]
    guest.ask(*(LOAD | {"encoding": one, "target": other, "as": f"{one}/{other}"} for one, other in names))
    assert list(guest.host.alive["graph"].values()) == [([b"xml", b""], *one) for one in names]


@every_tag
def test_error_codes_come_by_name(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)

    def load_by_name(name: str) -> Any:
        raise Failure(name, f"it was {name}")

    guest.host.answer(load_by_name=load_by_name)
    replies = guest.ask(*({"call": "load_by_name", "name": code} for code in CODES))
    assert replies == [{"result": "err", "code": code, "data": f"it was {code}"} for code in CODES]
    assert left(guest) == {}


@every_tag
def test_error_is_read_once_more_each_time_it_is_asked(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    code, data = {"call": "error_code", "error": "e"}, {"call": "error_data", "error": "e"}
    replies = guest.ask(FAIL, code, data, data, code)
    told = {"code": "not-found", "data": "no graph is called cats"}
    assert replies[0] == {"result": "err"} | told
    assert replies[1:] == [{part: told[part]} for part in ("code", "data", "data", "code")]
    assert guest.host.calls[1:3] == ["[method]error.code", "[method]error.data"]


@every_tag
def test_result_without_a_name_is_dropped(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    guest.ask({key: value for key, value in LOAD.items() if key != "as"})
    assert guest.host.calls == ["load", "drop graph"]


@every_tag
def test_giving_a_name_again_drops_what_it_stood_for(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    guest.ask(tensor("x"), LOAD | {"as": "x"}, CONTEXT | {"graph": "x", "as": "x"})
    assert guest.host.calls[-4:] == ["load", "drop tensor", "[method]graph.init-execution-context", "drop graph"]
    assert left(guest) == {"graph-execution-context": 1}


@every_tag
def test_failure_frees_the_result_s_name(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    reply = guest.ask(LOAD, {"call": "load_by_name", "name": "cats", "as": "g"}, CONTEXT)[2]
    assert reply == {"error": 'no graph is named "g"'}
    assert left(guest) == {}


@every_tag
def test_success_frees_the_error_s_name(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    reply = guest.ask(FAIL, LOAD | {"error": "e"}, {"call": "error_data", "error": "e"})[2]
    assert reply == {"error": 'no error is named "e"'}
    assert left(guest) == {"graph": 1}


@every_tag
@pytest.mark.parametrize("order", ["tgce", "gcte", "cget", "egtc", "gtec"])
def test_resources_are_dropped_in_the_order_of_the_requests(tag: str, order: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    kinds = {"t": "tensor", "g": "graph", "c": "context", "e": "error"}
    guest.ask(LOAD, CONTEXT, tensor("t"), FAIL, *({"call": "drop", "kind": kinds[one], "handle": one} for one in order))
    dropped = {"context": "graph-execution-context"}
    assert guest.host.calls[-4:] == [f"drop {dropped.get(kinds[one], kinds[one])}" for one in order]
    assert left(guest) == {}


@every_tag
def test_forget_drops_each_resource_once(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    drop = {"call": "drop", "kind": "tensor", "handle": "t"}
    replies = guest.ask(LOAD, CONTEXT, tensor("t"), tensor("u"), FAIL, drop, {"call": "forget"}, {"call": "forget"})
    assert replies[-2:] == [{"handles": 5, "dropped": 4}, {"handles": 0, "dropped": 0}]
    assert left(guest) == {}
    assert guest.host.calls[-4:] == ["drop graph-execution-context", "drop graph", "drop tensor", "drop error"]


def test_compute_passes_all_inputs_and_reports_all_outputs(tmp_path: Path) -> None:
    guest = probe(NEWEST, tmp_path)
    two = tensor("u", dims=[], type="U8", data=b64(b"\xff"))
    compute = {"call": "compute", "context": "c", "inputs": [["a", "t"], ["é", "u"]]}
    reply = guest.ask(LOAD, CONTEXT, tensor("t"), two, compute)[-1]
    assert reply == {
        "result": "ok",
        "outputs": [
            {"name": "É", "dims": [], "type": "U8", "data": b64(b"\xff")},
            {"name": "A", "dims": [4], "type": "FP32", "data": DATA},
        ],
    }
    assert left(guest) == {"graph": 1, "graph-execution-context": 1}


def test_outputs_are_kept_by_number(tmp_path: Path) -> None:
    guest = probe(NEWEST, tmp_path)
    compute = {"call": "compute", "context": "c", "as": "o"}
    replies = guest.ask(
        LOAD,
        CONTEXT,
        tensor("t"),
        tensor("u", type="I32"),
        compute | {"inputs": [["a", "t"], ["b", "u"]]},
        {"call": "tensor_ty", "tensor": "o.0"},
        compute | {"inputs": [["a", "o.1"]]},
        {"call": "tensor_ty", "tensor": "o.0"},
        {"call": "tensor_ty", "tensor": "o.1"},
    )
    assert [replies[at] for at in (5, 7)] == [{"type": "I32"}, {"type": "FP32"}]
    assert replies[8] == {"error": 'no tensor is named "o.1"'}
    assert left(guest)["tensor"] == 1


def test_failed_compute_takes_its_tensors(tmp_path: Path) -> None:
    guest = probe(NEWEST, tmp_path)

    def compute_at_once(_context: Any, _inputs: Any) -> Any:
        raise Failure("runtime-error", "it broke")

    guest.host.answer(compute_at_once=compute_at_once)
    compute = {"call": "compute", "context": "c", "inputs": [["a", "t"]]}
    replies = guest.ask(LOAD, CONTEXT, tensor("t"), compute, {"call": "forget"})
    assert replies[3:] == [
        {"result": "err", "code": "runtime-error", "data": "it broke"},
        {"handles": 3, "dropped": 2},
    ]


@one_by_one
def test_inputs_and_outputs_pass_one_by_one(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    replies = guest.ask(
        LOAD,
        CONTEXT,
        {"call": "compute", "context": "c"},
        tensor("t"),
        {"call": "set_input", "context": "c", "name": "in", "tensor": "t"},
        {"call": "compute", "context": "c"},
        {"call": "get_output", "context": "c", "name": "IN", "as": "o"},
        {"call": "tensor_dimensions", "tensor": "o"},
    )
    assert replies[2:] == [
        {"result": "err", "code": "invalid-argument", "data": "no input is set"},
        {},
        {"result": "ok"},
        {"result": "ok"},
        {"result": "ok", "dims": [4], "type": "FP32", "data": DATA},
        {"dims": [4]},
    ]
    assert left(guest) == {"graph": 1, "graph-execution-context": 1, "tensor": 1}


@one_by_one
def test_failed_set_input_takes_its_tensor(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)

    def set_input(_context: Any, name: str, _tensor: Tensor) -> None:
        raise Failure("invalid-argument", f"no input is called {name}")

    guest.host.answer(set_input=set_input)
    request = {"call": "set_input", "context": "c", "name": "in", "tensor": "t", "error": "e"}
    replies = guest.ask(LOAD, CONTEXT, tensor("t"), request, {"call": "forget"})
    assert replies[3]["code"] == "invalid-argument"
    assert replies[4] == {"handles": 4, "dropped": 3}


def test_guest_makes_errors_of_every_code(tmp_path: Path) -> None:
    guest = probe(OLDEST, tmp_path)
    requests = [{"call": "error", "code": code, "data": f"ours: {code}", "as": code} for code in CODES]
    read = [{"call": "error_code", "error": code} for code in CODES]
    assert guest.ask(*requests, *read)[len(CODES) :] == [{"code": code} for code in CODES]
    assert [made.data for made in guest.host.alive["error"].values()] == [f"ours: {code}" for code in CODES]


@pytest.mark.parametrize(
    ("tag", "call"),
    [(NEWEST, "set_input"), (NEWEST, "get_output"), (NEWEST, "error"), (TAGS[1], "error")],
)
def test_call_that_the_candidate_lacks_is_refused(tag: str, call: str, tmp_path: Path) -> None:
    (reply,) = probe(tag, tmp_path).ask({"call": call, "code": "unknown", "data": "", "as": "e"})
    assert reply == {"error": f'wit-{tag} has no call "{call}"'}


def test_keys_of_the_newest_compute_are_unknown_before(tmp_path: Path) -> None:
    (reply,) = probe(OLDEST, tmp_path).ask({"call": "compute", "context": 1, "inputs": []})
    assert reply == {"error": 'unknown key "inputs"'}
