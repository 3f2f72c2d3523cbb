"""What the probes of components are asked, and what they reply: the functions and methods of `wasi:nn`.

Not every tag has every call: the older ones set and get tensors one by one, the newest hands all of them to `compute`.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from .wire import U32, Answer, Call, Done, Exit, Hello, Name, Text, Trap

# What the schema says of it is in protocol_schema: JSON has no classes to tell the forms apart by.
Handle = Annotated[int | str | Mapping[str, str], Meta(extra_json_schema={"$ref": "#/$defs/RESOURCE"})]
"""The name of a kept resource, a number, or `{number: NAME}`."""


class Success(Answer, tag_field="result", tag="ok"):
    """`ok`."""


class TensorAnswer(Answer):
    """What the getters of a tensor gave."""

    dims: list[U32]
    type: str
    data: bytes


class NamedTensor(TensorAnswer):
    """An output of `compute`. `name_bytes` is there if the name is no UTF-8."""

    name: str
    name_bytes: bytes | UnsetType = UNSET


class Computed(Answer, tag_field="result", tag="ok"):
    """`ok`, with all outputs."""

    outputs: list[NamedTensor]


class Got(TensorAnswer, tag_field="result", tag="ok"):
    """`ok`, with one output."""


class Failure(Answer, tag_field="result", tag="err"):
    """`err`: what the error's `code` and `data` gave. `data_bytes` is there if the data is no UTF-8."""

    code: str
    data: str
    data_bytes: bytes | UnsetType = UNSET


class UnreadFailure(Answer, tag_field="result", tag="err"):
    """`err`, of which the probe was to ask no more."""


class Dimensions(Answer):
    """What `tensor.dimensions` gave."""

    dims: list[U32]


class TypeName(Answer):
    """What `tensor.ty` gave."""

    type: str


class Data(Answer):
    """What `tensor.data` gave."""

    data: bytes


class Code(Answer):
    """What `error.code` gave."""

    code: str


class ErrorText(Answer):
    """What `error.data` gave. `data_bytes` is there if it is no UTF-8."""

    data: str
    data_bytes: bytes | UnsetType = UNSET


class Forgotten(Answer):
    """How many names there were, and how many resources were dropped."""

    handles: Annotated[int, Meta(ge=0)]
    dropped: Annotated[int, Meta(ge=0)]


class Tensor(Call, tag="tensor"):
    """Call the constructor of `tensor`."""

    answers: ClassVar[Any] = Done
    dims: Sequence[U32]
    type: str
    data: bytes
    as_: Name


class TensorDimensions(Call, tag="tensor_dimensions"):
    """Call `tensor.dimensions`."""

    answers: ClassVar[Any] = Dimensions
    tensor: Handle


class TensorTy(Call, tag="tensor_ty"):
    """Call `tensor.ty`."""

    answers: ClassVar[Any] = TypeName
    tensor: Handle


class TensorData(Call, tag="tensor_data"):
    """Call `tensor.data`."""

    answers: ClassVar[Any] = Data
    tensor: Handle


class Fallible(Call, kw_only=True):
    """A call that may give an error. It is kept under the name `error`, and asked for what it says unless `unread`.

    `gives` is the type of the reply to a success.
    """

    gives: ClassVar[Any] = Success
    error: Name | UnsetType = UNSET
    unread: bool | UnsetType = UNSET

    @property
    def answer_type(self) -> Any:
        """The type of the reply."""
        return self.gives | (UnreadFailure if self.unread is True else Failure)


class Load(Fallible, tag="load"):
    """Call `load`."""

    builders: Sequence[bytes]
    encoding: str
    target: str
    as_: Name | UnsetType = UNSET


class LoadByName(Fallible, tag="load_by_name"):
    """Call `load-by-name`."""

    name: Text
    as_: Name | UnsetType = UNSET


class InitExecutionContext(Fallible, tag="init_execution_context"):
    """Call `graph.init-execution-context`."""

    graph: Handle
    as_: Name | UnsetType = UNSET


class ComputeAtOnce(Fallible, tag="compute"):
    """Call `compute` of a tag that passes all inputs and all outputs with it."""

    gives: ClassVar[Any] = Computed
    context: Handle
    inputs: Sequence[tuple[Text, Handle]]
    as_: Name | UnsetType = UNSET


class Compute(Fallible, tag="compute"):
    """Call `compute` of a tag that sets inputs and gets outputs one by one."""

    context: Handle


class SetInput(Fallible, tag="set_input"):
    """Call `set-input`."""

    context: Handle
    name: Text
    tensor: Handle


class GetOutput(Fallible, tag="get_output"):
    """Call `get-output`."""

    gives: ClassVar[Any] = Got
    context: Handle
    name: Text
    as_: Name | UnsetType = UNSET


class NewError(Call, tag="error"):
    """Call the constructor of `error`, which one tag has."""

    answers: ClassVar[Any] = Done
    code: str
    data: Text
    as_: Name


class ErrorCode(Call, tag="error_code"):
    """Call `error.code`."""

    answers: ClassVar[Any] = Code
    error: Handle


class ErrorData(Call, tag="error_data"):
    """Call `error.data`."""

    answers: ClassVar[Any] = ErrorText
    error: Handle


class Drop(Call, tag="drop"):
    """Drop a resource."""

    answers: ClassVar[Any] = Done
    kind: Literal["context", "graph", "tensor", "error"]
    handle: Handle


class Reuse(Call, tag="reuse"):
    """Let later calls have the memory of what earlier ones were given."""

    answers: ClassVar[Any] = Done


class Forget(Call, tag="forget"):
    """Forget all names, and drop what the probe still owns."""

    answers: ClassVar[Any] = Forgotten


CALLS: tuple[type[Call], ...] = (
    *(Hello, Tensor, TensorDimensions, TensorTy, TensorData, Load, LoadByName, InitExecutionContext),
    *(ComputeAtOnce, Compute, SetInput, GetOutput, NewError, ErrorCode, ErrorData, Drop, Reuse, Forget, Trap, Exit),
)
"""All that a probe of some tag can be asked."""
