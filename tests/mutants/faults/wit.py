"""Faults in the WIT ABIs: operations, resources, and how values cross."""

from __future__ import annotations

from mutant import WIT_06_25, WIT_08_19, WIT_10_28, module, mutant, put, replace, rewritten, swap

_OPERATIONS, _TABLE, _VALUES = "abi.wit.operations:Operations", "abi.wit.resources:ResourceTable", "abi.wit.values:"
_COMPUTE = f"{_OPERATIONS}.compute_named"
_OLDER = (WIT_06_25, WIT_08_19)
_GIVEN_TWICE = 'raise invalid_argument(f"the input {_short(name)} is given twice")'
_ANSWER = "return [(port.name, tensor) for port, tensor in zip(context.graph.outputs, tensors, strict=True)]"


def _fault(  # noqa: PLR0917 - one line for each mutant
    name: str, breaks: str, target: str, old: str, new: str, abis: tuple[str, ...] | str = WIT_10_28
) -> None:
    rewritten(f"wit/{name}", breaks, abis, target, old, new)


@mutant("wit/u8-is-i32", "the tensor types U8 and I32 stand for each other", WIT_10_28)
def _() -> None:
    swap(module("abi.wit.world").TENSOR_TYPE.values, "U8", "I32")


@mutant("wit/bf16-is-fp16", "BF16 is FP16", WIT_10_28)
def _() -> None:
    types = module("abi.wit.world").TENSOR_TYPE.values
    put(types, "BF16", types["FP16"])


@mutant("wit/types-of-witx", "tensor types are those that witx numbers so: U8 for BF16, and all behind it", WIT_08_19)
def _() -> None:
    types = module("abi.wit.world").TENSOR_TYPE.values
    given = dict(types)
    for name, other in {"BF16": "U8", "U8": "I32", "I32": "I64"}.items():
        put(types, name, given[other])


@mutant(
    "wit/ggml-is-autodetect", "ggml and autodetect stand for each other, as a shared table of numbers has it", WIT_10_28
)
def _() -> None:
    swap(module("abi.wit.world").GRAPH_ENCODING.values, "ggml", "autodetect")


@mutant("wit/encodings-swapped", "openvino and onnx stand for each other", WIT_08_19)
def _() -> None:
    swap(module("abi.wit.world").GRAPH_ENCODING.values, "openvino", "onnx")


@mutant("wit/error-code-off-by-one", "the code of an error is the one behind it in the enum", WIT_06_25)
def _() -> None:
    codes = module("abi.wit.world").ERROR_CODE.values
    given = list(codes.values())
    for index, name in enumerate(list(codes)[:-1]):
        put(codes, name, given[index - 1])


@mutant("wit/not-found-is-unknown", "a missing name is `unknown`", WIT_10_28)
def _() -> None:
    swap(module("abi.wit.world").ERROR_CODE.values, "not-found", "unknown")


@mutant("wit/one-error", "all errors have the text of the newest", WIT_08_19)
def _() -> None:
    operations = module("abi.wit.operations")
    newest = []
    made = operations.ErrorValue.__init__

    def remember(self: object, code: object, data: str, size: int = 0) -> None:
        made(self, code, data, size)
        newest[:] = [data]

    replace(operations.ErrorValue, "__init__", remember)
    replace(operations.Operations, "error_data", lambda _self, _error: newest[0])


@mutant("wit/leak-of-handles", "what is dropped stays in a table that has room for 512", WIT_10_28)
def _() -> None:
    table = module("abi.wit.resources").ResourceTable
    insert = table.insert

    def insert_counted(self: object, kind: object, value: object, size: int = 0) -> int:
        representation = insert(self, kind, value, size)
        if representation % 0x1_0000 > 1200:
            raise module("abi.wit.resources").CallTrapError("no room")
        return int(representation)

    replace(table, "insert", insert_counted)


_fault(
    "first-of-duplicates",
    "of two inputs of one name the first counts",
    _COMPUTE,
    _GIVEN_TWICE,
    "inputs = list({name: tensor for name, tensor in reversed(inputs)}.items())\n            break",
)
_fault(
    "duplicates-shift",
    "the second of two inputs of one name goes to the next input",
    _COMPUTE,
    _GIVEN_TWICE,
    "inputs = [(port.name, tensor) for port, (_, tensor) in zip(context.graph.inputs, inputs)]",
)
_fault(
    "unknown-input-ignored",
    "an input that the model does not have is dropped",
    _COMPUTE,
    "for name, tensor in inputs:",
    "for name, tensor in ((n, t) for n, t in inputs if n in {port.name for port in context.graph.inputs}):",
)
_fault(
    "inputs-in-order-given",
    "inputs are taken in the order in which they are given, whatever their names",
    _COMPUTE,
    "for name, tensor in inputs:",
    "for name, tensor in ((context.graph.inputs[i].name, t) for i, (_, t) in enumerate(inputs)):",
)
_fault(
    "inputs-kept",
    "inputs of an earlier compute take the place of those that are missing",
    _COMPUTE,
    "    finally:\n        context.inputs.clear()\n",
    "    finally:\n        context.inputs = type('Kept', (dict,), {'clear': lambda _: None})(context.inputs)\n",
)
_fault("first-output-only", "compute gives one output", _COMPUTE, _ANSWER, _ANSWER.removesuffix("]") + "][:1]")
_fault(
    "outputs-by-index",
    "outputs are called by their index",
    _COMPUTE,
    _ANSWER,
    "return [(str(index), tensor) for index, tensor in enumerate(tensors)]",
)
_fault(
    "output-names-swapped",
    "outputs have each other's names",
    _COMPUTE,
    "zip(context.graph.outputs, tensors, strict=True)",
    "zip(context.graph.outputs[::-1], tensors, strict=True)",
)
_fault("outputs-twice", "each output comes twice", _COMPUTE, _ANSWER, _ANSWER + " * 2")
_fault("outputs-with-inputs", "the inputs are given back among the outputs", _COMPUTE, _ANSWER, _ANSWER + " + inputs")
_fault("no-outputs", "compute gives no output", _COMPUTE, _ANSWER, "return []")
_fault(
    "output-without-shape",
    "outputs have one dimension: their number of elements",
    f"{_OPERATIONS}._outputs",
    "GivenTensor(tensor.dimensions, ",
    "GivenTensor((len(tensor.data) // tensor.type.size,), ",
    WIT_06_25,
)
_fault(
    "output-of-bytes",
    "outputs are said to be U8",
    f"{_OPERATIONS}._outputs",
    "tensor.dimensions, tensor.type,",
    "tensor.dimensions, next(t for t in type(tensor.type) if t.value == 'u8'),",
    WIT_08_19,
)
_fault(
    "name-in-any-case",
    "capitals in the name of an input do not count",
    "abi.wit.operations:_index",
    "port.name == name",
    "port.name.lower() == name.lower()",
)
_fault(
    "name-of-any-prefix",
    "the beginning of a name is enough",
    "abi.wit.operations:_index",
    "port.name == name",
    "port.name.startswith(name)",
    WIT_08_19,
)
_fault(
    "name-trimmed",
    "spaces around a name do not count",
    "abi.wit.operations:_index",
    "port.name == name",
    "port.name == name.strip()",
    WIT_10_28,
)
_fault(
    "name-or-index",
    "an index is as good as a name",
    "abi.wit.operations:_index",
    "port.name == name",
    "name in (port.name, str(index))",
    WIT_08_19,
)
_fault(
    "only-name-is-any",
    "a model's only input or output has every name",
    "abi.wit.operations:_index",
    "port.name == name",
    "port.name == name or len(ports) == 1",
    WIT_08_19,
)
_fault(
    "get-output-first",
    "get-output gives the first output, whatever the name",
    f"{_OPERATIONS}.get_output",
    '_index(context.graph.outputs, name, "output")',
    "0",
    _OLDER,
)
_fault(
    "dimensions-reversed",
    "dimensions come back in the opposite order",
    f"{_OPERATIONS}.tensor_dimensions",
    "list(tensor.dimensions)",
    "list(tensor.dimensions[::-1])",
    WIT_10_28,
)
_fault(
    "dimensions-without-ones",
    "ones at the beginning do not come back",
    f"{_OPERATIONS}.tensor_dimensions",
    "list(tensor.dimensions)",
    "list(tensor.dimensions)[(tensor.dimensions[:1] == (1,)) :]",
    WIT_06_25,
)
_fault(
    "ty-is-f32",
    "every tensor says that it is FP32",
    f"{_OPERATIONS}.tensor_ty",
    "return tensor.type",
    "return next(each for each in type(tensor.type) if each.value == 'f32')",
    WIT_08_19,
)
_fault(
    "data-empty",
    "a tensor gives no data back",
    f"{_OPERATIONS}.tensor_data",
    "return tensor.data",
    "return b''",
    WIT_10_28,
)
_fault(
    "tensor-kept-by-data",
    "all tensors of the same data are one",
    f"{_OPERATIONS}.tensor",
    "return GivenTensor(tuple(dimensions), tensor_type, data)",
    "return self.__dict__.setdefault('kept', {}).setdefault(data, GivenTensor(tuple(dimensions), tensor_type, data))",
    WIT_06_25,
)
_fault(
    "error-code-once",
    "the code of an error is `unknown` when it is asked again",
    f"{_OPERATIONS}.error_code",
    "return error.code",
    "seen = self.__dict__.setdefault('seen', [])\n"
    "    seen.append(error)\n"
    "    return ErrorCode.UNKNOWN if sum(each is error for each in seen) > 1 else error.code",
    WIT_08_19,
)
_fault(
    "error-data-once",
    "the text of an error is gone when it is asked again",
    f"{_OPERATIONS}.error_data",
    "return error.data",
    "seen = self.__dict__.setdefault('seen', [])\n"
    "    seen.append(error)\n"
    "    return '' if sum(each is error for each in seen) > 1 else error.data",
    WIT_10_28,
)
_fault(
    "new-error-is-unknown",
    "an error that the guest makes has the code `unknown`",
    f"{_OPERATIONS}.error",
    "ErrorValue(code,",
    "ErrorValue(ErrorCode.UNKNOWN,",
    WIT_06_25,
)
_fault(
    "new-error-without-text",
    "an error that the guest makes has no text",
    f"{_OPERATIONS}.error",
    "ErrorValue(code, data,",
    "ErrorValue(code, '',",
    WIT_06_25,
)
_fault(
    "new-error-in-ascii",
    "the text of a guest's error comes back in ASCII",
    f"{_OPERATIONS}.error",
    "ErrorValue(code, data,",
    "ErrorValue(code, data.encode('ascii', 'replace').decode(),",
    WIT_06_25,
)
_fault(
    "first-builder-only",
    "load uses the first builder",
    f"{_OPERATIONS}.load",
    "tuple(builders)",
    "tuple(each if index == 0 else b'' for index, each in enumerate(builders))",
    WIT_06_25,
)
_fault(
    "builders-swapped",
    "load takes the builders in the opposite order",
    f"{_OPERATIONS}.load",
    "tuple(builders)",
    "tuple(reversed(builders))",
)
_fault(
    "builder-limit",
    "a builder has at most 16 KiB",
    f"{_OPERATIONS}.load",
    "tuple(builders)",
    "tuple(each[:16384] for each in builders)",
    WIT_08_19,
)
_fault(
    "strings-in-ascii",
    "strings for the guest are cut to ASCII",
    f"{_VALUES}String.write",
    "ffi.str_to_capi(value)",
    "ffi.str_to_capi(value.encode('ascii', 'replace').decode())",
)
_fault(
    "strings-cut-at-nul",
    "strings of the guest end at their first zero",
    f"{_VALUES}String.read",
    "return _text(record.of.string)",
    "return _text(record.of.string).partition('\\0')[0]",
)
_fault(
    "u32-cut-to-u16",
    "the upper half of a dimension does not count",
    f"{_VALUES}U32.read",
    "value: int = record.of.u32",
    "value: int = record.of.u32 & 0xFFFF",
    WIT_10_28,
)
_fault(
    "u32-written-as-i32",
    "dimensions for the guest stop at 2^31 - 1",
    f"{_VALUES}U32.write",
    "record.of.u32 = value",
    "record.of.u32 = min(value, 0x7FFF_FFFF)",
    WIT_06_25,
)
_fault(
    "last-byte-lost",
    "the last byte of data for the guest is zero",
    "abi.wit.list_u8:write",
    "_write_records(values, data)",
    "_write_records(values, data[:-1] + b'\\0')",
    WIT_08_19,
)
_fault(
    "bytes-signed",
    "bytes above 127 are cut to seven bits",
    "abi.wit.list_u8:read",
    "_read_records(values, values.size)",
    "_read_records(values, values.size).translate(bytes(i & 127 for i in range(256)))",
    WIT_10_28,
)
_fault(
    "large-lists-cut",
    "of a list only 64 KiB arrive",
    "abi.wit.list_u8:read",
    "values.size)",
    "min(values.size, 0x1_0000))",
    WIT_06_25,
)
_fault(
    "borrow-takes",
    "a getter takes the tensor",
    f"{_VALUES}Borrow.read",
    "scope.table.get(",
    "(scope.table.take if self.kind == 1 else scope.table.get)(",
    WIT_08_19,
)
_fault(
    "error-read-once",
    "an error is gone when its code was read",
    f"{_VALUES}Borrow.read",
    "scope.table.get(",
    "(scope.table.take if self.kind == 2 else scope.table.get)(",
    WIT_10_28,
)
_fault(
    "numbers-reused",
    "every resource has the number of the first",
    f"{_TABLE}.insert",
    "self._next += 1",
    "self._next += 0",
    WIT_06_25,
)
_fault(
    "numbers-of-tensors-wrap",
    "resources have one of 64 numbers",
    f"{_TABLE}.insert",
    "self._next += 1",
    "self._next = self._next % 64 + 1",
    WIT_08_19,
)
_fault(
    "drop-frees-all",
    "a drop forgets every resource of that kind",
    f"{_TABLE}.drop",
    "self.take(kind, representation)",
    "self._entries = {k: v for k, v in self._entries.items() if v.kind is not kind}",
    WIT_10_28,
)
_fault(
    "drop-graph-with-contexts",
    "a graph takes its contexts with it",
    f"{_TABLE}.drop",
    "self.take(kind, representation)",
    "graph = self.take(kind, representation)\n"
    "    self._entries = {k: v for k, v in self._entries.items() if getattr(v.value, 'graph', 0) is not graph}",
    WIT_06_25,
)
_fault(
    "double-free",
    "a tensor that compute takes is freed again by a failing call",
    _COMPUTE,
    "    finally:\n",
    "    except Exception:\n        self._table.take(1, 0)\n    finally:\n",
)
_fault(
    "traps-instead-of-error",
    "a call that fails traps",
    "abi.wit.calls:WitCalls._answer",
    "failure = ErrorValue(error.code, error.message)",
    "raise CallTrapError(error.message) from None",
    WIT_08_19,
)
_fault(
    "failure-dies",
    "a call that fails ends the host",
    "abi.wit.calls:WitCalls._answer",
    "failure = ErrorValue(error.code, error.message)",
    "__import__('os').abort()",
)
_fault(
    "few-resources",
    "a guest may have 100 resources",
    f"{_TABLE}.insert",
    "len(self._entries) >= self._limits.resources",
    "len(self._entries) >= 100",
    WIT_10_28,
)
_fault(
    "constructor-checks",
    "a tensor whose data do not fit ends the guest without a reason",
    f"{_OPERATIONS}.tensor",
    "return GivenTensor(tuple(dimensions), tensor_type, data)",
    "t = GivenTensor(tuple(dimensions), tensor_type, data)\n    t.checked()\n    return t",
    WIT_10_28,
)
