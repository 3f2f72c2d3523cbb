"""The errors of wasi-nn: one exception class, its codes by name."""

from __future__ import annotations

import re
from enum import Enum


class ErrorCode(Enum):
    """Every code of either ABI: `nn_errno` of wasi-nn.witx and `error-code` of wasi-nn.wit.

    The numbers differ between the two, so each ABI translates by name. Codes that only one ABI
    has are translated by the other: see `wasi_nn_reference.abi.witx`.
    """

    INVALID_ARGUMENT = "invalid_argument"
    INVALID_ENCODING = "invalid_encoding"
    MISSING_MEMORY = "missing_memory"  # witx only
    BUSY = "busy"  # witx only
    TIMEOUT = "timeout"  # WIT only
    RUNTIME_ERROR = "runtime_error"
    UNSUPPORTED_OPERATION = "unsupported_operation"
    TOO_LARGE = "too_large"
    NOT_FOUND = "not_found"
    SECURITY = "security"  # WIT only
    UNKNOWN = "unknown"  # WIT only


# Anything with a slash or backslash inside may be a path of this machine.
_PATH = re.compile(r"[^\s'\"(<]*[/\\][^\s'\")>]*")


class WasiNnError(Exception):
    """A failed wasi-nn call.

    `message` may reach the guest (`error.data()` in WIT), so whatever looks like a path of the
    host is taken out of it here, in the one place that every message passes.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        self.code = code
        self.message = without_paths(message)
        super().__init__(f"{code.value}: {self.message}")

    def __reduce__(self) -> tuple[type[WasiNnError], tuple[ErrorCode, str]]:
        # Exceptions are pickled by their `args`, which are the text here and not the two parts.
        return WasiNnError, (self.code, self.message)


class UserError(Exception):
    """Something the user of the program line can mend: shown as one line, never as a traceback."""


def without_paths(text: str) -> str:
    """Return `text` on one line, with everything that may be a host path replaced by `(path)`."""
    return " ".join(_PATH.sub("(path)", text).split())


def invalid_argument(message: str) -> WasiNnError:
    """Return the error for a handle, index, pointer, length, shape or value that is wrong."""
    return WasiNnError(ErrorCode.INVALID_ARGUMENT, message)


def too_large(message: str) -> WasiNnError:
    """Return the error for a buffer that is too small or a limit that is passed."""
    return WasiNnError(ErrorCode.TOO_LARGE, message)


def unsupported(message: str) -> WasiNnError:
    """Return the error for a target, operator or tensor type that is not available here."""
    return WasiNnError(ErrorCode.UNSUPPORTED_OPERATION, message)


def invalid_encoding(message: str) -> WasiNnError:
    """Return the error for an encoding that is not served, or bytes that are not in it."""
    return WasiNnError(ErrorCode.INVALID_ENCODING, message)
