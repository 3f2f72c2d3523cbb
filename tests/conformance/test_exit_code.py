"""Exit codes that stand for a trap and for a signal, too: behind a wrapper nothing but the host's words tells."""

import pytest

from wasi_nn_conformance.run.adapter import ExitCodes
from wasi_nn_conformance.run.exit_code import kind_of_end

CODES = ExitCodes(trap=frozenset({134, 3}), host_error=frozenset({1}))
PANIC = "thread 'main' panicked at src/witx.rs:118:47: not implemented"
TRAP = "Error: failed to run main module\n  2: wasm trap: wasm `unreachable` instruction executed"


@pytest.mark.parametrize(
    ("code", "printed", "kind"),
    [
        (134, "", "trap"),
        (134, TRAP, "trap"),
        (134, "log: loaded\nlog: computed", "trap"),
        (134, PANIC, "crash"),
        (134, f"{PANIC}\n{TRAP}", "trap"),
        (134, "log: loaded\nAborted (core dumped)", "crash"),
        (134, "Aborted", "crash"),
        (134, "terminate called after throwing an instance of 'std::bad_alloc'", "crash"),
        (134, "free(): invalid pointer", "crash"),
        (134, "host: engine.c:7: run: Assertion `model' failed.", "crash"),
        (134, "Fatal Python error: Aborted", "crash"),
        (3, PANIC, "trap"),
        (1, PANIC, "host_error"),
        (139, "", "crash"),
        (-6, "", "crash"),
        (0, "", "crash"),
    ],
)
def test_an_end_is_told_by_its_code_and_words(code: int, printed: str, kind: str) -> None:
    assert kind_of_end(code, printed, CODES).name.lower() == kind
