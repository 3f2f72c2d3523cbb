import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from wasi_nn_conformance.run.adapter import AdapterError
from wasi_nn_conformance.run.lookahead import Lookahead
from wasi_nn_conformance.run.probe_process import ProbeProcess
from wasi_nn_conformance.run.turn import BrokenOffError, Turn
from wasi_nn_conformance.vectors.case import Case

if TYPE_CHECKING:
    from wasi_nn_conformance.run.host_pool import Host

SECONDS = 20.0  # nothing waits so long unless it fails


class ScriptedHost:
    """A host that does with each case, told by its name, what a test says, and remembers which it began."""

    def __init__(self, **scripts: Callable[[], object]) -> None:
        self.turn = Turn()
        self.begun: list[str] = []
        self._scripts = scripts

    def serve(self, case: Any) -> Any:
        self.begun.append(case.name)
        self._scripts.get(case.name, lambda: None)()
        return case.name

    def wait(self, event: threading.Event) -> None:
        assert self.turn.let(lambda: event.wait(SECONDS))


def case(name: str, abi: str, encoding: str | None = None) -> Case:
    return cast("Case", SimpleNamespace(name=name, abi=abi, encoding=encoding))


def lookahead(host: ScriptedHost, cases: Sequence[Case | None], at_once: int = 2) -> Lookahead:
    return Lookahead(cast("Host", host), cases, at_once)


def served(host: ScriptedHost, cases: Sequence[Case | None]) -> list[Any]:
    with closing(lookahead(host, cases)) as ahead, host.turn:
        return [ahead.serve(each) for each in cases if each]


def test_the_next_case_is_served_beside_the_one_that_has_its_turn() -> None:
    met = threading.Barrier(2)
    host = ScriptedHost(
        first=lambda: host.turn.let(lambda: met.wait(SECONDS)),
        second=lambda: host.turn.let(lambda: met.wait(SECONDS)),
    )
    assert served(host, [case("first", "witx"), case("second", "wit")]) == ["first", "second"]


def test_no_case_is_served_before_one_of_its_pair_is_judged() -> None:
    other = threading.Event()
    host = ScriptedHost(first=lambda: host.wait(other), other=other.set)
    cases = [case("first", "witx", "onnx"), case("second", "witx", "onnx"), case("other", "witx", "openvino")]
    with closing(lookahead(host, cases)) as ahead, host.turn:
        ahead.serve(cases[0])
        assert sorted(host.begun) == ["first", "other"]


def test_nothing_is_served_past_what_else_uses_the_host() -> None:
    host = ScriptedHost()
    cases = [case("first", "witx"), None, case("second", "wit")]
    with closing(lookahead(host, cases)) as ahead, host.turn:
        ahead.serve(cast("Case", cases[0]))
    assert host.begun == ["first"]


def test_a_case_of_nobody_s_order_is_served_when_asked_for() -> None:
    host = ScriptedHost()
    with closing(lookahead(host, [])) as ahead, host.turn:
        assert cast("str", ahead.serve(case("first", "witx"))) == "first"


def test_what_goes_wrong_ahead_is_told_when_the_case_has_its_turn() -> None:
    failed = threading.Event()

    def fail() -> None:
        failed.set()
        raise AdapterError("no process")

    host = ScriptedHost(first=lambda: host.wait(failed), second=fail)
    cases = [case("first", "witx"), case("second", "wit")]
    with closing(lookahead(host, cases)) as ahead, host.turn:
        ahead.serve(cases[0])
        with pytest.raises(AdapterError, match="no process"):
            ahead.serve(cases[1])


def test_after_an_interrupt_a_case_is_served_when_it_has_its_turn() -> None:
    begun = threading.Event()

    def interrupt() -> None:
        host.wait(begun)
        raise KeyboardInterrupt

    host = ScriptedHost(first=interrupt, second=begun.set)
    cases = [case("first", "witx"), case("second", "wit"), case("third", "wit")]
    with closing(lookahead(host, cases)) as ahead, host.turn:
        with pytest.raises(KeyboardInterrupt):
            ahead.serve(cases[0])
        assert [ahead.serve(each) for each in cases[1:]] == ["second", "third"]
    assert sorted(host.begun) == ["first", "second", "second", "third"]


def test_a_conversation_that_nobody_wants_any_more_is_broken_off_and_its_process_ended(
    miniature: Callable[[str], Sequence[str]],
) -> None:
    turn = Turn()
    turn.is_over = True
    with ProbeProcess(miniature("silent"), {}, turn) as process, turn:
        with pytest.raises(BrokenOffError):
            process.ask(b"{}", SECONDS)
        assert not process.usable


def test_others_have_the_turn_while_one_waits() -> None:
    turn = Turn()
    taken = threading.Event()

    def take() -> None:
        with turn:
            taken.set()

    with turn:
        other = threading.Thread(target=take)
        other.start()
        assert turn.let(lambda: taken.wait(SECONDS))
    other.join()
