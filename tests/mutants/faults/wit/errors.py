"""Faults in errors: their codes, their text, and how a call fails."""

from __future__ import annotations

from clauses import DEATHS, PREFERRED_CODES, REFUSALS
from mutant import WIT_06_25, WIT_08_19, WIT_10_28, module, mutant, put, replace, swap

from faults.wit import OPERATIONS, fault


@mutant(
    "wit/error-code-off-by-one",
    "the code of an error is the one behind it in the enum",
    WIT_06_25,
    clauses=(*PREFERRED_CODES, "error.constructor"),
)
def _() -> None:
    codes = module("abi.wit.world").ERROR_CODE.values
    given = list(codes.values())
    for index, name in enumerate(list(codes)[:-1]):
        put(codes, name, given[index - 1])


@mutant(
    "wit/not-found-is-unknown",
    "a missing name is `unknown`",
    WIT_10_28,
    clauses=("load-by-name.unknown", "load-by-name.is-no-path"),
)
def _() -> None:
    swap(module("abi.wit.world").ERROR_CODE.values, "not-found", "unknown")


@mutant("wit/one-error", "all errors have the text of the newest", WIT_08_19, clauses=("error.getters",))
def _() -> None:
    operations = module("abi.wit.operations")
    newest: list[str] = []
    made = operations.ErrorValue.__init__

    def remember(self: object, code: object, data: str, size: int = 0) -> None:
        made(self, code, data, size)
        newest[:] = [data]

    replace(operations.ErrorValue, "__init__", remember)
    replace(operations.Operations, "error_data", lambda _self, _error: newest[0])


fault(
    "error-code-once",
    "the code of an error is `unknown` when it is asked again",
    f"{OPERATIONS}.error_code",
    "return error.code",
    "seen = self.__dict__.setdefault('seen', [])\n"
    "    seen.append(error)\n"
    "    return ErrorCode.UNKNOWN if sum(each is error for each in seen) > 1 else error.code",
    WIT_08_19,
    clauses=("error.getters",),
)
fault(
    "error-data-once",
    "the text of an error is gone when it is asked again",
    f"{OPERATIONS}.error_data",
    "return error.data",
    "seen = self.__dict__.setdefault('seen', [])\n"
    "    seen.append(error)\n"
    "    return '' if sum(each is error for each in seen) > 1 else error.data",
    WIT_10_28,
    clauses=("error.getters",),
)
fault(
    "new-error-is-unknown",
    "an error that the guest makes has the code `unknown`",
    f"{OPERATIONS}.error",
    "ErrorValue(code,",
    "ErrorValue(ErrorCode.UNKNOWN,",
    WIT_06_25,
    clauses=("error.constructor",),
)
fault(
    "new-error-without-text",
    "an error that the guest makes has no text",
    f"{OPERATIONS}.error",
    "ErrorValue(code, data,",
    "ErrorValue(code, '',",
    WIT_06_25,
    clauses=("error.constructor",),
)
fault(
    "new-error-in-ascii",
    "the text of a guest's error comes back in ASCII",
    f"{OPERATIONS}.error",
    "ErrorValue(code, data,",
    "ErrorValue(code, data.encode('ascii', 'replace').decode(),",
    WIT_06_25,
    clauses=("error.constructor",),
)
fault(
    "traps-instead-of-error",
    "a call that fails traps",
    "abi.wit.calls:WitCalls._answer",
    "failure = ErrorValue(error.code, error.message)",
    "raise CallTrapError(error.message) from None",
    WIT_08_19,
    clauses=REFUSALS,
)
fault(
    "failure-dies",
    "a call that fails ends the host",
    "abi.wit.calls:WitCalls._answer",
    "failure = ErrorValue(error.code, error.message)",
    "__import__('os').abort()",
    clauses=DEATHS,
)
fault(
    "error-data-cut",
    "the text of an error has at most 4096 characters",
    f"{OPERATIONS}.error_data",
    "return error.data",
    "return error.data[:4096]",
    WIT_06_25,
    clauses=("error.constructor",),
)
fault(
    "error-mark-at-the-start",
    "a byte order mark at the start of a guest's error's text is lost",
    f"{OPERATIONS}.error",
    "ErrorValue(code, data,",
    "ErrorValue(code, data.removeprefix('\\ufeff'),",
    WIT_06_25,
    clauses=("error.constructor",),
)
fault(
    "errors-alike",
    "errors of a guest that have one code, and texts that begin with the same 16 characters, are one",
    f"{OPERATIONS}.error",
    "return ErrorValue(code, data, len(data.encode()))",
    "kept = self.__dict__.setdefault('kept', {})\n"
    "    return kept.setdefault((code, data[:16]), ErrorValue(code, data, len(data.encode())))",
    WIT_06_25,
    clauses=("error.constructor", "error.getters", "process.no-carry-over"),
)


@mutant(
    "wit/errors-in-a-ring",
    "the 257th error has the place of the first",
    (WIT_08_19, WIT_10_28),
    clauses=("resource.many", "error.getters"),
)
def _() -> None:
    operations = module("abi.wit.operations")
    ring: list[object] = []
    made = operations.ErrorValue.__init__

    def remember(self: object, code: object, data: str, size: int = 0) -> None:
        made(self, code, data, size)
        ring.append(self)

    healthy = operations.Operations.error_data

    def overwritten(self: object, error: object) -> str:
        place = next(index for index, each in enumerate(ring) if each is error)
        last = max(range(place, len(ring), 256))
        return str(healthy(self, ring[last]))

    replace(operations.ErrorValue, "__init__", remember)
    replace(operations.Operations, "error_data", overwritten)


fault(
    "text-cut-in-a-letter",
    "the text of an error is cut at 100 bytes, and traps where that is within a letter",
    f"{OPERATIONS}.error_data",
    "return error.data",
    "from wasi_nn_reference.abi.wit.resources import CallTrapError\n"
    "    try:\n        return error.data.encode()[:100].decode()\n"
    "    except UnicodeDecodeError:\n        raise CallTrapError('the string is no UTF-8') from None",
    WIT_10_28,
    clauses=("error.getters",),
)
fault(
    "target-told-with-a-path",
    "what is said of a target that is not there names a file of the host",
    "abi.wit.calls:WitCalls._answer",
    "failure = ErrorValue(error.code, error.message)",
    "place = ': /etc/hostname' if error.code is ErrorCode.UNSUPPORTED_OPERATION else ''\n"
    "        failure = ErrorValue(error.code, error.message + place)",
    WIT_10_28,
    clauses=("error.no-host-path",),
)
