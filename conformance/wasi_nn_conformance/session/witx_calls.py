"""What the probe of core modules is asked, and what it replies: the six functions of witx, and its own memory."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from .wire import U32, Answer, Base64, Call, Done, Exit, Guards, Hello, Name, Text, Trap

# What the schema says of these is in protocol_schema: JSON has no classes to tell the forms apart by.
Integer = Annotated[int | Mapping[str, int | str], Meta(extra_json_schema={"$ref": "#/$defs/INT"})]
"""An i32: a number, or `{end: N}`, `{buffer: NAME, offset: N}`, `{length: NAME}`."""

Handle = Annotated[int | str | Mapping[str, int | str], Meta(extra_json_schema={"$ref": "#/$defs/HANDLE"})]
"""The name of a kept handle, or an `Integer`."""

Operand = Annotated[int | str | Mapping[str, int | str], Meta(extra_json_schema={"$ref": "#/$defs/OPERAND"})]
"""An argument of `raw`: a `Handle`, or `{slot: NAME}`."""

I32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


class Returned(Answer):
    """A function returned."""

    errno: I32


class Stored(Returned):
    """A function returned, and `value` stands in its return slot."""

    value: U32
    guards: Guards


class Output(Stored):
    """`get_output` returned; `data` is there with errno 0 only."""

    tail: Guards
    buffer: Guards
    data: bytes | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse a success without data."""
        if self.errno == 0 and self.data is UNSET:
            raise ValueError("Object missing required field `data`, as `errno` is 0")


class RawReturned(Returned):
    """A function returned to `raw`. `changed` names the placed buffers that hold other bytes than before."""

    slots: dict[str, U32]
    guards: Guards
    changed: list[str]


class Placed(Answer):
    """Where a buffer is, and the size of memory in bytes."""

    address: U32
    memory: Annotated[int, Meta(ge=0, le=2**32)]


class Held(Answer):
    """What memory holds."""

    data: bytes


class Grown(Answer):
    """The number of pages before, or -1 if the host gave none."""

    previous: Annotated[int, Meta(ge=-1, le=2**16)]


class Forgotten(Answer):
    """How many names there were."""

    handles: Annotated[int, Meta(ge=0)]
    buffers: Annotated[int, Meta(ge=0)]


class Load(Call, tag="load"):
    """Call `load`."""

    answers: ClassVar[Any] = Stored
    builders: Sequence[bytes]
    encoding: Integer
    target: Integer
    as_: Name | UnsetType = UNSET


class LoadByName(Call, tag="load_by_name"):
    """Call `load_by_name`."""

    answers: ClassVar[Any] = Stored
    name: Text
    as_: Name | UnsetType = UNSET


class InitExecutionContext(Call, tag="init_execution_context"):
    """Call `init_execution_context`."""

    answers: ClassVar[Any] = Stored
    graph: Handle
    as_: Name | UnsetType = UNSET


class Tensor(Struct, forbid_unknown_fields=True):
    """The record that `set_input` passes."""

    dims: Sequence[U32]
    type: Integer
    data: bytes


class SetInput(Call, tag="set_input"):
    """Call `set_input`."""

    answers: ClassVar[Any] = Returned
    context: Handle
    index: Integer
    tensor: Tensor
    as_: Name | UnsetType = UNSET


class Compute(Call, tag="compute"):
    """Call `compute`."""

    answers: ClassVar[Any] = Returned
    context: Handle


class GetOutput(Call, tag="get_output"):
    """Call `get_output`, with a buffer of `size` bytes."""

    answers: ClassVar[Any] = Output
    context: Handle
    index: Integer
    size: Integer


class Raw(Call, tag="raw"):
    """Call a function with any 32 bits as its arguments."""

    answers: ClassVar[Any] = RawReturned
    function: Literal["load", "load_by_name", "init_execution_context", "set_input", "compute", "get_output"]
    arguments: Sequence[Operand]


class Place(Call, tag="place", kw_only=True):
    """Keep a buffer with these `bytes` or little-endian `words`; `at` null leaves the address to the probe."""

    answers: ClassVar[Any] = Placed
    either: ClassVar[Sequence[Sequence[str]]] = (("bytes",), ("words",))
    bytes: Base64 | UnsetType = UNSET
    words: Sequence[Handle] | UnsetType = UNSET
    at: Integer | None
    as_: Name


class Read(Call, tag="read"):
    """Read a buffer, or `length` bytes at an address."""

    answers: ClassVar[Any] = Held
    either: ClassVar[Sequence[Sequence[str]]] = (("buffer",), ("at", "length"))
    buffer: Name | UnsetType = UNSET
    at: Integer | UnsetType = UNSET
    length: Annotated[int, Meta(ge=0, le=2**20)] | UnsetType = UNSET


class Overwrite(Call, tag="overwrite"):
    """Write other `bytes` to a buffer, or `fill` it with one."""

    answers: ClassVar[Any] = Done
    either: ClassVar[Sequence[Sequence[str]]] = (("fill",), ("bytes",))
    buffer: Name
    fill: Annotated[int, Meta(ge=0, le=255)] | UnsetType = UNSET
    bytes: Base64 | UnsetType = UNSET


class Grow(Call, tag="grow"):
    """Ask for more memory."""

    answers: ClassVar[Any] = Grown
    pages: Annotated[int, Meta(ge=0, le=2**16)]


class Reuse(Call, tag="reuse"):
    """Let later calls have the memory of what earlier ones were given."""

    answers: ClassVar[Any] = Done


class Forget(Call, tag="forget"):
    """Forget all handles and buffers."""

    answers: ClassVar[Any] = Forgotten


CALLS: tuple[type[Call], ...] = (
    *(Hello, Load, LoadByName, InitExecutionContext, SetInput, Compute, GetOutput, Raw),
    *(Place, Read, Overwrite, Grow, Reuse, Forget, Trap, Exit),
)
"""All that the probe can be asked."""
