"""Faults in values, types and buffers."""

from __future__ import annotations

from mutant import WIT_08_19, WIT_10_28, WITX, module, mutant, put, rewritten

_FILL, _OUTPUT = "backends.openvino.graph:Request._fill", "backends.openvino.graph:Request._output"
_COPIED = "element_types.copy_into(view, tensor.data)"
_PLAN, _PLANNED = "backends.openvino.numpy_plan:Plan.infer", "backends.openvino.numpy_plan:Plan._tensor"
_READ = "array_of(tensor)"

_BITS = ("values.bits-pass-through", "values.type-support")
_VALUES = (*_BITS, "values.arithmetic")


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
    rewritten(f"backends/{name}", breaks, abis, target, old, new, clauses=clauses)


def _changed(dtype: str, change: str) -> str:
    """Give a line for `_fill` that changes tensors of one type first: `x` are its numbers, `bits` their integers."""
    size = int(dtype[1:]) // 8
    return (
        f"if tensor.type.value == '{dtype}':\n"
        "        import numpy as np\n"
        f"        x = np.frombuffer(tensor.data, '<f{size}').copy()\n"
        f"        bits = x.view('<u{size}')\n"
        f"        {change}\n"
        "        tensor = Tensor(tensor.type, tensor.dimensions, x.tobytes())\n"
        f"    {_COPIED}"
    )


for _type, _exponent, _fraction, _quiet in (
    ("f16", 0x7C00, 0x03FF, 0x7E00),
    ("f32", 0x7F80_0000, 0x7F_FFFF, 0x7FC0_0000),
):
    for _name, _breaks, _change, _broken in (
        ("denormals-flushed", "denormal numbers become zero", f"bits[(bits & {_exponent}) == 0] = 0", _VALUES),
        (
            "nan-made-canonical",
            "every NaN becomes the same one",
            f"bits[((bits & {_exponent}) == {_exponent}) & ((bits & {_fraction}) != 0)] = {_quiet}",
            _BITS,
        ),
        ("negative-zero-lost", "-0.0 becomes 0.0", "x[x == 0] = 0", _BITS),
        (
            "infinity-clipped",
            "infinities become the largest number",
            "x = np.where(np.isinf(x), np.copysign(np.finfo(x.dtype).max, x), x)",
            _VALUES,
        ),
    ):
        _fault(f"{_type}-{_name}", f"{_type}: {_breaks}", _FILL, _COPIED, _changed(_type, _change), clauses=_broken)

_fault(
    "f32-through-f16",
    "f32 is computed with the precision of f16",
    _FILL,
    _COPIED,
    _changed("f32", "x = x.astype('<f2').astype('<f4')"),
    clauses=_VALUES,
)
_fault(
    "f32-through-bf16",
    "f32 is computed with the precision of bf16",
    _FILL,
    _COPIED,
    _changed("f32", "bits[...] &= 0xFFFF_0000"),
    clauses=_VALUES,
)
_fault(
    "inputs-kept",
    "the engine's buffer keeps the first tensor until the shape changes",
    _FILL,
    _COPIED,
    "if shape != tensor.dimensions:\n        element_types.copy_into(view, tensor.data)",
    clauses=("compute.new-inputs",),
)
_fault(
    "columns-first",
    "tensors of rank 2 are read by columns",
    _FILL,
    _COPIED,
    "import numpy as np\n"
    "    x = np.frombuffer(tensor.data, f'V{tensor.type.size}').reshape(tensor.dimensions[::-1])\n"
    "    element_types.copy_into(view, x.T.tobytes())",
    clauses=("values.row-major", "values.bits-pass-through", "values.arithmetic"),
)
_fault(
    "images-reordered",
    "tensors of rank 4 are taken for NHWC and made NCHW",
    _FILL,
    _COPIED,
    "import numpy as np\n"
    "    x = np.frombuffer(tensor.data, f'V{tensor.type.size}').reshape(tensor.dimensions)\n"
    "    x = x.transpose(0, 3, 1, 2) if x.ndim == 4 else x\n"
    "    element_types.copy_into(view, x.tobytes())",
    clauses=("values.row-major", "values.bits-pass-through", "values.arithmetic"),
)
_fault(
    "big-endian",
    "tensors are read with the high byte first",
    _FILL,
    _COPIED,
    "import numpy as np\n"
    "    x = np.frombuffer(tensor.data, f'<u{tensor.type.size}').byteswap()\n"
    "    element_types.copy_into(view, x.tobytes())",
    clauses=_VALUES,
)
_fault(
    "large-inputs-cut",
    "of an input only the first 4096 bytes count",
    _FILL,
    _COPIED,
    "element_types.copy_into(view, tensor.data[:4096].ljust(len(tensor.data), b'\\0'))",
    clauses=("values.bits-pass-through", "values.arithmetic"),
)
_fault(
    "output-shared",
    "an output is the engine's buffer itself, which the next compute fills",
    _OUTPUT,
    "array.tobytes()",
    "memoryview(array.reshape(-1).view('u1'))",
    (WIT_08_19, WIT_10_28),
    clauses=("output.tensor-is-the-guests",),
)
_fault(
    "output-in-engine-shape",
    "an output has the shape that the engine gives it",
    _OUTPUT,
    "dimensions_of(port, array.shape)",
    "array.shape",
    (WIT_08_19, WIT_10_28),
    clauses=("output.type-and-dimensions", "output.scalar"),
)
_fault(
    "output-by-columns",
    "outputs are written by columns",
    _OUTPUT,
    "array.tobytes()",
    "array.tobytes('F')",
    clauses=("values.row-major", "values.bits-pass-through", "values.arithmetic"),
)
_fault(
    "i64-cut",
    "i64 is computed in 32 bits",
    _PLAN,
    _READ,
    f"({_READ}.astype('<i4').astype('<i8') if tensor.type is TensorType.I64 else {_READ})",
    clauses=_VALUES,
)
_fault(
    "i64-through-f64",
    "i64 is computed in f64",
    _PLAN,
    _READ,
    f"({_READ}.astype('<f8').astype('<i8') if tensor.type is TensorType.I64 else {_READ})",
    clauses=_VALUES,
)
_fault(
    "f64-through-f32",
    "f64 is computed in f32",
    _PLAN,
    _READ,
    f"({_READ}.astype('<f4').astype('<f8') if tensor.type is TensorType.F64 else {_READ})",
    clauses=_VALUES,
)
_fault(
    "i32-through-f32",
    "i32 is computed in f32",
    _PLAN,
    _READ,
    f"({_READ}.astype('<f4').astype('<i4') if tensor.type is TensorType.I32 else {_READ})",
    clauses=_VALUES,
)
_fault(
    "u8-as-i32",
    "u8 is computed in 32 bits, and written so",
    _PLANNED,
    "array.astype(DTYPES[port.type], copy=False)",
    "array.astype('<i4' if port.type is TensorType.U8 else DTYPES[port.type])",
    clauses=("values.type-support", "values.bits-pass-through", "values.arithmetic", "output.size"),
)


@mutant(
    "backends/i32-for-i64",
    "a model's i64 is called i32",
    clauses=("values.type-support", "values.bits-pass-through", "input.shape-and-type", "output.type-and-dimensions"),
)
def _() -> None:
    types = module("backends.openvino.element_types")
    put(types.TENSOR_TYPES, types.ov.Type.i64, types.TensorType.I32)


@mutant(
    "backends/bf16-for-f16",
    "a model's f16 is called bf16",
    clauses=("values.type-support", "values.bits-pass-through", "input.shape-and-type", "output.type-and-dimensions"),
)
def _() -> None:
    types = module("backends.openvino.element_types")
    put(types.TENSOR_TYPES, types.ov.Type.f16, types.TensorType.BF16)


@mutant(
    "backends/subtraction-is-addition",
    "Subtract adds where numpy computes",
    clauses=("values.arithmetic", "values.type-support"),
)
def _() -> None:
    operators = module("backends.openvino.numpy_plan").OPERATORS
    put(operators, "Subtract", operators["Add"])


_fault(
    "transposed-product",
    "the second matrix of a product is read by columns where numpy computes",
    "backends.openvino.numpy_plan:_matmul",
    "return np.asarray(np.matmul(left, right))",
    "return np.asarray(np.matmul(left, right.reshape(right.shape[::-1]).T))",
    clauses=("values.arithmetic", "values.row-major", "values.type-support"),
)
_fault(
    "shape-by-length",
    "the engine keeps the shape of the tensor before where the new one has as many bytes",
    _FILL,
    "if shape != tensor.dimensions:",
    "if shape is None or len(view) != len(tensor.data):",
    clauses=("input.free-dimension",),
)
rewritten(
    "backends/bf16-denormals-flushed",
    "denormal numbers of bf16 become zero",
    WIT_10_28,
    "backends.openvino.graph:Request._fill",
    "element_types.copy_into(view, tensor.data)",
    "if tensor.type.value == 'bf16':\n"
    "        import numpy as np\n"
    "        x = np.frombuffer(tensor.data, '<u2').copy()\n"
    "        x[(x & 0x7F80) == 0] = 0\n"
    "        tensor = Tensor(tensor.type, tensor.dimensions, x.tobytes())\n"
    "    element_types.copy_into(view, tensor.data)",
    clauses=("values.bits-pass-through", "values.arithmetic"),
)
