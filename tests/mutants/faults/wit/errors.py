"""Faults in errors: their codes, their text, and how a call fails."""

from __future__ import annotations

from mutant import WIT_06_25, WIT_08_19, WIT_10_28, module, mutant, put, replace, swap


@mutant("wit/error-code-off-by-one", "the code of an error is the one behind it in the enum", WIT_06_25)
def _() -> None:
    codes = module("abi.wit.world").ERROR_CODE.values
    given = list(codes.values())
    for index, name in enumerate(list(codes)[:-1]):
        put(codes, name, given[index - 1])


@mutant("wit/not-found-is-unknown", "a missing name is `unknown`", WIT_10_28)
def _() -> None:
    swap(module("abi.wit.world").ERROR_CODE.values, "not-found", "unknown")


@mutant("wit/one-error", "all errors have the text of the newest", WIT_08_19)
def _() -> None:
    operations = module("abi.wit.operations")
    newest = []
    made = operations.ErrorValue.__init__

    def remember(self: object, code: object, data: str, size: int = 0) -> None:
        made(self, code, data, size)
        newest[:] = [data]

    replace(operations.ErrorValue, "__init__", remember)
    replace(operations.Operations, "error_data", lambda _self, _error: newest[0])
