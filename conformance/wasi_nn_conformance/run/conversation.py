"""What is said to a probe and what comes back: the lines as they were sent, and the same in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.dialects import Dialect
from wasi_nn_conformance.dialects.exchange import Exchange
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.session.wire import Answer, Call, Done, ProtocolError, Refusal, encode_request, read_reply

from .adapter import Adapter
from .disclosure import said_by_guest
from .exit_code import kind_of_end
from .probe_process import Ended, ProbeProcess, Silent, exit_words


@dataclass
class Conversation:
    """What one case says to one process. `transcript` has two lines for each request, `exchanges` are the same."""

    process: ProbeProcess
    adapter: Adapter
    dialect: Dialect
    exchanges: list[Exchange] = field(default_factory=list)
    transcript: list[str] = field(default_factory=list)

    def note(self, done: str, came: str) -> None:
        """Write down what was done and what came of it where both are no lines."""
        self.transcript += [f"> ({done})", f"< ({came})"]
        self.exchanges.append(Exchange(done, came))

    def in_words(self, tag: Tag) -> Iterator[str]:
        """Write the transcript in words, a line for each of its lines."""
        for exchange in self.exchanges:
            yield from (exchange.asked(tag), exchange.answered(tag))

    def cut(self, length: int) -> None:
        """Leave out what was said behind the first `length` exchanges."""
        del self.exchanges[length:], self.transcript[2 * length :]

    def told(self) -> bytes:
        """Return what the guest has told the host: texts that this may repeat."""
        requests = [exchange.request for exchange in self.exchanges]
        return said_by_guest(request for request in requests if isinstance(request, Call))

    def ask(self, requests: Sequence[Call]) -> Outcome:
        """Send the requests, and read the reply to the last, or to the first that is none."""
        reply: Answer = Done()
        for request in requests:
            line = encode_request(request)
            self.transcript.append(f"> {line.decode()}")
            answer = self.process.ask(line, self.adapter.limits.call_seconds)
            self.exchanges.append(exchange := Exchange(request, "no answer"))
            if isinstance(answer, Silent):
                self.transcript.append("< (nothing)")
                return Outcome(Kind.HANG, detail=f"no answer within {answer.seconds:g} s", printed=answer.printed)
            if isinstance(answer, Ended):
                exchange.reply = f"the process ended: {exit_words(answer.code)}"
                self.transcript.append(f"< ({exchange.reply})")
                return self._end(answer)
            self.transcript.append(f"< @@{answer.decode('utf-8', 'replace')}")
            try:
                exchange.reply = reply = read_reply(request, answer)
            except ProtocolError as error:
                exchange.reply = str(error)
                return Outcome(Kind.BROKEN, detail=str(error))
            if isinstance(reply, Refusal):
                return Outcome(Kind.BROKEN, detail=f"the probe refused the request: {reply.error}")
        return self.dialect.outcome(reply)

    def _end(self, ended: Ended) -> Outcome:
        """Return the outcome of a process that ended: a trap, an error of the host or a crash, as the adapter says."""
        kind = kind_of_end(ended.code, ended.printed, self.adapter.exit_codes)
        return Outcome(kind, ended=exit_words(ended.code), printed=ended.printed)
