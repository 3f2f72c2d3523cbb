from collections.abc import Sequence
from typing import Any

import pytest

from wasi_nn_conformance.session import wit_calls as wit
from wasi_nn_conformance.session import witx_calls as witx
from wasi_nn_conformance.session.wire import (
    Answer,
    ByteString,
    Call,
    Done,
    Exit,
    Hello,
    ProtocolError,
    Refusal,
    Trap,
    encode_request,
    read_reply,
)

MEMORY = '"guards":"untouched","tail":"untouched","buffer":"touched"'


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (Hello(), '{"call":"hello"}'),
        (Exit(code=3), '{"call":"exit","code":3}'),
        (
            witx.Load(builders=[b"abc", b""], encoding={"end": 1}, target=-1, as_="g"),
            '{"call":"load","builders":["YWJj",""],"encoding":{"end":1},"target":-1,"as":"g"}',
        ),
        (witx.LoadByName(name=ByteString(bytes=b"\xff")), '{"call":"load_by_name","name":{"bytes":"/w=="}}'),
        (
            witx.SetInput(context="c", index=0, tensor=witx.Tensor(dims=(1, 2), type=1, data=b"\0")),
            '{"call":"set_input","context":"c","index":0,"tensor":{"dims":[1,2],"type":1,"data":"AA=="}}',
        ),
        (witx.Place(bytes=b"a", at=None, as_="b"), '{"call":"place","bytes":"YQ==","at":null,"as":"b"}'),
        (witx.Read(at=0, length=4), '{"call":"read","at":0,"length":4}'),
        (
            wit.ComputeAtOnce(context="c", inputs=[("a", "t"), ("b", {"number": "u"})], error="e"),
            '{"call":"compute","context":"c","inputs":[["a","t"],["b",{"number":"u"}]],"error":"e"}',
        ),
        (wit.GetOutput(context=7, name="ä"), '{"call":"get_output","context":7,"name":"ä"}'),
    ],
)
def test_a_request_has_the_keys_that_are_given(request_: Call, line: str) -> None:
    assert encode_request(request_) == line.encode()


def test_a_string_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        encode_request(wit.LoadByName(name="\ud800"))


@pytest.mark.parametrize(
    ("request_", "line", "reply"),
    [
        (witx.Compute(context="c"), '{"errno":0}', witx.Returned(errno=0)),
        (witx.Compute(context="c"), '{"errno":-1,"later":[{}]}', witx.Returned(errno=-1)),
        (
            witx.GetOutput(context="c", index=0, size=4),
            f'{{"errno":0,"value":2,"data":"AAE=",{MEMORY}}}',
            witx.Output(errno=0, value=2, guards="untouched", tail="untouched", buffer="touched", data=b"\0\1"),
        ),
        (
            witx.GetOutput(context="c", index=0, size=4),
            f'{{"errno":7,"value":2,{MEMORY}}}',
            witx.Output(errno=7, value=2, guards="untouched", tail="untouched", buffer="touched"),
        ),
        (
            witx.Raw(function="compute", arguments=[{"slot": "r"}]),
            '{"errno":0,"slots":{"r":4294967295},"guards":"touched","changed":["p"]}',
            witx.RawReturned(errno=0, slots={"r": 2**32 - 1}, guards="touched", changed=["p"]),
        ),
        (wit.Compute(context="c"), '{"result":"ok"}', wit.Success()),
        (
            wit.ComputeAtOnce(context="c", inputs=[]),
            '{"result":"ok","outputs":[{"name":"n","name_bytes":"bv8=","dims":[],"type":"U8","data":"AA=="}]}',
            wit.Computed(outputs=[wit.NamedTensor(name="n", name_bytes=b"n\xff", dims=[], type="U8", data=b"\0")]),
        ),
        (
            wit.Load(builders=[], encoding="onnx", target="cpu"),
            '{"result":"err","code":"unknown","data":"\\"error\\""}',
            wit.Failure(code="unknown", data='"error"'),
        ),
        (wit.LoadByName(name="n", unread=True), '{"result":"err"}', wit.UnreadFailure()),
        (wit.Drop(kind="error", handle="e"), "{}", Done()),
        (wit.Drop(kind="error", handle="e"), '{"error":"no \\"e\\""}', Refusal(error='no "e"')),
        (Trap(), '{"error":"unknown key"}', Refusal(error="unknown key")),
    ],
)
def test_a_reply_is_read_as_its_request_wants_it(request_: Call, line: str, reply: Answer) -> None:
    assert read_reply(request_, line.encode()) == reply


@pytest.mark.parametrize(
    ("request_", "line", "complaint"),
    [
        (witx.Compute(context="c"), b"{}", "`compute` is not of protocol 2: Object missing required field `errno`"),
        (witx.Compute(context="c"), b'{"errno":"0"}', r"Expected `int`, got `str` - at `\$.errno`"),
        (witx.Compute(context="c"), b'{"errno":2147483648}', r"Expected `int` <= 2147483647 - at `\$.errno`"),
        (witx.Compute(context="c"), b'{"error":3}', r"Expected `str`, got `int` - at `\$.error`"),
        (witx.Compute(context="c"), b"{", "truncated"),
        (
            witx.GetOutput(context="c", index=0, size=4),
            f'{{"errno":0,"value":2,{MEMORY}}}'.encode(),
            "missing required field `data`, as `errno` is 0",
        ),
        (witx.Read(buffer="b"), b'{"data":"AA==AA=="}', r"Invalid base64 encoded string - at `\$.data`"),
        (witx.Load(builders=[], encoding=0, target=0), b'{"errno":0,"value":1,"guards":"?"}', r"at `\$.guards`"),
        (wit.LoadByName(name="n"), b'{"result":"err"}', "missing required field `code`"),
        (wit.Compute(context="c"), b'{"result":"maybe"}', r"Invalid value 'maybe' - at `\$.result`"),
        (wit.Compute(context="c"), b'{"result":"err","code":"a"}', "missing required field `data`"),
        (wit.ErrorData(error="e"), b'{"data":"\xff"}', "invalid start byte|Invalid UTF-8"),
        (Trap(), b"{}", "the probe replied to `trap`, which has no reply"),
    ],
)
def test_what_is_no_reply_names_the_key(request_: Call, line: bytes, complaint: str) -> None:
    with pytest.raises(ProtocolError, match=complaint):
        read_reply(request_, line)


@pytest.mark.parametrize("calls", [witx.CALLS, wit.CALLS])
def test_each_class_of_calls_is_listed(calls: Sequence[type[Call]]) -> None:
    module: dict[str, Any] = vars(witx if calls is witx.CALLS else wit)
    classes = {value for value in module.values() if isinstance(value, type) and issubclass(value, Call)}
    assert {value for value in classes if not value.__subclasses__()} == set(calls)
