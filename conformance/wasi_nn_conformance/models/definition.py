"""Models as they are written in `models.yaml`: definitions of plain data, made into `Model`s."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from wasi_nn_conformance.formats.matrix import MatrixError, combinations, substitute

from .arrangement import Concat, Reshape, Split, Squeeze, Transpose, Unsqueeze
from .element_type import ElementType
from .expression import (
    Abs,
    Add,
    Cast,
    Constant,
    Expression,
    Input,
    MatMul,
    Maximum,
    Minimum,
    Mul,
    Neg,
    ReduceSum,
    Relu,
    Shape,
    Sub,
    TensorType,
)
from .model import Model, ModelError, Port
from .repetition import RepetitionError, written_out


class DefinitionError(ValueError):
    """A piece of a definition that says nothing this vocabulary knows."""


def expand(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the definition once for each row of its `matrix`, repeats written out and `$key` replaced, also in braces.

    Raises ModelError for a reference to nothing, and for a key that no text refers to.
    """
    try:
        body = {key: written_out(value) for key, value in definition.items() if key != "matrix"}
    except RepetitionError as error:
        raise ModelError(str(definition.get("id")), str(error)) from None
    rows = list(combinations(definition.get("matrix", {})))
    expanded = []
    unused: set[str] = set()
    try:
        for row in rows:
            used: set[str] = set()
            expanded.append(substitute(body, row, used=used))
            unused |= row.keys() - used
    except MatrixError as error:
        raise ModelError(str(definition.get("id")), str(error)) from None
    if unused:
        raise ModelError(str(definition.get("id")), f"the matrix key {min(unused)!r} is used nowhere")
    if not rows:
        raise ModelError(str(definition.get("id")), "the matrix is empty")
    return expanded


def model(definition: Mapping[str, Any]) -> Model:
    """Return the model that an expanded definition describes. Raises ModelError that says what is wrong with it."""
    model_id = str(definition.get("id"))
    try:
        _keys(definition, "a model", {"id", "inputs", "outputs"}, {"why", "title"})
        return Model(
            id=model_id,
            inputs=tuple(Port(str(name), tensor_type(entry)) for name, entry in _mapping(definition["inputs"]).items()),
            expressions=tuple(
                (str(name), expression(value)) for name, value in _mapping(definition["outputs"]).items()
            ),
            why=str(definition.get("why", "")),
            title=str(definition.get("title", "")),
        )
    except DefinitionError as error:
        raise ModelError(model_id, str(error)) from None


def tensor_type(data: Any) -> TensorType:
    """Return the type that `{type: f32, shape: [1, null]}` describes."""
    _keys(data, "a tensor", {"type", "shape"})
    return TensorType(_element(data["type"]), _shape(data["shape"]))


def expression(data: Any) -> Expression:
    """Return the expression that `data` describes: the name of an input, or one operation and its arguments."""
    if isinstance(data, str):
        return Input(data)
    if not isinstance(data, Mapping) or len(data) != 1:
        raise DefinitionError(f"{data!r} is neither the name of an input nor one operation with its arguments")
    ((name, arguments),) = data.items()
    if name not in _OPERATIONS:
        raise DefinitionError(f"there is no operation {name!r}; known: {', '.join(sorted(_OPERATIONS))}")
    return _OPERATIONS[name](arguments)


def constant(data: Any) -> Constant:
    """Return the tensor that `{type, shape, data}` describes.

    `data` is a flat row-major list of numbers that the type holds exactly, `zeros`, `range` (0, 1, 2, ...) or
    `{hex: "..."}` with little-endian bytes.
    """
    _keys(data, "a constant", {"type", "shape", "data"})
    element, shape, content = _element(data["type"]), _static_shape(data["shape"]), data["data"]
    if isinstance(content, Mapping):
        _keys(content, "data", {"hex"})
        try:
            return Constant(element, shape, bytes.fromhex(str(content["hex"])))
        except ValueError as error:
            raise DefinitionError(f"data: {error}") from None
    if content == "zeros":
        return Constant(element, shape, bytes(prod(shape) * element.size))
    if content != "range" and not isinstance(content, list):
        raise DefinitionError(f"data is a list of numbers, zeros, range or {{hex: ...}}, not {content!r}")
    try:
        numbers = element.counted(prod(shape)) if content == "range" else element.from_numbers(content)
        return Constant(element, shape, numbers.tobytes())
    except ValueError as error:
        raise DefinitionError(str(error)) from None


def _binary(operation: type[Expression], name: str) -> Callable[[Any], Expression]:
    def build(arguments: Any) -> Expression:
        if not isinstance(arguments, list) or len(arguments) != 2:
            raise DefinitionError(f"{name} takes a list of two expressions, not {arguments!r}")
        return operation(expression(arguments[0]), expression(arguments[1]))  # type: ignore[call-arg]

    return build


def _transpose(arguments: Any) -> Expression:
    _keys(arguments, "transpose", {"of", "permutation"})
    return Transpose(expression(arguments["of"]), _static_shape(arguments["permutation"]))


def _reshape(arguments: Any) -> Expression:
    _keys(arguments, "reshape", {"of", "shape"})
    return Reshape(expression(arguments["of"]), _static_shape(arguments["shape"]))


def _concat(arguments: Any) -> Expression:
    _keys(arguments, "concat", {"of", "axis"})
    if not isinstance(arguments["of"], list):
        raise DefinitionError("concat takes a list of expressions in 'of'")
    return Concat(tuple(map(expression, arguments["of"])), _natural(arguments["axis"]))


def _split(arguments: Any) -> Expression:
    is_uneven = "lengths" in _mapping(arguments, "split")
    _keys(arguments, "split", {"of", "axis", "index", "lengths" if is_uneven else "parts"})
    of, axis, index = expression(arguments["of"]), _natural(arguments["axis"]), _natural(arguments["index"])
    lengths = _static_shape(arguments["lengths"]) if is_uneven else ()
    return Split(of, axis, len(lengths) if is_uneven else _natural(arguments["parts"]), index, lengths)


def _of_axis(operation: type[Squeeze | Unsqueeze | ReduceSum], name: str) -> Callable[[Any], Expression]:
    def build(arguments: Any) -> Expression:
        _keys(arguments, name, {"of", "axis"})
        return operation(expression(arguments["of"]), _natural(arguments["axis"]))

    return build


def _cast(arguments: Any) -> Expression:
    _keys(arguments, "cast", {"of", "to"})
    return Cast(expression(arguments["of"]), _element(arguments["to"]))


_OPERATIONS: dict[str, Callable[[Any], Expression]] = {
    "identity": expression,
    "constant": constant,
    "add": _binary(Add, "add"),
    "sub": _binary(Sub, "sub"),
    "mul": _binary(Mul, "mul"),
    "max": _binary(Maximum, "max"),
    "min": _binary(Minimum, "min"),
    "matmul": _binary(MatMul, "matmul"),
    "neg": lambda of: Neg(expression(of)),
    "abs": lambda of: Abs(expression(of)),
    "relu": lambda of: Relu(expression(of)),
    "cast": _cast,
    "transpose": _transpose,
    "reshape": _reshape,
    "concat": _concat,
    "split": _split,
    "squeeze": _of_axis(Squeeze, "squeeze"),
    "unsqueeze": _of_axis(Unsqueeze, "unsqueeze"),
    "reduce_sum": _of_axis(ReduceSum, "reduce_sum"),
}


def _keys(data: Any, what: str, required: set[str], optional: set[str] | None = None) -> None:
    for key in sorted(required - _mapping(data, what).keys()):
        raise DefinitionError(f"{what} lacks the key {key!r}")
    for key in sorted(data.keys() - required - (optional or set())):
        raise DefinitionError(f"{what} has no key {key!r}; known: {', '.join(sorted(required | (optional or set())))}")


def _mapping(data: Any, what: str = "this") -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise DefinitionError(f"{what} is written as a mapping, not as {data!r}")
    return data


def _element(name: Any) -> ElementType:
    try:
        return ElementType(name)
    except ValueError:
        raise DefinitionError(f"there is no type {name!r}; known: {', '.join(ElementType)}") from None


def _natural(number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 1 << 32:
        raise DefinitionError(f"{number!r} is no whole number from 0 to 2^32-1")
    return number


def _static_shape(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, list):
        raise DefinitionError(f"a shape is a list of numbers, not {shape!r}")
    return tuple(map(_natural, shape))


def _shape(shape: Any) -> Shape:
    if not isinstance(shape, list):
        raise DefinitionError(f"a shape is a list of numbers and nulls, not {shape!r}")
    return tuple(None if dim is None else _natural(dim) for dim in shape)
