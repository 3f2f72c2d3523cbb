"""Faults of the host of miniatures/numpy_host.py: each changes one that was made how it answers a call."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Fault = Callable[[Any], None]

INVALID_ARGUMENT, UNSUPPORTED_OPERATION, TOO_LARGE = 1, 6, 7
SENTINEL = 0xDEADBEEF  # what the probe puts where a call is to write its result


def wrapped(host: Any, call: str, around: Callable[[Mapping[str, Any], Callable[..., Any]], Any]) -> None:
    answer = getattr(host, call)
    setattr(host, call, lambda request: around(request, answer))


def refused(host: Any, errno: int) -> Exception:
    error: Exception = type(host).refused(errno)
    return error


def forgets_inputs(host: Any) -> None:
    def set_input(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        host.objects[host.kept.get(request["context"], 0)].inputs.clear()
        return answer(request)

    wrapped(host, "set_input", set_input)


def without_models(lacks: Callable[[Any], bool]) -> Fault:
    """Refuse the models of which this is so."""

    def fault(host: Any) -> None:
        def load(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
            reply = answer(request)
            if lacks(host.objects[reply["value"]]):
                raise refused(host, UNSUPPORTED_OPERATION)
            return reply

        wrapped(host, "load", load)

    return fault


only_f32 = without_models(lambda model: any(str(p.type.element) != "f32" for p in (*model.inputs, *model.outputs)))
without_relu = without_models(lambda model: any(type(part).__name__ == "Relu" for part in model.types()))
without_models_that_pass_on = without_models(
    lambda model: any(type(expression).__name__ == "Input" for _, expression in model.expressions)
)


def finds_unknown_inputs_late(host: Any) -> None:
    """Keep a tensor for an input that is not there, and refuse it in compute."""
    kept: list[int] = []

    def set_input(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        if request["index"] == 0:
            return answer(request)
        kept.append(1)
        return {}

    def compute(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        if kept:
            raise refused(host, INVALID_ARGUMENT)
        return answer(request)

    wrapped(host, "set_input", set_input)
    wrapped(host, "compute", compute)


def knows_short_names(host: Any) -> None:
    """Have graphs of these names alone, whatever others were registered."""
    models = {"classifier": "scale-f32", "other": "rescale-f32"}

    def load_by_name(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        model = models.get(request["name"]) if isinstance(request["name"], str) else None
        return host.keep(host.models[model]) if model else answer(request)

    wrapped(host, "load_by_name", load_by_name)


def limited(call: str, number: int) -> Fault:
    def limit(host: Any) -> None:
        calls: list[int] = []

        def again(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
            calls.append(1)
            if len(calls) > number:
                raise refused(host, TOO_LARGE)
            return answer(request)

        wrapped(host, call, again)

    return limit


def small_tensors(host: Any) -> None:
    """Take no tensor of more than 8 KiB, as a host may."""

    def set_input(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        if len(base64.b64decode(request["tensor"]["data"])) > 8192:
            raise refused(host, TOO_LARGE)
        return answer(request)

    wrapped(host, "set_input", set_input)


def small_models(host: Any) -> None:
    """Take no model of more than 100 KB, as a host may."""

    def load(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        if sum(map(len, request["builders"])) > 100_000:
            raise refused(host, TOO_LARGE)
        return answer(request)

    wrapped(host, "load", load)


def memory_as_it_was(host: Any) -> None:
    """Refuse a context once the guest's memory has grown, as a host does that keeps its address."""
    grown: list[int] = []

    def grow(request: Mapping[str, Any]) -> dict[str, Any]:
        grown.append(request["pages"])
        return {"previous": 600}

    def init(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        if grown:
            raise refused(host, INVALID_ARGUMENT)
        return answer(request)

    host.grow = grow
    wrapped(host, "init_execution_context", init)


def refusing(call: str) -> Fault:
    return limited(call, 0)


def unknown_output_drops_all(host: Any) -> None:
    def get_output(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        try:
            return answer(request)
        except type(host).refused:
            host.objects[host.kept[request["context"]]].outputs = None
            raise

    wrapped(host, "get_output", get_output)


def handles_from_2_to_31_down(host: Any) -> None:
    """Give other numbers for handles, which is no fault."""
    keep, find = host.keep, host.object
    first = 1 << 31
    host.keep = lambda kept: {**(reply := keep(kept)), "value": first - reply["value"]}
    host.object = lambda handle, kind: find(first - host.kept.get(handle, handle), kind)


def doubling(is_wrong: Callable[[Any], bool]) -> Fault:
    """Give twice of what the models compute of which this is so."""

    def fault(host: Any) -> None:
        def get_output(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
            reply = answer(request)
            if not is_wrong(host.objects[host.kept.get(request["context"], 0)].model):
                return reply
            wrong = np.frombuffer(base64.b64decode(reply["data"]), "<f4") * np.float32(2)
            return reply | {"data": base64.b64encode(wrong.tobytes()).decode()}

        wrapped(host, "get_output", get_output)

    return fault


doubled = doubling(lambda _model: True)
doubled_with_weights = doubling(lambda model: any(type(part).__name__ == "Constant" for part in model.types()))


def knows_words_of_objects(host: Any) -> None:
    def load_by_name(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        return host.keep(host.models["scale-f32"]) if request["name"] == "constructor" else answer(request)

    wrapped(host, "load_by_name", load_by_name)


def size_kept(host: Any) -> None:
    wrapped(host, "get_output", lambda request, answer: answer(request) | {"value": SENTINEL})


def size_in_elements(host: Any) -> None:
    def get_output(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        reply = answer(request)
        return reply | {"value": reply["value"] // 4}

    wrapped(host, "get_output", get_output)


def first_output_for_all(host: Any) -> None:
    wrapped(host, "get_output", lambda request, answer: answer({**request, "index": 0}))


def computes_once(host: Any) -> None:
    def compute(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        context = host.objects[host.kept.get(request["context"], 0)]
        return {} if getattr(context, "outputs", None) is not None else answer(request)

    wrapped(host, "compute", compute)


def keeps_first_inputs(host: Any) -> None:
    def set_input(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        inputs = host.objects[host.kept.get(request["context"], 0)].inputs
        before = dict(inputs)
        reply = answer(request)
        inputs.update(before)
        return reply

    wrapped(host, "set_input", set_input)


def ignores_unknown_inputs(host: Any) -> None:
    def set_input(request: Mapping[str, Any], answer: Callable[..., Any]) -> Any:
        return {} if request["index"] > 1 else answer(request)

    wrapped(host, "set_input", set_input)


def unknown_errno(host: Any) -> None:
    wrapped(host, "load_by_name", lambda _request, _answer: {"errno": 77})
