"""The parser of a subcommand's options, which tells what an unknown word was meant to be."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

USAGE = 2


class Parser(argparse.ArgumentParser):
    """A parser that takes options by their whole names. `usage_status` ends the program for a wrong command line."""

    def __init__(self, *, usage_status: int = USAGE, **attributes: Any) -> None:
        super().__init__(allow_abbrev=False, **attributes)
        self.usage_status = usage_status

    def parse_args(  # type: ignore[override] # the namespace is always argparse's own here
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Parse the arguments. What nobody knows ends the program."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            word = unknown[0].partition("=")[0]
            if word.startswith("-"):
                self.error(f"there is no option {word}{_near(word, self._option_string_actions)}")
            self.error(f"one argument too many: {word}")
        return options

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            near = _near(str(value), map(str, action.choices or ()))
            raise argparse.ArgumentError(action, f"{error.message}{near}") from None

    def error(self, message: str) -> NoReturn:
        """End the program."""
        self.print_usage(sys.stderr)
        self.exit(self.usage_status, f"{self.prog}: {message}\n")


def _near(word: str, known: Iterable[str]) -> str:
    from wasi_nn_conformance.formats.suggestion import did_you_mean  # noqa: PLC0415 - only an error needs it

    return did_you_mean(word, known)
