"""What a reply must hold, in the plain form of an export; docs/export.md names each key."""

from typing import Any

from wasi_nn_conformance.dialects.resource import TENSOR_TYPES
from wasi_nn_conformance.dialects.witx import SENTINEL
from wasi_nn_conformance.session.expected_reply import ExpectedAnswer, ExpectedContent, ExpectedTensor
from wasi_nn_conformance.session.said import LineReply
from wasi_nn_conformance.session.wire import encode


def reply_form(expected: ExpectedAnswer) -> dict[str, Any]:
    """Return an expected answer as plain data."""
    form: dict[str, Any] = {}
    if expected.changes is not None:
        form["changed_only"] = sorted(expected.changes)
    if expected.slots:
        form["slots"] = dict(expected.slots)
    if equal := _equal(expected):
        form["equal"] = equal
    if expected.pointer == "written":
        form["differ"] = {"value": SENTINEL}
    form |= _compared_with_lines(expected)
    if expected.tensor is not None:
        form["tensor"] = _tensor(expected.tensor)
    if expected.outputs is not None:
        form["outputs"] = [
            {"names": list(output.names)} | ({"tensor": _tensor(output.tensor)} if output.tensor else {})
            for output in expected.outputs.outputs
        ]
        form["own_names"] = expected.outputs.own_names
    if expected.hides:
        form["hides"] = "host-paths"
    if expected.undecided:
        form["undecided"] = expected.undecided
    return form


def _compared_with_lines(expected: ExpectedAnswer) -> dict[str, Any]:
    """Return what must be as in the replies to other lines, and what must not."""
    form: dict[str, Any] = {}
    if expected.handle is not None:
        form["unlike"] = [line.number for line in expected.handle.before if isinstance(line, LineReply)]
    if expected.content is not None and expected.content.of_line is not None:
        form["same_as"] = {expected.content.key: expected.content.of_line}
    return form


def _equal(expected: ExpectedAnswer) -> dict[str, Any]:
    """Return the keys of the reply that have one value."""
    wanted: dict[str, Any] = {"guards": "untouched"} if expected.guards else {}
    if expected.pointer == "untouched":
        wanted["value"] = SENTINEL
    if expected.buffer_untouched:
        wanted["buffer"] = "untouched"
    if expected.tail_untouched:
        wanted["tail"] = "untouched"
    if expected.size is not None:
        wanted["value"] = expected.size
    if expected.memory is not None:
        wanted["data"] = encode(expected.memory)
    if expected.content is not None and expected.content.of_line is None:
        wanted[expected.content.key] = _value(expected.content)
    return wanted


def _value(content: ExpectedContent) -> Any:
    if isinstance(content.value, bytes):
        return encode(content.value)
    return str(content.value).replace("_", "-") if content.key == "code" else content.value


def _tensor(tensor: ExpectedTensor) -> dict[str, Any]:
    return {
        "type": TENSOR_TYPES[tensor.type],
        "dims": [list(shape) for shape in tensor.shapes],
        "data": encode(tensor.data),
        "nan": "exact" if tensor.exact_bits else "any",
    }
