"""The error resource: codes by name, data that says what was wrong, both as often as the guest asks."""

from __future__ import annotations

import pytest
import small_ir
from wit_probe import TAGS, Probe, context, drop, load, tensor

from wasi_nn_reference.backends.backend import Port
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs
from wasi_nn_reference.types import GraphEncoding, TensorType

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


class FailingEngine:
    """Backend, graph and request in one, whose computations fail."""

    inputs = (Port("x", TensorType.U8, (1,)),)
    outputs = (Port("y", TensorType.U8, (1,)),)

    def __init__(self, failure: Exception) -> None:
        self.failure = failure

    def load(self, *_: object) -> FailingEngine:
        return self

    def request(self) -> FailingEngine:
        return self

    def infer(self, *_: object) -> list[object]:
        raise self.failure


def failing(tag: str, folder: object, failure: Exception) -> Probe:
    return Probe(tag, Host({GraphEncoding.OPENVINO: FailingEngine(failure)}, NamedGraphs(), Limits()), folder)  # type: ignore[list-item, arg-type]


def computed(probe: Probe) -> list[dict[str, str]]:
    """What the failed computation said, and the one after it."""
    once = probe.infer("c", {"x": tensor(b"a", (1,), "U8")}, ())
    talk = probe(load(small_ir.identity(), b""), context(), once, once)
    assert talk.trap == ""
    return [reply for reply in talk.replies if reply.get("result") == "err"]


@pytest.mark.parametrize("tag", TAGS[-1:])
@pytest.mark.parametrize(
    ("code", "name"),
    [(ErrorCode.BUSY, "timeout"), (ErrorCode.MISSING_MEMORY, "unknown")]
    + [(ErrorCode(name.replace("-", "_")), name) for name in CODES],
)
def test_every_code_has_a_name(tag: str, tmp_path: object, code: ErrorCode, name: str) -> None:
    failures = computed(failing(tag, tmp_path, WasiNnError(code, "it failed")))
    assert [(failure["code"], failure["data"]) for failure in failures] == [(name, "it failed")] * 2


def test_data_names_no_path_of_the_host(tag: str, tmp_path: object) -> None:
    failure = WasiNnError(ErrorCode.RUNTIME_ERROR, "/home/user/engine.cpp:12: no kernel")
    assert computed(failing(tag, tmp_path, failure))[0]["data"] == "(path) no kernel"


def test_a_fault_of_the_host_is_an_error(tag: str, tmp_path: object, capfd: pytest.CaptureFixture[str]) -> None:
    failures = computed(failing(tag, tmp_path, ZeroDivisionError("secret")))
    assert [(failure["code"], failure["data"]) for failure in failures] == [
        ("runtime-error", "a fault in the host, ZeroDivisionError")
    ] * 2
    assert "a fault in the host, ZeroDivisionError" in capfd.readouterr().err


def test_no_memory_is_an_error(tag: str, tmp_path: object, capfd: pytest.CaptureFixture[str]) -> None:
    assert [failure["code"] for failure in computed(failing(tag, tmp_path, MemoryError()))] == ["too-large"] * 2
    assert "no memory left" in capfd.readouterr().err


def test_getters_can_be_called_again(probe: Probe) -> None:
    getters = [{"call": "error_data", "error": "e"}, {"call": "error_code", "error": "e"}]
    talk = probe(load(b"garbage", b"", error="e"), getters, getters, drop("error", "e"))
    assert talk.replies[1:3] == talk.replies[3:5]
    assert talk.replies[1] == {"data": "the bytes are not a model in the encoding openvino"}
    assert talk.replies[2] == {"code": "invalid-encoding"}
    assert talk.alive == {}


@pytest.mark.parametrize("tag", TAGS[:1])
@pytest.mark.parametrize(
    ("code", "data"),
    [
        *((code, "no luck") for code in CODES),
        pytest.param("unknown", "", id="no data"),
        pytest.param("unknown", "/a/path of the guest\n\N{SNOWMAN}", id="any text"),
    ],
)
def test_a_guest_s_own_error_is_given_back(probe: Probe, code: str, data: str) -> None:
    talk = probe(
        {"call": "error", "code": code, "data": data, "as": "e"},
        {"call": "error_code", "error": "e"},
        {"call": "error_data", "error": "e"},
        drop("error", "e"),
    )
    assert talk.replies[1:3] == [{"code": code}, {"data": data}]
    assert talk.alive == {}
