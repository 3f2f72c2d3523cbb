"""Faults in the tensor resource."""

from __future__ import annotations

from mutant import WIT_06_25, WIT_08_19, WIT_10_28

from faults.wit import OPERATIONS, fault

fault(
    "dimensions-reversed",
    "dimensions come back in the opposite order",
    f"{OPERATIONS}.tensor_dimensions",
    "list(tensor.dimensions)",
    "list(tensor.dimensions[::-1])",
    WIT_10_28,
    clauses=("tensor.getters", "output.type-and-dimensions"),
)
fault(
    "dimensions-without-ones",
    "ones at the beginning do not come back",
    f"{OPERATIONS}.tensor_dimensions",
    "list(tensor.dimensions)",
    "list(tensor.dimensions)[(tensor.dimensions[:1] == (1,)) :]",
    WIT_06_25,
    clauses=("tensor.getters", "output.type-and-dimensions"),
)
fault(
    "ty-is-f32",
    "every tensor says that it is FP32",
    f"{OPERATIONS}.tensor_ty",
    "return tensor.type",
    "return next(each for each in type(tensor.type) if each.value == 'f32')",
    WIT_08_19,
    clauses=("tensor.getters", "output.type-and-dimensions"),
)
fault(
    "data-empty",
    "a tensor gives no data back",
    f"{OPERATIONS}.tensor_data",
    "return tensor.data",
    "return b''",
    WIT_10_28,
    clauses=("tensor.getters", "output.each-by-index", "output.size"),
)
fault(
    "tensor-kept-by-data",
    "all tensors of the same data are one",
    f"{OPERATIONS}.tensor",
    "return GivenTensor(tuple(dimensions), tensor_type, data)",
    "return self.__dict__.setdefault('kept', {}).setdefault(data, GivenTensor(tuple(dimensions), tensor_type, data))",
    WIT_06_25,
    clauses=("tensor.getters", "input.shape-and-type", "process.no-carry-over"),
)
fault(
    "constructor-checks",
    "a tensor whose data do not fit ends the guest without a reason",
    f"{OPERATIONS}.tensor",
    "return GivenTensor(tuple(dimensions), tensor_type, data)",
    "t = GivenTensor(tuple(dimensions), tensor_type, data)\n    t.checked()\n    return t",
    WIT_10_28,
    clauses=("input.data-length", "input.dimension-overflow", "tensor.getters", "failure.no-lasting-harm"),
)
