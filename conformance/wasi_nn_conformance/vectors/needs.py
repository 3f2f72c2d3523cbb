"""What a step needs of an ABI to be said in it.

A vector runs on every ABI that has what all of its steps need. Where all inputs are given to `compute` and all outputs
got from it, nothing can be asked of a single input or output: that needs calls of their own.
"""

from collections.abc import Mapping
from typing import Any

from wasi_nn_conformance.abi.registry import TAGS

from .expectation import Expectation

_MEMORY = {"size", "tail", "buffer"}
_ERRORS = {"error", "unread"}
_BY_ACTION: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("raw", "place", "overwrite", "read", "grow"), frozenset({"pointers"})),
    **dict.fromkeys(("tensor", "dimensions", "ty", "data", "drop"), frozenset({"resources"})),
    **dict.fromkeys(("error_code", "error_data"), frozenset({"resources"})),
    "set_named": frozenset({"names", "set_input"}),
    "get_named": frozenset({"names", "get_output"}),
    "compute_named": frozenset({"inputs_at_compute", "outputs_at_compute"}),
    "new_error": frozenset({"error_constructor"}),
}


def needs(action: str, arguments: Mapping[str, Any], expectation: Expectation, *, slot: bool) -> frozenset[str]:
    """Return what one step needs: capabilities, and members of enumerations. `slot`: it looks at its return pointer."""
    if action in _BY_ACTION:
        return _BY_ACTION[action]
    tensor_type = arguments["tensor"]["type"] if "tensor" in arguments else None
    is_plain = expectation == Expectation()
    wanted = {
        "pointers": slot or _has(arguments, "hex") or not _MEMORY.isdisjoint(arguments),
        "numbers": (_has(arguments, "raw") and action != "context") or isinstance(tensor_type, dict),
        "resources": expectation.traps or _has(arguments, "number") or not _ERRORS.isdisjoint(arguments),
        "set_input": action == "set_input" and not is_plain,
        "get_output": action == "output" and not (is_plain and isinstance(arguments["output"], str)),
        "outputs_at_compute": "names" in arguments,
    }
    if action == "set_input" and "as" in arguments:
        wanted["pointers"] = True  # keeps the guest's buffers
    words = (arguments.get("encoding"), arguments.get("target"), tensor_type)
    return frozenset(need for need, is_wanted in wanted.items() if is_wanted).union(
        word for word in words if isinstance(word, str)
    )


def tags_with(needed: frozenset[str]) -> tuple[str, ...]:
    """Return the names of the ABIs that have all of this, in their order."""
    return tuple(name for name, tag in TAGS.items() if tag.has(needed))


def _has(arguments: Mapping[str, Any], key: str) -> bool:
    """Return whether a port, handle, name or member of an enumeration is given as a number or as bytes."""
    return any(isinstance(value, dict) and key in value for value in arguments.values())
