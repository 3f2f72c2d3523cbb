"""The first words with a process of the host: who answers, and in which protocol."""

from wasi_nn_conformance.session.wire import (
    PROTOCOL,
    Hello,
    ProbeIdentity,
    ProtocolError,
    Refusal,
    encode_request,
    read_reply,
)

from .adapter import Adapter, AdapterError
from .probe_process import Ended, ProbeProcess, Silent, exit_words

_PRINTED = 600  # characters of what the host printed that a complaint has room for


class EndedAtOnceError(AdapterError):
    """The host ended before its guest said a word, as one does that does not understand its command line."""


class LateError(AdapterError):
    """No probe answered in time, as happens where the machine is busy with other things."""


def handshake(process: ProbeProcess, adapter: Adapter, abi: str) -> ProbeIdentity:
    """Ask the probe who it is, and check the answer.

    Raises `AdapterError`: no verdict on the host is possible then, and the process is ended.
    """
    try:
        return _identity(process, adapter, abi)
    except BaseException:
        process.close()
        raise


def _identity(process: ProbeProcess, adapter: Adapter, abi: str) -> ProbeIdentity:
    answer = process.greet(encode_request(Hello()), adapter.limits.hello_seconds)
    if isinstance(answer, Ended | Silent):
        kind = EndedAtOnceError if isinstance(answer, Ended) else LateError
        raise kind(f"{adapter.name}: {_no_answer(answer, adapter)}")
    try:
        identity = read_reply(Hello(), answer)
    except ProtocolError as error:
        raise AdapterError(f"{adapter.name}: {error}") from None
    if isinstance(identity, Refusal):
        raise AdapterError(f"{adapter.name}: the probe refused the call `hello`: {identity.error}")
    assert isinstance(identity, ProbeIdentity)
    if identity.protocol != PROTOCOL:
        raise AdapterError(
            f"{adapter.name}: the probe speaks protocol {identity.protocol}, this suite {PROTOCOL};"
            " use the probe that came with this suite"
        )
    if identity.abi != abi:
        raise AdapterError(f"{adapter.name}: the probe speaks ABI {identity.abi!r} where {abi!r} was started")
    return identity


def _no_answer(answer: Ended | Silent, adapter: Adapter) -> str:
    printed = f"it printed: {answer.printed[-_PRINTED:]}" if answer.printed else "it printed nothing"
    if isinstance(answer, Ended):
        return f"the host ended with {exit_words(answer.code)} before the probe answered `hello`; {printed}"
    return (
        f"the host gave no sign of the probe within {answer.seconds:g} s; {printed};"
        f" if it only starts slowly, set a larger `hello_seconds` under [limits] in {adapter.path}"
    )
