"""How a subcommand ends that cannot do what it is asked: with one line, and an exit status that says so."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from wasi_nn_reference.console import note
from wasi_nn_reference.errors import UserError, WasiNnError

if TYPE_CHECKING:
    from collections.abc import Callable

FAILED = 1


def told(main: Callable[[list[str]], int]) -> Callable[[list[str]], int]:
    """Return `main` that tells of an error of the user's in one line, and returns `FAILED`."""

    @functools.wraps(main)
    def main_told(arguments: list[str]) -> int:
        try:
            return main(arguments)
        except UserError as error:
            note(str(error))
        except WasiNnError as error:
            note(error.message)
        return FAILED

    return main_told
