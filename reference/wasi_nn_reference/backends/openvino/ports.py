"""Inputs and outputs of an OpenVINO model as wasi-nn has them: a name, a tensor type, a shape."""

from __future__ import annotations

from typing import Any

from wasi_nn_reference.backends.backend import Port
from wasi_nn_reference.backends.openvino import element_types
from wasi_nn_reference.errors import unsupported


def port_of(port: Any, index: int, narrow: bool) -> Port:
    """Return the name, type and shape of a model's input or output; raises `unsupported_operation` for other types.

    `narrow` tells that the engine computes it in 32 bits.
    """
    element_type = element_types.TENSOR_TYPES.get(port.get_element_type())
    if element_type is None:
        name = port.get_element_type().get_type_name()
        raise unsupported(f"the model has an input or output of type {name}, which wasi-nn does not have")
    partial = port.get_partial_shape()
    shape = None
    if partial.rank.is_static:
        shape = tuple(each.get_length() if each.is_static else None for each in partial)
    return Port(_name(port, index), element_type, shape, narrow)


def _name(port: Any, index: int) -> str:
    """Return the name a model's author knows the port by; a port may have none, or several."""
    names = port.get_names()
    node = port.get_node()
    if node.get_type_name() == "Result":
        node = node.input_value(0).get_node()
        if node.get_type_name() == "Parameter" and len(names) > 1:
            # An input passed on under another name is one tensor with both: the other is the output's.
            names -= {node.get_friendly_name()}
    friendly = str(node.get_friendly_name())
    if friendly in names or not names:
        return friendly or str(index)
    return str(min(names))
