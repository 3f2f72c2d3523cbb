"""All ABIs, by name."""

from collections.abc import Mapping, Sequence

from .tag import Tag

_TARGETS = ("cpu", "gpu", "tpu")
_WIT_ENCODINGS = ("openvino", "onnx", "tensorflow", "pytorch", "tensorflowlite", "ggml", "autodetect")
_WIT_TYPES = ("f16", "f32", "f64", "bf16", "u8", "i32", "i64")
_WIT_ERRORS = (
    *("invalid_argument", "invalid_encoding", "timeout", "runtime_error", "unsupported_operation"),
    *("too_large", "not_found", "security", "unknown"),
)

_TAGS = (
    Tag(
        name="witx",
        family="witx",
        release="0.2.0-rc-2024-10-28",  # its file is the same in all of them
        encodings=("openvino", "onnx", "tensorflow", "pytorch", "tensorflowlite", "autodetect"),
        targets=_TARGETS,
        tensor_types=("f16", "f32", "f64", "u8", "i32", "i64"),
        errors=(
            *("success", "invalid_argument", "invalid_encoding", "missing_memory", "busy"),
            *("runtime_error", "unsupported_operation", "too_large", "not_found"),
        ),
        pointers=True,
        numbers=True,
        set_input=True,
        get_output=True,
    ),
    Tag(
        name="wit-2024-06-25",
        family="wit",
        release="0.2.0-rc-2024-06-25",
        encodings=_WIT_ENCODINGS,
        targets=_TARGETS,
        tensor_types=_WIT_TYPES,
        errors=_WIT_ERRORS,
        resources=True,
        names=True,
        set_input=True,
        get_output=True,
        error_constructor=True,
    ),
    Tag(
        name="wit-2024-08-19",
        family="wit",
        release="0.2.0-rc-2024-08-19",
        encodings=_WIT_ENCODINGS,
        targets=_TARGETS,
        tensor_types=_WIT_TYPES,
        errors=_WIT_ERRORS,
        resources=True,
        names=True,
        set_input=True,
        get_output=True,
    ),
    Tag(
        name="wit-2024-10-28",
        family="wit",
        release="0.2.0-rc-2024-10-28",
        encodings=_WIT_ENCODINGS,
        targets=_TARGETS,
        tensor_types=_WIT_TYPES,
        errors=_WIT_ERRORS,
        resources=True,
        names=True,
        inputs_at_compute=True,
        outputs_at_compute=True,
    ),
)

TAGS: Mapping[str, Tag] = {tag.name: tag for tag in _TAGS}
"""In the order in which runs and reports have them."""

AUTODETECT = "autodetect"
"""The member of `graph-encoding` that is no encoding: it asks the host to find out."""


def words(enumeration: str) -> tuple[str, ...]:
    """Return the members that any ABI has of `encodings`, `targets`, `tensor_types` or `errors`, in their order."""
    return tuple(dict.fromkeys(word for tag in _TAGS for word in getattr(tag, enumeration)))


_CODES = tuple(code for code in words("errors") if code != "success")

VOCABULARY: Mapping[str, Sequence[str]] = {
    "abi": tuple(TAGS),
    "encoding": tuple(name for name in words("encodings") if name != AUTODETECT),
    "graph_encoding": words("encodings"),
    "target": words("targets"),
    "element_type": words("tensor_types"),
    "code": _CODES,
    "preference": ("ok", "trap", *_CODES),
    "need": sorted({need for tag in _TAGS for need in tag.capabilities}),
}
"""What a schema may call each of these; the schemas themselves list none."""
