"""Faults in errnos: their numbers, and when one is returned."""

from __future__ import annotations

from clauses import REFUSALS
from mutant import WITX, module, mutant, put, swap

from faults.witx import fault

_CALL = "abi.witx.calls:WitxCalls.function"


def _errno(name: str, number: int) -> None:
    put(module("abi.witx.values").ERRNO, getattr(module("errors").ErrorCode, name), number)


@mutant(
    "witx/errno-swapped",
    "too_large and not_found have each other's number",
    WITX,
    clauses=("output.too-small-buffer", "output.scalar", "load-by-name.unknown", "load-by-name.is-no-path"),
)
def _() -> None:
    errors = module("errors").ErrorCode
    swap(module("abi.witx.values").ERRNO, errors.TOO_LARGE, errors.NOT_FOUND)


@mutant("witx/errno-77", "a bad argument is errno 77, which does not exist", WITX, clauses=("failure.known-code",))
def _() -> None:
    _errno("INVALID_ARGUMENT", 77)


@mutant("witx/errno-negative", "a missing name is errno -1", WITX, clauses=("failure.known-code",))
def _() -> None:
    _errno("NOT_FOUND", -1)


@mutant(
    "witx/not-found-is-success",
    "an unknown name is errno 0, with no handle",
    WITX,
    clauses=("load-by-name.unknown", "load-by-name.is-no-path"),
)
def _() -> None:
    _errno("NOT_FOUND", 0)


@mutant(
    "witx/encoding-errno-renumbered",
    "invalid_encoding is the number of missing_memory",
    WITX,
    clauses=("load.corrupt-model", "load.encoding-is-a-promise", "load.encoding-not-available"),
)
def _() -> None:
    _errno("INVALID_ENCODING", 3)


@mutant(
    "witx/unsupported-is-runtime-error",
    "an unknown operator is a runtime_error",
    WITX,
    clauses=("load.unknown-operator", "load.target-not-available"),
)
def _() -> None:
    _errno("UNSUPPORTED_OPERATION", 5)


fault(
    "traps-instead-of-errno",
    "a call that fails traps",
    _CALL,
    "return ERRNO[error.code]",
    "raise wasmtime.WasmtimeError('failed')",
    clauses=REFUSALS,
)
fault(
    "failure-is-success",
    "compute says success when it failed",
    _CALL,
    "return ERRNO[error.code]",
    "return 0 if name == 'compute' else ERRNO[error.code]",
    clauses=("compute.missing-input", "compute.incompatible-inputs", "input.unused", "handle.unknown-context"),
)
fault(
    "set-input-without-context",
    "set_input ignores a context that nobody made",
    _CALL,
    "return ERRNO[error.code]",
    "return 0 if name == 'set_input' and 'handle' in error.message else ERRNO[error.code]",
    clauses=("handle.unknown-context",),
)
