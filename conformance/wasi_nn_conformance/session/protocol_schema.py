"""The JSON Schema of the probes' protocol, made from the classes that the suite itself speaks it with.

`python -m wasi_nn_conformance.session.protocol_schema` writes it anew.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from wasi_nn_conformance.paths import SCHEMAS

from . import wit_calls, witx_calls
from .wire import PROTOCOL, Call, Refusal

PATH = SCHEMAS / "probe-protocol.schema.json"

_COLUMNS = 120

_NAME = {"type": "string", "minLength": 1, "maxLength": 256}
_SUMMAND = {"type": "integer", "minimum": -(2**31), "maximum": 2**32 - 1}
_FORMS: Mapping[str, Any] = {
    "INT": {
        "description": "an i32: a number, or what only the probe knows",
        "anyOf": [
            _SUMMAND,
            {"$ref": "#/$defs/END"},
            {"$ref": "#/$defs/BUFFER"},
            {"$ref": "#/$defs/LENGTH"},
        ],
    },
    "HANDLE": {"description": "the name of a kept handle, or an INT", "anyOf": [_NAME, {"$ref": "#/$defs/INT"}]},
    "OPERAND": {
        "description": "an argument of `raw`: a HANDLE, or the address of a return slot",
        "anyOf": [{"$ref": "#/$defs/HANDLE"}, {"$ref": "#/$defs/SLOT"}],
    },
    "RESOURCE": {
        "description": "the name of a kept resource, a number, or the number of what is kept under a name",
        "anyOf": [_NAME, {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}, {"$ref": "#/$defs/NUMBER"}],
    },
}


_NUMBER = {
    "type": "integer",
    "minimum": 0,
    "exclusiveMaximum": 10**18,
    "description": "the number of the request, before all other keys; its reply has the same",
}


def protocol_schema() -> dict[str, Any]:
    """Return the schema of one exchange: the ABI of the probe, the request, and the reply if there is one."""
    definitions = dict(_FORMS)
    definitions["END"] = _record({"end": _SUMMAND}, ["end"])
    definitions["BUFFER"] = _record({"buffer": _NAME, "offset": _SUMMAND}, ["buffer"])
    for word in ("length", "slot", "number"):
        definitions[word.upper()] = _record({word: _NAME}, [word])
    rules: list[Any] = []
    for family, abi, calls in (("witx", "^witx$", witx_calls.CALLS), ("wit", "^wit-", wit_calls.CALLS)):
        definitions |= _classes(family, calls)
        rules += _rules(family, abi, calls)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"An exchange with a probe, in protocol {PROTOCOL}; `$defs` has each request and each reply",
        "description": "Keys that are null, which count as absent, are left out. Replies may have more keys.",
        "type": "object",
        "properties": {
            "abi": {"type": "string", "pattern": "^(witx|wit-.+)$", "description": "as the reply to `hello` gives it"},
            "request": {"type": "object", "required": ["call"]},
            "reply": {
                "type": "object",
                "properties": {"id": _NUMBER},
                "description": "what follows `@@`; absent if none came",
            },
        },
        "required": ["abi", "request"],
        "additionalProperties": False,
        "allOf": rules,
        "$defs": definitions,
    }


def _record(properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _classes(family: str, calls: Sequence[type[Call]]) -> Iterator[tuple[str, Any]]:
    """Return what the schema says of each class, as `witx.Load`."""
    answers = [answer for call in calls for answer in _answers(call)]
    _, classes = msgspec.json.schema_components([*calls, *answers, Refusal], ref_template=f"#/$defs/{family}.{{name}}")
    for call in calls:
        classes[call.__name__]["properties"] = {"id": _NUMBER} | classes[call.__name__]["properties"]
        if call.either:
            classes[call.__name__]["oneOf"] = [{"required": list(keys)} for keys in call.either]
    return ((f"{family}.{name}", _plain(form)) for name, form in classes.items())


def _plain(form: Any) -> Any:
    """Leave out what repeats a reference in Python's words, and what JSON Schema does not know."""
    if isinstance(form, list):
        return [_plain(part) for part in form]
    if not isinstance(form, dict):
        return form
    unwanted = {"discriminator"} | ({"anyOf"} if "$ref" in form else set())
    return {key: _plain(part) for key, part in form.items() if key not in unwanted}


def _rules(family: str, abi: str, calls: Sequence[type[Call]]) -> Iterator[Any]:
    """Return what holds for each call, and that there are no others."""
    asked = {"properties": {"abi": {"pattern": abi}}}
    names = [_call_name(call) for call in calls]
    yield {"if": asked, "then": {"properties": {"request": {"properties": {"call": {"enum": sorted(set(names))}}}}}}
    for name, variants in groupby(calls, _call_name):
        exchanges = [_exchange(family, call) for call in variants]
        named = {"properties": {**asked["properties"], "request": {"properties": {"call": {"const": name}}}}}
        yield {"if": named, "then": exchanges[0] if len(exchanges) == 1 else {"anyOf": exchanges}}


def _call_name(call: type[Call]) -> str:
    return str(call.__struct_config__.tag)


def _exchange(family: str, call: type[Call]) -> dict[str, Any]:
    template = f"#/$defs/{family}.{{name}}"
    replies = [{"$ref": template.format(name=Refusal.__name__)}]
    for answers in reversed(_answers(call)):
        [answer], _ = msgspec.json.schema_components([answers], ref_template=template)
        replies = [*answer.get("anyOf", [answer]), *replies]
    return {"properties": {"request": {"$ref": template.format(name=call.__name__)}, "reply": {"anyOf": replies}}}


def _answers(call: type[Call]) -> list[Any]:
    """Return the types of the replies to a call; two of one tag are in no union."""
    if issubclass(call, wit_calls.Fallible):
        return [call.gives | wit_calls.Failure, wit_calls.UnreadFailure]
    return [] if call.answers is None else [call.answers]


def text() -> str:
    """Return the file: what fits on a line stands on one."""
    return _laid_out(protocol_schema(), "", 0) + "\n"


def _laid_out(value: Any, indent: str, before: int) -> str:
    line = json.dumps(value)
    if not isinstance(value, dict | list) or len(indent) + before + len(line) < _COLUMNS:
        return line
    inner = indent + "  "
    keys = [f"{json.dumps(key)}: " for key in value] if isinstance(value, dict) else [""] * len(value)
    parts = value.values() if isinstance(value, dict) else value
    lines = [inner + key + _laid_out(part, inner, len(key)) for key, part in zip(keys, parts, strict=True)]
    left, right = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([left, ",\n".join(lines), indent + right])


if __name__ == "__main__":
    PATH.write_text(text(), "utf-8")
