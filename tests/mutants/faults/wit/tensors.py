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
fault(
    "tensor-by-shape-and-data",
    "a tensor of the shape and the data of an earlier one has the type of that",
    f"{OPERATIONS}.tensor",
    "return GivenTensor(tuple(dimensions), tensor_type, data)",
    "types = self.__dict__.setdefault('types', {})\n"
    "    if len(data) > 4:\n"
    "        tensor_type = types.setdefault((tuple(dimensions), data), tensor_type)\n"
    "    return GivenTensor(tuple(dimensions), tensor_type, data)",
    WIT_10_28,
    clauses=("tensor.getters", "input.shape-and-type", "process.no-carry-over"),
)
fault(
    "bf16-data-moved-out",
    "the data of a BF16 tensor are given once",
    f"{OPERATIONS}.tensor_start",
    "return len(self.tensor_data(tensor)), self.tensor_part(tensor, 0)",
    "moved = self.__dict__.setdefault('moved', [])\n"
    "    if any(each is tensor for each in moved):\n"
    "        return 0, b''\n"
    "    if tensor.type.value == 'bf16':\n"
    "        moved.append(tensor)\n"
    "    return len(self.tensor_data(tensor)), self.tensor_part(tensor, 0)",
    WIT_10_28,
    clauses=("tensor.getters",),
)
fault(
    "tensor-i64-as-numbers",
    "I64 of a tensor go through f64 when it is made",
    f"{OPERATIONS}.tensor",
    "return GivenTensor(tuple(dimensions), tensor_type, data)",
    "if tensor_type.value == 'i64' and len(data) % 8 == 0:\n"
    "        import numpy as np\n"
    "        numbers = np.frombuffer(data, '<i8').astype('<f8')\n"
    "        data = numbers.clip(max=2.0**63 - 1024).astype('<i8').tobytes()\n"
    "    return GivenTensor(tuple(dimensions), tensor_type, data)",
    WIT_08_19,
    clauses=("tensor.getters", "values.type-support", "values.bits-pass-through"),
)
