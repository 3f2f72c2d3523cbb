"""The protocol between the suite and a probe: what goes over standard input and output, one JSON object a line.

`Call` is the base of all requests, `Answer` that of all replies. The calls of core modules are in `witx_calls`, those
of components in `wit_calls`; what both have is here. Fields have the names of docs/protocol.md (`as` is `as_`), and
bytes are bytes: they are base64 on the line only.
"""

import base64
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

PROTOCOL = 2
"""The version that the driver and its probes speak; docs/protocol.md describes it."""

U32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=256, description="what is kept has this name")]


class ProtocolError(ValueError):
    """A line that is no reply to its request; the message names the call, and the key if one is at fault."""


class Answer(Struct, omit_defaults=True):
    """What a probe replies. Keys that nobody knows are skipped: a later probe may say more."""


class Call(
    Struct,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="call",
    rename={"as_": "as"},
):
    """What a probe is asked.

    `answers` is the type of the reply, `None` where there is none. Of the groups of keys in `either` one is wanted.
    """

    answers: ClassVar[Any] = None
    either: ClassVar[Sequence[Sequence[str]]] = ()

    @property
    def answer_type(self) -> Any:
        """The type of the reply to this very request."""
        return self.answers


class Refusal(Answer):
    """The probe did nothing, because it cannot read or carry out the request."""

    error: str


class Done(Answer):
    """The probe did what it was asked, and there is nothing to tell."""


class ProbeIdentity(Answer):
    """The reply to `hello`: which probe it is, and in which protocol it speaks."""

    abi: str
    protocol: int
    probe: str


class Hello(Call, tag="hello"):
    """Ask the probe who it is."""

    answers: ClassVar[Any] = ProbeIdentity


class Trap(Call, tag="trap"):
    """Execute `unreachable`."""


class Exit(Call, tag="exit"):
    """End with an exit code."""

    code: Annotated[int, Meta(ge=0, le=125)]


Base64 = bytes
"""Bytes, for classes in which `bytes` is the name of a field."""


class ByteString(Struct, forbid_unknown_fields=True):
    """Bytes that need not be UTF-8, where a string is wanted."""

    bytes: Base64


Text = str | ByteString
"""A string of a request."""

Guards = Literal["untouched", "touched"]

_encoder = msgspec.json.Encoder()
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def encode_request(request: Call) -> bytes:
    """Return the line of a request, without its line feed. Raises `ValueError` for a string that is no Unicode."""
    return _encoder.encode(request)


def numbered(request: bytes, number: int) -> bytes:
    """Return the line of a request with its number, which stands first: a line too long to be read has one still."""
    return b'{"id":%d,%b' % (number, request.removeprefix(b"{"))


def reply_to(number: int | None, text: bytes) -> bytes | None:
    """Return `text` without the number, if it is the reply to the request of this number; else None.

    Whatever else a host prints has no number or another one. Only `hello` is asked without, so that probes of every
    protocol answer it: its reply is the one that tells a protocol.
    """
    try:
        reply = _members.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if number is None:
        return text if "protocol" in reply else None
    own = bytes(reply.pop("id", b""))
    return _encoder.encode(reply) if own == b"%d" % number else None


def read_reply(request: Call, raw: bytes) -> Answer:
    """Read the line of a reply, without `@@`: a `Refusal`, or what `request.answer_type` says.

    Raises `ProtocolError` for what is neither.
    """
    try:
        if b'"error"' in raw and (refused := _decoder(_PerhapsRefusal).decode(raw)).error is not UNSET:
            return Refusal(error=refused.error)
        if request.answer_type is not None:
            answer: Answer = _decoder(request.answer_type).decode(raw)
            return answer
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProtocolError(f"the probe's reply to `{_name(request)}` is not of protocol {PROTOCOL}: {error}") from None
    raise ProtocolError(f"the probe replied to `{_name(request)}`, which has no reply")


class _PerhapsRefusal(Struct):
    error: str | UnsetType = UNSET


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _name(request: Call) -> str:
    return str(request.__struct_config__.tag)


def encode(data: bytes) -> str:
    """Return bytes in base64."""
    return base64.b64encode(data).decode("ascii")
