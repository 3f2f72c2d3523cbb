"""What one guest may use, each figure with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass, fields

# A rank above eight serves no model we know, and some engines misbehave from nine on.
MAX_RANK = 8

_KIB = 1024
_MIB = 1024 * _KIB
_GIB = 1024 * _MIB


def limit_text(field: str, limit: float) -> str:
    """Return what the limit of that name is and how the user sets it, for a message."""
    return f"the limit is {limit} (--max-{field.replace('_', '-')})"


@dataclass(frozen=True)
class Limits:
    """Limits of one guest; a call that passes one of them fails with `too_large`.

    model_bytes: bytes of all builders of one `load`. Engines need about three times as much while
        they load, so 1 GiB is what a machine with 4 GiB stands.
    total_model_bytes: bytes of the builders of all live graphs together. A guest of the witx ABI
        cannot free a graph, so this bounds what it can pile up.
    tensor_bytes: bytes of one input tensor, of one output tensor, and of any tensor of fixed shape
        inside a model: engines make them all when they load it.
    graphs: live graphs. Each that differs from the others holds compiled code and threads.
    contexts: live execution contexts. Each that has computed holds buffers of its own.
    builders: builders of one `load`; every encoding needs one or two.
    resources: live resources of a component, tensors above all. A call that can only trap, does.
    resource_bytes: bytes of a component's live tensors and errors together.
    component_output_bytes: bytes of one output tensor of a component without the bridge
        (`wasi_nn_reference.abi.wit.bridge`). The runtime needs 80 bytes for each byte of a list then, so
        that 32 MiB take 2.5 GiB for a moment.
    name_bytes: bytes of a graph name; names are short keys, not documents.
    shared_model_bytes: bytes of models kept compiled, beyond the graphs in use, so that loading
        the same model again costs nothing.
    engine_bytes: memory that one engine process writes to, its threads included: twice what engines need to load a
        model of the largest size that is allowed.
    guest_memory_bytes: linear memory of the guest; 4 GiB is all that a 32-bit guest can address.
    call_seconds: how long `load` or `compute` may take before the guest gets `busy`. Compiling a
        large network takes seconds; half a minute is longer than any we know.
    """

    model_bytes: int = 1 * _GIB
    total_model_bytes: int = 4 * _GIB
    tensor_bytes: int = 256 * _MIB
    graphs: int = 4096
    contexts: int = 16384
    builders: int = 16
    resources: int = 65536
    resource_bytes: int = 1 * _GIB
    component_output_bytes: int = 32 * _MIB
    name_bytes: int = 4 * _KIB
    shared_model_bytes: int = 256 * _MIB
    engine_bytes: int = 8 * _GIB
    guest_memory_bytes: int = 4 * _GIB
    call_seconds: float = 30.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value >= 0:
                raise ValueError(f"the limit {field.name} is {value}; it must be 0 or more")
