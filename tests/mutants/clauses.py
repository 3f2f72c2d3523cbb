"""Clauses that one fault breaks together, because it is in how every call fails."""

from __future__ import annotations

# Each asks for an error; a host that traps or dies wherever it should fail has none to give.
REFUSALS = (
    "failure.no-lasting-harm",
    "failure.known-code",
    "failure.return-pointer-untouched",
    "load.builder-count",
    "load.corrupt-model",
    "load.unknown-operator",
    "load.encoding-is-a-promise",
    "load.encoding-not-available",
    "load.autodetect",
    "load.foreign-type",
    "load.target-not-available",
    "load-by-name.unknown",
    "load-by-name.is-no-path",
    "input.unknown-index",
    "input.unknown-name",
    "input.unused",
    "input.shape-and-type",
    "input.free-dimension",
    "input.scalar",
    "compute.missing-input",
    "compute.only-its-inputs",
    "compute.duplicate-input",
    "compute.inputs-stay-set",
    "compute.incompatible-inputs",
    "output.scalar",
    "output.too-small-buffer",
    "output.before-compute",
    "output.until-next-compute",
    "output.unknown-index",
    "output.unknown-name",
    "error.getters",
    "error.no-host-path",
    "resource.taken",
    "resource.graph-before-context",
)

# Each is content with a trap as well; a host that dies has none to give either.
DEATHS = (
    *REFUSALS,
    "input.data-length",
    "input.dimension-overflow",
    "load-by-name.not-a-string",
    "resource.unknown-handle",
    "resource.dropped",
    "resource.drop-order",
)

# Each names the code that it would rather have.
PREFERRED_CODES = (
    "load.builder-count",
    "load.corrupt-model",
    "load.unknown-operator",
    "load.encoding-is-a-promise",
    "load.encoding-not-available",
    "load.target-not-available",
    "load-by-name.unknown",
    "load-by-name.is-no-path",
    "input.unknown-index",
    "input.unknown-name",
    "input.unused",
    "input.shape-and-type",
    "input.data-length",
    "input.dimension-overflow",
    "compute.missing-input",
    "compute.only-its-inputs",
    "compute.duplicate-input",
    "compute.incompatible-inputs",
    "output.before-compute",
    "output.unknown-name",
)
