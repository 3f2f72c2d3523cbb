"""Shapes: models of every type, rank and operation, and inputs that fit them. Numpy knows each answer."""

from hypothesis import strategies as st

from .ground import Fields, Ground


@st.composite
def examples(draw: st.DrawFn, ground: Ground) -> Fields:
    """Draw a model and inferences on it."""
    del ground
    shape = draw(st.lists(st.sampled_from([1, 2, 3]), max_size=3))
    numbers = draw(st.binary(min_size=4, max_size=4))
    count = 1
    for dim in shape:
        count *= dim
    tensor = {"type": "f32", "shape": shape, "data": f"hex:{(numbers * count).hex()}"}
    return {
        "id": "fuzz/shapes/f32",
        "clause": "values.bits-pass-through",
        "why": "a host that copies a tensor by anything but its bytes changes some of them",
        "models": {"drawn": {"inputs": {"x": {"type": "f32", "shape": shape}}, "outputs": {"x": "x"}}},
        "steps": [
            {"load": {"model": "drawn", "as": "g"}},
            {"context": {"graph": "g", "as": "c"}},
            {"infer": {"context": "c", "inputs": {"x": tensor}}},
        ],
    }
