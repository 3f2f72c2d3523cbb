"""Faults in the names of inputs and outputs."""

from __future__ import annotations

from mutant import WIT_08_19, WIT_10_28, rewritten

rewritten(
    "backends/inputs-by-name",
    "the inputs' names are those of their index",
    WIT_10_28,
    "backends.openvino.ports:port_of",
    "Port(_name(port, index)",
    "Port(str(index)",
    clauses=("input.any-name", "compute.output-names", "compute.named-inputs", "compute.succeeds"),
)
rewritten(
    "backends/name-before-colon",
    "a name ends at its first colon",
    (WIT_08_19, WIT_10_28),
    "backends.openvino.ports:port_of",
    "Port(_name(port, index)",
    "Port(_name(port, index).partition(':')[0]",
    clauses=("input.any-name", "compute.output-names"),
)
rewritten(
    "backends/name-without-folders",
    "of a name with slashes the last part is the name",
    WIT_10_28,
    "backends.openvino.ports:port_of",
    "Port(_name(port, index)",
    "Port(_name(port, index).rpartition('/')[2]",
    clauses=("input.any-name", "compute.output-names"),
)
rewritten(
    "backends/name-in-small-letters",
    "names are in small letters",
    WIT_10_28,
    "backends.openvino.ports:port_of",
    "Port(_name(port, index)",
    "Port(_name(port, index).lower()",
    clauses=("input.any-name", "compute.output-names"),
)
rewritten(
    "backends/name-cut",
    "a name has at most 64 characters",
    WIT_10_28,
    "backends.openvino.ports:port_of",
    "Port(_name(port, index)",
    "Port(_name(port, index)[:64]",
    clauses=("input.any-name", "compute.output-names"),
)

rewritten(
    "backends/name-composed",
    "names are composed: a letter and its accent become one",
    WIT_10_28,
    "backends.openvino.ports:port_of",
    "Port(_name(port, index)",
    'Port(__import__("unicodedata").normalize("NFC", _name(port, index))',
    clauses=("input.any-name", "compute.output-names"),
)
rewritten(
    "backends/name-without-ending",
    "the ending of a file is no part of a name",
    WIT_10_28,
    "backends.openvino.ports:port_of",
    "Port(_name(port, index)",
    'Port(_name(port, index).removesuffix(".xml")',
    clauses=("input.any-name", "compute.output-names"),
)
rewritten(
    "backends/name-decoded",
    "names are decoded as part of a URL is",
    WIT_10_28,
    "backends.openvino.ports:port_of",
    "Port(_name(port, index)",
    'Port(__import__("urllib.parse").parse.unquote(_name(port, index))',
    clauses=("input.any-name", "compute.output-names"),
)
rewritten(
    "backends/name-cut-at-255",
    "a name has at most 255 characters",
    WIT_10_28,
    "backends.openvino.ports:port_of",
    "Port(_name(port, index)",
    "Port(_name(port, index)[:255]",
    clauses=("input.any-name", "compute.output-names"),
)
