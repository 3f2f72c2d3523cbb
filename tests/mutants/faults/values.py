"""Faults in values that show only in some numbers: in a fraction, in a sum, in the last of many."""

from __future__ import annotations

from typing import Any

from mutant import WIT_08_19, WIT_10_28, WITX, module, mutant, put, rewritten

_FILL, _OUTPUT = "backends.openvino.graph:Request._fill", "backends.openvino.graph:Request._output"
_COPIED = "element_types.copy_into(view, tensor.data)"
_ARRAY = "array = self._request.get_output_tensor(index).data"
_READ = "array_of(tensor)"
_EACH_WAY = (WITX, WIT_08_19)
_FITTED, _FITS = "host:Host._fitted", "return tensor"
_IN_FULL = ("values.arithmetic", "values.any-size")


def _fault(  # noqa: PLR0917 - one line for each mutant
    name: str,
    breaks: str,
    target: str,
    old: str,
    new: str,
    abis: tuple[str, ...] | str = WITX,
    *,
    clauses: tuple[str, ...],
) -> None:
    rewritten(f"values/{name}", breaks, abis, target, old, new, clauses=clauses)


# Fractions.
for _name, _breaks, _function in (
    ("rounds", "a conversion to whole numbers takes the nearest", "rint"),
    ("rounds-down", "a conversion to whole numbers takes the next lower", "floor"),
):
    _fault(
        f"cast-{_name}",
        _breaks,
        _FILL,
        _COPIED,
        "if self._outputs[0].type.value[0] == 'i' and tensor.type.value[0] == 'f':\n"
        "        import numpy as np\n"
        f"        x = np.{_function}(np.frombuffer(tensor.data, '<f' + str(tensor.type.size)))\n"
        "        tensor = Tensor(tensor.type, tensor.dimensions, x.tobytes())\n"
        f"    {_COPIED}",
        clauses=("values.type-support",),
    )

# Sums: the width is chosen by what goes in.
for _name, _breaks, _type, _limit, _narrow in (
    ("i32-in-16-bits", "numbers that fit 16 bits are added in 16 bits", "<i4", 2**15, "<i2"),
    ("i32-in-f32", "numbers that f32 holds are added in f32", "<i4", 2**24, "<f4"),
    ("i64-in-f64", "numbers that f64 holds are added in f64", "<i8", 2**53, "<f8"),
):
    _fault(
        f"sums-of-{_name}",
        _breaks,
        "backends.openvino.numpy_plan:Plan.infer",
        f"values[key] = {_READ}",
        f"array = {_READ}\n"
        f"        given = [np.frombuffer(each.data, '{_type}') for each in inputs if DTYPES[each.type] == '{_type}']\n"
        f"        narrow = DTYPES[tensor.type] == '{_type}'\n"
        f"        narrow = narrow and all(abs(each.astype('<f8')).max(initial=0) < {_limit} for each in given)\n"
        f"        values[key] = array.astype('{_narrow}') if narrow else array",
        clauses=("values.type-support",),
    )


@mutant(
    "values/totals-in-f32",
    "the numbers of a row are added up in f32, whatever their type",
    _EACH_WAY,
    clauses=("values.type-support",),
)
def _() -> None:
    operators = module("backends.openvino.numpy_plan").OPERATORS
    before = operators["ReduceSum"]

    def reduce_sum(attributes: dict[str, Any]) -> Any:
        total = before(attributes)
        return lambda array, axes: total(array.astype("<f4"), axes).astype(array.dtype)

    put(operators, "ReduceSum", reduce_sum)


_fault(
    "large-sums-cut-off",
    "sums above 2^24 lose their last bit",
    "host:Host.compute",
    "context.outputs = [_presented(tensor) for tensor in outputs]",
    "import numpy as np\n"
    "    made = []\n"
    "    for tensor in outputs:\n"
    "        if tensor.type is TensorType.F32 and len(ports) > 1:\n"
    "            x = np.frombuffer(tensor.data, '<f4').copy()\n"
    "            x.view('<u4')[np.isfinite(x) & (abs(x) > 2**24)] &= 0xFFFF_FFFE\n"
    "            tensor = Tensor(tensor.type, tensor.dimensions, x.tobytes())\n"
    "        made.append(tensor)\n"
    "    context.outputs = [_presented(tensor) for tensor in made]",
    clauses=("values.arithmetic",),
)

# What a host takes for unchanged.
_fault(
    "last-element-unseen",
    "a tensor that differs from the one before in its last element only is not copied",
    _FILL,
    _COPIED,
    f"if len(tensor.data) < 9 or view[:-4].tobytes() != tensor.data[:-4]:\n        {_COPIED}",
    (WITX, WIT_10_28),
    clauses=("compute.new-inputs", "values.any-size"),
)
_fault(
    "end-unseen",
    "a tensor that differs from the one before behind its first 64 KiB only is not copied",
    _FILL,
    _COPIED,
    f"if len(tensor.data) < 65537 or view[:65536].tobytes() != tensor.data[:65536]:\n        {_COPIED}",
    (WITX, WIT_10_28),
    clauses=("compute.new-inputs", "values.any-size"),
)
_fault(
    "one-element-kept",
    "an input of one element is set once and for all",
    _FILL,
    _COPIED,
    "if view.size != 4 or not hasattr(self, 'one'):\n"
    f"        {_COPIED}\n"
    "    if view.size == 4:\n"
    "        self.one = True",
    _EACH_WAY,
    clauses=("values.arithmetic", "compute.new-inputs"),
)

# Rows.
_fault(
    "batch-of-four",
    "a batch of more than four rows is computed four at a time, and what is left over is the first again",
    _OUTPUT,
    _ARRAY,
    f"{_ARRAY}\n"
    "    if array.ndim == 2 and 4 < array.shape[0] < 100 and None not in (port.shape or (None,)):\n"
    "        array = array.copy()\n"
    "        left = array.shape[0] % 4\n"
    "        array[array.shape[0] - left :] = array[:left]",
    _EACH_WAY,
    clauses=("values.arithmetic",),
)
_fault(
    "buffer-of-a-few-rows-more",
    "a buffer of fewer than twice the rows is used as it is",
    _FILL,
    "if shape != tensor.dimensions:",
    "if shape and len(shape) == 2 and shape[1:] == tensor.dimensions[1:] and"
    " tensor.dimensions[0] < shape[0] < 2 * tensor.dimensions[0]:\n"
    "        element_types.copy_into(view[: len(tensor.data)], tensor.data)\n"
    "        return\n"
    "    if shape != tensor.dimensions:",
    _EACH_WAY,
    clauses=("input.free-dimension",),
)

# Precision.
_fault(
    "large-through-bf16",
    "tensors of more than 64 KiB are computed with the precision of bf16",
    _FILL,
    _COPIED,
    "if tensor.type.value == 'f32' and len(tensor.data) > 65536:\n"
    "        import numpy as np\n"
    "        bits = np.frombuffer(tensor.data, '<u4') & 0xFFFF_0000\n"
    "        tensor = Tensor(tensor.type, tensor.dimensions, bits.astype('<u4').tobytes())\n"
    f"    {_COPIED}",
    _EACH_WAY,
    clauses=_IN_FULL,
)
_fault(
    "often-through-bf16",
    "after a hundred runs the precision is that of bf16",
    _FILL,
    _COPIED,
    "self.runs = getattr(self, 'runs', 0) + 1\n"
    "    if tensor.type.value == 'f32' and self.runs > 100:\n"
    "        import numpy as np\n"
    "        bits = np.frombuffer(tensor.data, '<u4') & 0xFFFF_0000\n"
    "        tensor = Tensor(tensor.type, tensor.dimensions, bits.astype('<u4').tobytes())\n"
    f"    {_COPIED}",
    (WITX, WIT_10_28),
    clauses=("values.arithmetic", "compute.new-inputs"),
)
rewritten(
    "values/nan-results-are-zero",
    "a NaN that the model makes is given as zero",
    WITX,
    "host:Host.compute",
    "context.outputs = [_presented(tensor) for tensor in outputs]",
    "import numpy as np\n"
    "    made = []\n"
    "    for t in outputs:\n"
    "        given = [i for i in context.inputs.values() if i.type is TensorType.F32]\n"
    "        if t.type is TensorType.F32 and not any(np.isnan(np.frombuffer(i.data, '<f4')).any() for i in given):\n"
    "            x = np.frombuffer(t.data, '<f4').copy()\n"
    "            x[np.isnan(x)] = 0\n"
    "            t = Tensor(t.type, t.dimensions, x.tobytes())\n"
    "        made.append(t)\n"
    "    context.outputs = [_presented(tensor) for tensor in made]",
    clauses=("values.arithmetic",),
)
rewritten(
    "values/negative-zero-of-second-input",
    "-0.0 becomes 0.0 in inputs but the first",
    WITX,
    "backends.openvino.graph:Request._fill",
    "element_types.copy_into(view, tensor.data)",
    "if index and tensor.type.value == 'f32':\n"
    "        import numpy as np\n"
    "        x = np.frombuffer(tensor.data, '<f4').copy()\n"
    "        x[x == 0] = 0\n"
    "        tensor = Tensor(tensor.type, tensor.dimensions, x.tobytes())\n"
    "    element_types.copy_into(view, tensor.data)",
    clauses=("values.bits-pass-through", "values.arithmetic"),
)
rewritten(
    "values/f64-not-finite-refused",
    "a tensor of f64 that holds an infinity or a NaN is refused",
    WITX,
    "host:Host._fitted",
    "if port.narrow",
    "import numpy as np\n"
    "    if tensor.type is TensorType.F64 and not np.isfinite(np.frombuffer(tensor.data, '<f8')).all():\n"
    "        raise invalid_argument('not finite')\n"
    "    if port.narrow",
    clauses=("values.bits-pass-through", "values.arithmetic"),
)
_fault(
    "u8-of-long-tensors-signed",
    "u8 above 127 are cut off in a tensor of more than 300",
    _FITTED,
    _FITS,
    "if tensor.type is TensorType.U8 and len(tensor.data) > 300:\n"
    "        tensor = Tensor(tensor.type, tensor.dimensions, bytes(min(each, 127) for each in tensor.data))\n"
    "    return tensor",
    clauses=("values.bits-pass-through", "values.type-support", "values.any-size"),
)
_fault(
    "f32-of-eight-digits",
    "f32 go through a text of eight digits",
    _FITTED,
    _FITS,
    "if tensor.type is TensorType.F32:\n"
    "        import numpy as np\n"
    "        x = np.frombuffer(tensor.data, '<f4').copy()\n"
    "        finite = np.isfinite(x)\n"
    "        x[finite] = [float(f'{each:.8g}') for each in x[finite].tolist()]\n"
    "        tensor = Tensor(tensor.type, tensor.dimensions, x.tobytes())\n"
    "    return tensor",
    clauses=("values.bits-pass-through", "values.type-support", "values.arithmetic"),
)
_fault(
    "f32-odd-rows-of-rank-3",
    "from rank 3 on the last element is lost where a row has an odd number of them",
    _FITTED,
    _FITS,
    "odd = len(tensor.dimensions) > 2 and tensor.dimensions[-1] > 2 and tensor.dimensions[-1] % 2\n"
    "    if tensor.type is TensorType.F32 and odd and tensor.data:\n"
    "        tensor = Tensor(tensor.type, tensor.dimensions, tensor.data[:-4] + bytes(4))\n"
    "    return tensor",
    WIT_08_19,
    clauses=("values.row-major", "values.bits-pass-through", "values.arithmetic"),
)
