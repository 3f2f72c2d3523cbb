"""What a failed call says to the user, and faults of the host itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from direct_guest import IR, RUNTIME_ERROR, TOO_LARGE, DirectGuest

from wasi_nn_reference.host import Host

if TYPE_CHECKING:
    import pytest


def test_a_fault_of_ours_is_a_runtime_error_and_one_line(
    guest: DirectGuest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("/home/me/secret")

    monkeypatch.setattr(Host, "compute", fail)
    assert guest.call("compute", guest.context(guest.load(IR, b""))) == RUNTIME_ERROR
    assert capsys.readouterr().err == "wasi-nn: compute: runtime_error: a fault in the host, KeyError\n"


def test_no_memory_left_in_the_host(guest: DirectGuest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Host, "compute", fail)
    assert guest.call("compute", guest.context(guest.load(IR, b""))) == TOO_LARGE


def test_a_failed_call_is_silent(guest: DirectGuest, capsys: pytest.CaptureFixture[str]) -> None:
    guest.call("compute", 0)
    assert capsys.readouterr().err == ""


def test_a_failed_call_tells_why_when_asked_to(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    DirectGuest(host, verbose=True).call("compute", 5)
    assert capsys.readouterr().err == "wasi-nn: compute: invalid_argument: 5 is no execution context handle\n"
