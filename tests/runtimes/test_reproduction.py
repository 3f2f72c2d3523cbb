"""The command that shows a finding in a checkout, with nothing but the runtime."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sample_report import case_result

from programs import programs
from reproduction import command

FINDINGS = Path(__file__).resolve().parents[2] / "docs" / "findings"
NEW, KEPT = FINDINGS / "not-kept", next(FINDINGS.glob("*-witx-*.jsonl")).with_suffix("")
SAID = ("> {}", "< @@{}")
ROUNDS = ("> (round 1)", "< (it begins)", *SAID, "> (rounds 2 to 500)", "< (as the first)")
RUN = "wasmtime run -S nn guests/prebuilt/probe-witx.wasm"
AGAIN = "for round in $(seq 500); do cat docs/findings/{}.round.jsonl; done"


@pytest.mark.parametrize(
    ("transcript", "kept", "expected"),
    [
        (SAID, KEPT, f"{RUN} < docs/findings/{KEPT.name}.jsonl"),
        (ROUNDS, NEW, f"{AGAIN.format(NEW.name)} | {RUN}"),
        (
            (*SAID, *ROUNDS),
            KEPT,
            f"{{ cat docs/findings/{KEPT.name}.jsonl; {AGAIN.format(KEPT.name)}; }} | {RUN}",
        ),
    ],
    ids=["lines", "rounds alone", "lines and rounds"],
)
def test_a_command_gives_the_lines_and_each_round(
    monkeypatch: pytest.MonkeyPatch, transcript: tuple[str, ...], kept: Path, expected: str
) -> None:
    monkeypatch.setenv("WASMTIME", sys.executable)  # an adapter wants its program to be there
    case = case_result("fail", transcript=transcript, encoding="openvino")
    assert command(case, programs()["49.0.4"], kept) == expected
