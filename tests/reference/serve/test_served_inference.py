"""Workers that use wasi-nn: what they are given, and what becomes of an engine that they share."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import small_ir
from serving import PATIENCE
from wat_guests import command
from wat_workers import HELLO, VALUE, inferring

from wasi_nn_reference.backends.isolated.channel import Channel

if TYPE_CHECKING:
    from serving import Serving

U8 = small_ir.identity("u8", (1,))
ANSWER = f"{VALUE:02}"
INVALID_ENCODING, BUSY, NOT_FOUND = 2, 4, 8  # errnos
LOAD, LOAD_BY_NAME, COMPUTE = 10, 10, 40  # times ten: the calls of `inferring`, by their order
ALLOWED = '[features.wasi_nn]\nallowed_backends = ["openvino"]\n'
PRELOADED = """[[features.wasi_nn.preload_models]]
backend = "openvino"
provider = { type = "local", dir = "_models/u8" }
"""


@pytest.fixture(autouse=True)
def model(serving: Serving) -> None:
    serving.add("_models/u8/model.xml", U8)
    serving.add("_models/u8/model.bin", b"")


# The feature, and its two gates


@pytest.mark.parametrize("toml", [None, "", "[features]"], ids=["no-file", "empty", "other-features"])
def test_without_the_feature_a_worker_that_imports_it_is_named_at_the_start(serving: Serving, toml: str | None) -> None:
    serving.add("a.wasm", inferring(name="u8"), toml)
    serving.add("b.wasm", HELLO)
    assert [serving.get(path).status_code for path in ("/b", "/a")] == [200, 500]
    (entry,) = serving.log("worker_unavailable")
    assert entry["file"] == "a.wasm"
    assert entry["reason"] == (
        "it imports wasi-nn, which it is not given: its file a.toml does not switch it on with [features.wasi_nn]"
    )
    assert serving.log("request_failed")[0]["reason"].startswith("a.wasm cannot run: it imports wasi-nn")


def test_what_is_allowed_may_be_loaded(serving: Serving) -> None:
    serving.add("a.wasm", inferring(model=U8), ALLOWED)
    assert serving.get("/a").text == ANSWER


def test_what_is_allowed_gives_no_names(serving: Serving) -> None:
    serving.add("a.wasm", inferring(name="u8"), ALLOWED)
    assert serving.get("/a").text == str(LOAD_BY_NAME + NOT_FOUND)


def test_another_encoding_is_not_loaded(serving: Serving) -> None:
    serving.add("a.wasm", inferring(model=U8), ALLOWED.replace("openvino", "onnx"))
    assert serving.get("/a").text == str(LOAD + INVALID_ENCODING)


def test_a_graph_by_name(serving: Serving) -> None:
    serving.add("a.wasm", inferring(name="u8"), PRELOADED)
    assert serving.get("/a").text == ANSWER


def test_a_graph_by_name_allows_no_other(serving: Serving) -> None:
    serving.add("a.wasm", inferring(model=U8), PRELOADED)
    assert serving.get("/a").text == str(LOAD + INVALID_ENCODING)


def test_both_gates_at_once(serving: Serving) -> None:
    serving.add("named.wasm", inferring(name="u8"), ALLOWED + PRELOADED)
    serving.add("brought.wasm", inferring(model=U8), ALLOWED + PRELOADED)
    assert [serving.get(path).text for path in ("/named", "/brought")] == [ANSWER, ANSWER]


def test_a_name_is_one_workers_own(serving: Serving) -> None:
    serving.add("a.wasm", inferring(name="u8"), PRELOADED)
    serving.add("b.wasm", inferring(name="u8"), ALLOWED)
    assert [serving.get(path).text for path in ("/a", "/b")] == [ANSWER, str(LOAD_BY_NAME + NOT_FOUND)]


def test_why_a_call_failed_is_in_the_log_alone(serving: Serving) -> None:
    serving.add("a.wasm", inferring(name="other"), 'name = "my worker"\n' + PRELOADED)
    response = serving.get("/a")
    assert "registered" not in response.text
    (entry,) = serving.log("call_failed")
    assert (entry["worker"], entry["route"]) == ("my worker", "/a")
    assert entry["request_id"] == response.headers["x-request-id"]
    assert entry["reason"] == "load_by_name: not_found: no graph of that name is registered"


def test_types_as_they_were_numbered_before(serving: Serving) -> None:
    serving.add("a.wasm", inferring(name="u8", element_type=2), PRELOADED + '[features.wasi_nn]\nabi = "2023-06"')
    serving.add("b.wasm", inferring(name="u8", element_type=2), PRELOADED)
    old, current = serving.get("/a").text, serving.get("/b").text
    assert (old, current) == (ANSWER, str(30 + 1))


@pytest.mark.parametrize(("layout", "index"), [("none", 1), ("nhwc", 2)])
def test_tensors_in_another_order(serving: Serving, layout: str, index: int) -> None:
    # Two channels of one row of two: the second element is another channel's first in NHWC.
    serving.add("_models/image/model.xml", small_ir.identity("u8", (1, 2, 1, 2)))
    serving.add("_models/image/model.bin", b"")
    toml = f'[features.wasi_nn]\ncompat_layout = "{layout}"\n' + PRELOADED.replace("/u8", "/image")
    for at in range(4):
        image = inferring(name="image", dimensions=(1, 2, 1, 2), given=bytes([0, VALUE, 0, 0]), at=at)
        serving.add(f"{at}.wasm", image, toml)
    assert [serving.get(f"/{at}").text for at in range(4)] == [ANSWER if at == index else "00" for at in range(4)]


def test_inferences_are_counted(serving: Serving) -> None:
    serving.add("a.wasm", inferring(name="u8"), PRELOADED)
    serving.get("/a")
    assert 'wasi_nn_inference_seconds_count{route="/a"} 1.0' in serving.get("/metrics").text


# Engines


def test_models_of_the_operator_and_of_each_worker_are_apart(serving: Serving) -> None:
    for name in ("a", "b"):
        serving.add(f"{name}-own.wasm", inferring(model=U8), ALLOWED)
        serving.add(f"{name}-named.wasm", inferring(name="u8"), PRELOADED)
    for name in ("a", "b"):
        assert serving.get(f"/{name}-own").text == serving.get(f"/{name}-named").text == ANSWER
    assert len(serving.engines()) == 3


def test_an_engine_that_died_between_requests_is_started_again(serving: Serving) -> None:
    serving.add("own.wasm", inferring(model=U8), ALLOWED)
    serving.add("named.wasm", inferring(name="u8"), PRELOADED)
    paths = ("/own", "/named")
    assert [serving.get(path).text for path in paths] == [ANSWER, ANSWER]
    before = serving.engines()
    for process in before:
        os.kill(process, signal.SIGKILL)
    assert serving.get("/named").text == ANSWER
    assert "wasi_nn_engine_deaths_total 1.0" in serving.get("/metrics").text
    # A worker's own model: the host hears of the death with the next call, and the worker loads its model again.
    serving.get("/own")
    assert serving.get("/own").text == ANSWER
    assert not set(before) & set(serving.engines())


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """What is set when an engine has been given an order."""
    event, send = threading.Event(), Channel.send

    def sent(channel: Channel[Any, Any], data: bytes, *descriptors: int) -> None:
        send(channel, data, *descriptors)
        event.set()

    monkeypatch.setattr(Channel, "send", sent)
    return event


def test_a_request_that_takes_too_long_in_an_engine_costs_no_other_its_answer(
    serving: Serving, ordered: threading.Event
) -> None:
    serving.add("slow.wasm", inferring(name="u8"), PRELOADED + "[limits]\nseconds = 0.3")
    serving.add("other.wasm", inferring(name="u8"), PRELOADED)
    assert serving.get("/slow").text == ANSWER
    (engine,) = serving.engines()
    os.kill(engine, signal.SIGSTOP)  # as an inference that never ends
    ordered.clear()
    with ThreadPoolExecutor(3) as pool:
        slow = pool.submit(serving.get, "/slow")
        assert ordered.wait(PATIENCE)
        others = [pool.submit(serving.get, "/other") for _ in range(2)]
        assert slow.result().status_code == 504
        assert [other.result().text for other in others] == [ANSWER, ANSWER]
    assert serving.get("/slow").text == ANSWER
    assert serving.engines() != [engine]


def test_a_worker_that_has_its_feature_and_does_not_use_it(serving: Serving) -> None:
    serving.add("a.wasm", command(""), ALLOWED)
    assert serving.get("/a").status_code == 500
    assert "its standard output is no answer" in serving.log("request_failed")[0]["reason"]
