"""Small OpenVINO IR models, written out: `graph(layers)` with one line for each layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Shape = Sequence[int]


@dataclass(frozen=True)
class Layer:
    """One operator. sources: (layer, output) pairs; outputs: (shape, name of the tensor) pairs."""

    kind: str
    element_type: str
    sources: tuple[tuple[int, int], ...] = ()
    outputs: tuple[tuple[Shape, str], ...] = ()
    data: dict[str, str] = field(default_factory=dict)


def parameter(element_type: str, shape: Shape, name: str) -> Layer:
    text = ",".join("?" if extent < 0 else str(extent) for extent in shape)
    return Layer("Parameter", element_type, (), ((shape, name),), {"shape": text, "element_type": element_type})


def result(element_type: str, layer: int, output: int = 0) -> Layer:
    return Layer("Result", element_type, ((layer, output),))


def constant(element_type: str, shape: Shape, offset: int, size: int) -> Layer:
    data = {"element_type": element_type, "shape": ",".join(map(str, shape)), "offset": str(offset), "size": str(size)}
    return Layer("Const", element_type, (), ((shape, ""),), data)


def graph(layers: Sequence[Layer]) -> bytes:
    shapes = {(i, n): shape for i, layer in enumerate(layers) for n, (shape, _) in enumerate(layer.outputs)}
    written, edges = [], []
    for index, layer in enumerate(layers):
        ports = []
        for port, source in enumerate(layer.sources):
            ports.append(f'<input><port id="{port}">{_dims(shapes[source])}</port></input>')
            ports_before = len(layers[source[0]].sources)
            edges.append(
                f'<edge from-layer="{source[0]}" from-port="{ports_before + source[1]}"'
                f' to-layer="{index}" to-port="{port}"/>'
            )
        inputs = "<input>" + "".join(ports).replace("<input>", "").replace("</input>", "") + "</input>" if ports else ""
        outputs = "".join(
            f'<port id="{len(layer.sources) + n}" precision="{_PRECISION[layer.element_type]}"'
            f"{f' names={chr(34)}{name}{chr(34)}' if name else ''}>{_dims(shape)}</port>"
            for n, (shape, name) in enumerate(layer.outputs)
        )
        data = "".join(f' {key}="{value}"' for key, value in layer.data.items())
        written.append(
            f'<layer id="{index}" name="layer{index}" type="{layer.kind}" version="opset1">'
            f"<data{data}/>{inputs}{f'<output>{outputs}</output>' if outputs else ''}</layer>"
        )
    return (
        '<?xml version="1.0"?><net name="m" version="11"><layers>'
        + "".join(written)
        + f"</layers><edges>{''.join(edges)}</edges></net>"
    ).encode()


_PRECISION = {
    "f16": "FP16",
    "bf16": "BF16",
    "f32": "FP32",
    "f64": "FP64",
    "u8": "U8",
    "i8": "I8",
    "i32": "I32",
    "i64": "I64",
    "boolean": "BOOL",
}


def _dims(shape: Shape) -> str:
    return "".join(f"<dim>{extent}</dim>" for extent in shape)


def identity(element_type: str = "f32", shape: Shape = (1, 4)) -> bytes:
    """`x` given out as it is."""
    return graph([parameter(element_type, shape, "x"), result(element_type, 0)])


def binary(kind: str, element_type: str = "f32", shape: Shape = (1, 4), other: Shape | None = None) -> bytes:
    """`y` = kind(`a`, `b`), elementwise; `a` and `b` of one shape."""
    attributes = {"transpose_a": "false", "transpose_b": "false"} if kind == "MatMul" else {"auto_broadcast": "numpy"}
    return graph(
        [
            parameter(element_type, shape, "a"),
            parameter(element_type, other or shape, "b"),
            Layer(kind, element_type, ((0, 0), (1, 0)), ((shape, "y"),), attributes),
            result(element_type, 2),
        ]
    )


def unary(kind: str, element_type: str = "f32", shape: Shape = (1, 4)) -> bytes:
    """`y` = kind(`x`), elementwise."""
    return graph(
        [
            parameter(element_type, shape, "x"),
            Layer(kind, element_type, ((0, 0),), ((shape, "y"),)),
            result(element_type, 1),
        ]
    )


def converted(source: str, destination: str, shape: Shape = (1, 4)) -> bytes:
    """`y` = `x` in another type."""
    return graph(
        [
            parameter(source, shape, "x"),
            Layer("Convert", destination, ((0, 0),), ((shape, "y"),), {"destination_type": destination}),
            result(destination, 1),
        ]
    )


def chain(kind: str, length: int, element_type: str = "f32", shape: Shape = (1, 4)) -> bytes:
    """`kind` applied `length` times."""
    layers = [parameter(element_type, shape, "x")]
    layers += [Layer(kind, element_type, ((i, 0),), ((shape, f"y{i}"),)) for i in range(length)]
    return graph([*layers, result(element_type, length)])


def gather_nd(count: int = 4096) -> bytes:
    """`y[n]` = `x[at[n, 0]]`: i32 of a vector of four, by `count` indices."""
    layers = [
        parameter("i32", (4,), "x"),
        parameter("i32", (count, 1), "at"),
        Layer("GatherND", "i32", ((0, 0), (1, 0)), (((count,), "y"),), {"batch_dims": "0"}),
        result("i32", 2),
    ]
    return graph(layers).replace(b'type="GatherND" version="opset1"', b'type="GatherND" version="opset8"')
