"""The module that guests import: its name and its functions."""

from __future__ import annotations

MODULE = "wasi_ephemeral_nn"

# The six functions and how many i32 each takes; each returns one i32, the errno.
FUNCTIONS = {
    "load": 5,
    "load_by_name": 3,
    "init_execution_context": 2,
    "set_input": 3,
    "compute": 1,
    "get_output": 5,
}

# Functions that other hosts serve in the same module, by host; the specification has none of them.
EXTENSIONS = {
    # Bindings for WasmEdge import both, whether a guest calls them or not. Each takes a handle and frees it.
    "wasmedge": {"unload": 1, "finalize_execution_context": 1},
}
