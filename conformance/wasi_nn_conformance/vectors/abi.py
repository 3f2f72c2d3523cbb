"""The four ABIs, and which of them can say a step.

A vector runs on every ABI that can say all of its steps: witx alone has pointers, numbers for handles and types,
and buffer sizes; the components alone have resources and names; their newest tag gives all inputs to `compute` and
gets all outputs back, so nothing can be asked of a single input or output there.
"""

from collections.abc import Mapping
from typing import Any

from .expectation import Expectation

WITX = "witx"
OLDEST, MIDDLE, NEWEST = "wit-2024-06-25", "wit-2024-08-19", "wit-2024-10-28"
WIT = (OLDEST, MIDDLE, NEWEST)
ABIS = (WITX, *WIT)

_ALL = frozenset(ABIS)
_COMPONENTS = frozenset(WIT)
_ONE_BY_ONE = _ALL - {NEWEST}

_BY_ACTION: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("raw", "place", "overwrite", "read", "grow"), frozenset({WITX})),
    **dict.fromkeys(("tensor", "dimensions", "ty", "data", "drop", "error_code", "error_data"), _COMPONENTS),
    **dict.fromkeys(("set_named", "get_named"), frozenset({OLDEST, MIDDLE})),
    "compute_named": frozenset({NEWEST}),
    "new_error": frozenset({OLDEST}),
}


def abis_for(action: str, arguments: Mapping[str, Any], expectation: Expectation, *, slot: bool) -> frozenset[str]:
    """Return the ABIs that can say one step. `slot` tells that the step looks at its return pointer."""
    if action in _BY_ACTION:
        return _BY_ACTION[action]
    abis = _COMPONENTS if expectation.traps or _has(arguments, "number") else _ALL
    bytes_or_memory = slot or _has(arguments, "hex") or not {"size", "tail", "buffer"}.isdisjoint(arguments)
    if bytes_or_memory or (_has(arguments, "raw") and action != "context"):
        abis &= {WITX}
    if action == "set_input":
        if "as" in arguments:
            abis &= {WITX}  # keeps the guest's buffers
        if arguments["tensor"]["type"] == "bf16":
            abis &= _COMPONENTS
        if expectation != Expectation():
            abis &= _ONE_BY_ONE
    if action == "output" and (expectation != Expectation() or isinstance(arguments["output"], dict)):
        abis &= _ONE_BY_ONE
    if "names" in arguments:
        abis &= {NEWEST}
    if arguments.get("encoding") == "ggml" or "error" in arguments:
        abis &= _COMPONENTS
    return abis


def _has(arguments: Mapping[str, Any], *keys: str) -> bool:
    """Return whether a port, handle, enumeration value, tensor type or name is given as a number or as bytes."""
    written = [*arguments.values(), arguments["tensor"]["type"]] if "tensor" in arguments else arguments.values()
    return any(isinstance(value, dict) and key in value for value in written for key in keys)
