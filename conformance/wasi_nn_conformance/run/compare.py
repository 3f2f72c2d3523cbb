"""What is wrong with one reply: the only place that holds replies against what they must hold."""

from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from wasi_nn_conformance.dialects.resource import TENSOR_TYPES
from wasi_nn_conformance.dialects.witx import ERRNO, SENTINEL
from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.results.violation import Violation
from wasi_nn_conformance.session import wit_calls, witx_calls
from wasi_nn_conformance.session.expected_reply import (
    ExpectedAnswer,
    ExpectedContent,
    ExpectedOutputs,
    ExpectedTensor,
)
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.session.wire import Answer
from wasi_nn_conformance.vectors.own_clause import RETURN_POINTER, clause_of_kind, own_clause

from .disclosure import disclosed

_BYTES_SHOWN = 64
_NO_PATH = clause_of_kind("path", "") or ""
_FORM = own_clause("output", "type") or ""


def compare(
    expected: ExpectedAnswer, outcome: Outcome, folders: Mapping[str, str], told: Callable[[], bytes] = bytes
) -> list[Violation]:
    """Return what is wrong with an answer, whatever the clause accepts.

    `folders` are those of the host's machine that the guest was not told, by what they are; `told` gives what it was.
    """
    reply = outcome.reply
    if outcome.kind is Kind.ERROR and outcome.code is None:
        errno = reply.errno if isinstance(reply, witx_calls.Returned) else None
        return [Violation("errno", got=str(errno), wanted=f"0 to {len(ERRNO) - 1}")]
    return [
        *_memory(expected, reply),
        *(_returned(expected, reply) if outcome.kind is Kind.OK else _left(expected, reply)),
        *(_content(expected.content, reply) if expected.content else ()),
        *(_paths(reply, folders, told) if expected.hides else ()),
        *(_outputs(expected.outputs, reply) if expected.outputs else ()),
    ]


def _memory(expected: ExpectedAnswer, reply: Answer) -> Iterator[Violation]:
    guards = reply.guards if isinstance(reply, witx_calls.Stored | witx_calls.RawReturned) else "untouched"
    if expected.guards and guards != "untouched":
        yield Violation("guards")
    if isinstance(reply, witx_calls.RawReturned):
        if changed := sorted(set(reply.changed) - (expected.changes or frozenset())):
            yield Violation("changed", subject=", ".join(changed))
        for name, state in expected.slots.items():
            if state == "written" and reply.errno:
                continue  # a call that fails owes nothing there: that it fails is what is wrong
            value = reply.slots[name]
            if (value == SENTINEL) != (state == "untouched"):
                yield Violation("slot", subject=name, got=f"0x{value:08x}", wanted=state)
    if isinstance(reply, witx_calls.Held) and expected.memory is not None and reply.data != expected.memory:
        yield Violation("memory", got=reply.data.hex(), wanted=expected.memory.hex())


def _left(expected: ExpectedAnswer, reply: Answer) -> Iterator[Violation]:
    """Check what a failing call must leave as it was."""
    if isinstance(reply, witx_calls.Stored) and expected.pointer == "untouched" and reply.value != SENTINEL:
        yield Violation("written", subject=RETURN_POINTER, got=str(reply.value))
    if isinstance(reply, witx_calls.Output) and expected.buffer_untouched and reply.buffer != "untouched":
        yield Violation("written", subject="the output buffer")


def _returned(expected: ExpectedAnswer, reply: Answer) -> Iterator[Violation]:
    """Check what a call has written on success; of what follows from each other, the first."""
    if isinstance(reply, witx_calls.Stored):
        if expected.pointer == "written" and reply.value == SENTINEL:
            yield Violation("unwritten", subject=expected.returns)
            return
        if isinstance(reply, witx_calls.Output) and expected.tail_untouched and reply.tail != "untouched":
            yield Violation("tail")
            return
        if expected.handle is not None and reply.value in expected.handle.before:
            clause, number = expected.handle.clause, f"0x{reply.value:08x}"
            yield Violation("handle", subject=expected.handle.kind, got=number, clause=clause)
            return
        if expected.size is not None and reply.value != expected.size:
            yield Violation("size", subject=expected.subject, got=str(reply.value), wanted=str(expected.size))
            return
    if expected.tensor is not None:
        yield from _tensor(expected.subject, expected.tensor, reply)


def _tensor(name: str, expected: ExpectedTensor, reply: Answer) -> Iterator[Violation]:
    """Check type and dimensions where the reply has them, then the values: of a tensor, the first that is wrong."""
    element, wanted_type = expected.type, TENSOR_TYPES[expected.type]
    if isinstance(reply, wit_calls.TensorAnswer):
        # Of the right data it is no other output that was taken for this one. A scalar's form has a clause of its own.
        clause = _FORM if reply.data == expected.data and all(expected.shapes) else ""
        if reply.type != wanted_type:
            yield Violation("type", subject=name, type=str(element), got=reply.type, wanted=wanted_type, clause=clause)
            return
        if tuple(reply.dims) not in expected.shapes:
            wanted = " or ".join(str(list(shape)) for shape in expected.shapes)
            got = str(reply.dims)
            yield Violation("dimensions", subject=name, type=str(element), got=got, wanted=wanted, clause=clause)
            return
    assert isinstance(reply, wit_calls.TensorAnswer | witx_calls.Output)  # what answers a call for a tensor
    data, size = reply.data or b"", len(expected.data)
    if len(data) != size:
        yield Violation("length", subject=name, type=str(element), got=str(len(data)), wanted=str(size))
        return
    if data != expected.data:
        yield from _values(name, expected, data)


def _values(name: str, expected: ExpectedTensor, data: bytes) -> Iterator[Violation]:
    """Compare elements. Unless bits count, any NaN equals any other: arithmetic does not say which one it gives."""
    element, shape = expected.type, max(expected.shapes, key=len)
    got, wanted = (np.frombuffer(octets, element.dtype).reshape(shape) for octets in (data, expected.data))
    bits = f"<u{element.size}"
    differs = got.view(bits) != wanted.view(bits)
    if not expected.exact_bits and element.is_float and element.has_arithmetic:
        differs &= ~(np.isnan(got) & np.isnan(wanted))
    if not differs.any():
        return
    first = tuple(int(index) for index in np.argwhere(differs)[0])
    yield Violation(
        "value",
        subject=name,
        type=str(element),
        got=_number(got[first], element),
        wanted=_number(wanted[first], element),
        element=str(list(first)),
        differing=f"{int(differs.sum())} of {prod(shape)}",
    )


def _number(value: Any, element: ElementType) -> str:
    text = str(value)
    if element.is_float and (text == "nan" or text.startswith(("-0", "0.0")) or not element.has_arithmetic):
        return f"{text} (bits 0x{int.from_bytes(value.tobytes(), 'little'):0{element.size * 2}x})"
    return text


def _outputs(expected: ExpectedOutputs, reply: Answer) -> Iterator[Violation]:
    assert isinstance(reply, wit_calls.Computed)  # what answers `compute` of a tag that gives outputs with it
    names = [output.name for output in reply.outputs]
    wanted = [output.names[0] for output in expected.outputs]
    order = expected.order(names)
    if order is None:
        yield Violation("count", subject=", ".join(names), got=str(len(names)), wanted=str(len(wanted)))
        return
    if expected.own_names and not expected.has_own_names(names):
        yield Violation("names", got=", ".join(names), wanted=", ".join(wanted))
    for output, number in zip(expected.outputs, order, strict=True):
        if output.tensor is not None:
            yield from _tensor(output.names[0], output.tensor, reply.outputs[number])


def _content(expected: ExpectedContent, reply: Answer) -> Iterator[Violation]:
    got = getattr(reply, expected.key)
    if expected.key == "code":
        got = got.replace("-", "_")
    if got != expected.value:
        yield Violation("getter", subject=expected.key, got=_shown(got), wanted=_shown(expected.value))


def _shown(value: Any) -> str:
    if not isinstance(value, bytes):
        return repr(value)
    return value.hex() if len(value) <= _BYTES_SHOWN else f"{value[:_BYTES_SHOWN].hex()}... ({len(value)} bytes)"


def _paths(reply: Answer, folders: Mapping[str, str], told: Callable[[], bytes]) -> Iterator[Violation]:
    text = reply.data if isinstance(reply, wit_calls.ErrorText | wit_calls.Failure) else ""
    if text:
        yield from (Violation("path", subject=what, clause=_NO_PATH) for what in disclosed(text, folders, told))
