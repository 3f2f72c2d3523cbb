"""A finding becomes a vector that every host is asked, once it has failed as it says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from wasi_nn_conformance.commands.promote import RefusedError, main, promote
from wasi_nn_conformance.formats.document import InputError, read_yaml
from wasi_nn_conformance.fuzz.finding import digest, written
from wasi_nn_conformance.fuzz.target import Fields, FuzzTarget
from wasi_nn_conformance.paths import VECTORS
from wasi_nn_conformance.results.case_result import CaseResult, Judgement
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation
from wasi_nn_conformance.run.library import Library

WHY = "a host that indexes a table with the number reads where it must not"
FIELDS: Fields = {
    "id": "fuzz/errors/context-handle",
    "clause": "handle.unknown-context",
    "why": "a reason as it was drawn",
    "abi": ["witx"],
    "steps": [{"compute": {"context": {"raw": 13}}, "fails": {}}],
}


def crashed(fields: Fields) -> CaseResult:
    library = Library()
    case = FuzzTarget("witx", "onnx", library, registers=False).case(fields, Path("drawn.yaml"))
    crash = Violation("crash", wanted="an error", subject="signal SIGABRT", call="compute", step=1)
    died = Judgement(Verdict.CRASH, (crash,))
    return CaseResult.of(case, [died], 0.0, ())


@pytest.fixture
def finding(tmp_path: Path) -> Path:
    """The file of a finding: a host died of context 13."""
    path = tmp_path / "finding.yaml"
    path.write_text(written({**FIELDS, "id": f"{FIELDS['id']}/{digest(FIELDS, crashed(FIELDS))}"}), "utf-8")
    return path


@pytest.fixture
def mortal(adapter_file: Callable[..., Path], tmp_path: Path) -> str:
    """A host that dies of context 13."""
    return str(adapter_file(f"mortal {tmp_path / 'starts'}"))


def test_a_finding_joins_the_regressions_of_its_kind(finding: Path, mortal: str, tmp_path: Path) -> None:
    target = promote(finding, mortal, WHY, tmp_path / "regressions", "no-context")

    (vector,) = Library([target]).vectors(target)
    assert target.name == "errors.yaml"
    assert (vector.id, vector.clause, vector.why) == ("regressions/errors/no-context", "handle.unknown-context", WHY)


def test_a_finding_may_be_written_short_and_joins_in_full(finding: Path, mortal: str, tmp_path: Path) -> None:
    text = finding.read_text("utf-8").replace("  abi: [witx]\n", "")
    assert text != finding.read_text("utf-8")
    finding.write_text(f"defaults: {{abi: [witx]}}\nvectors:\n{text}", "utf-8")

    (fields,) = read_yaml(promote(finding, mortal, WHY, tmp_path / "regressions")).data
    assert fields["steps"] == FIELDS["steps"]


def test_a_finding_is_for_all_that_can_say_it(finding: Path, mortal: str, tmp_path: Path) -> None:
    (fields,) = read_yaml(promote(finding, mortal, WHY, tmp_path / "regressions")).data

    assert "abi" not in fields
    assert fields["steps"] == FIELDS["steps"]


def test_the_second_finding_joins_the_first(finding: Path, mortal: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        target = promote(finding, mortal, WHY, tmp_path / "regressions", name)

    ids = [vector.id for vector in Library([target]).vectors(target)]
    assert ids == ["regressions/errors/one", "regressions/errors/two"]


def test_an_id_is_given_once(finding: Path, mortal: str, tmp_path: Path) -> None:
    promote(finding, mortal, WHY, tmp_path / "regressions", "one")

    with pytest.raises(RefusedError, match="regressions/errors/one is there already"):
        promote(finding, mortal, WHY, tmp_path / "regressions", "one")


def test_a_host_that_does_not_fail_is_no_reason(
    finding: Path, adapter_file: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(RefusedError, match=r"it does not fail on .*: pass"):
        promote(finding, str(adapter_file("errors")), WHY, tmp_path / "regressions")


def test_a_host_that_fails_otherwise_is_no_reason(
    finding: Path, adapter_file: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(RefusedError, match=r"fails otherwise than its id tells: crash: .*exit code 3"):
        promote(finding, str(adapter_file("exits 3")), WHY, tmp_path / "regressions")


def test_what_a_vector_says_already_is_refused(mortal: str, tmp_path: Path) -> None:
    fields = read_yaml(VECTORS / "regressions" / "sequences.yaml").data[0]
    path = tmp_path / "again.yaml"
    path.write_text(written({**fields, "id": "fuzz/sequences/calls/0a1b2c3d"}), "utf-8")

    with pytest.raises(RefusedError, match=f"{fields['id']} says the same already"):
        promote(path, mortal, WHY, tmp_path / "regressions")


def test_a_vector_that_was_not_drawn_is_refused(mortal: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="is none of a finding"):
        promote(VECTORS / "regressions" / "sequences.yaml", mortal, WHY, tmp_path / "regressions")


@pytest.mark.parametrize(("why", "name"), [("short", "no-context"), (WHY, "No Context")])
def test_nothing_is_written_that_is_no_vector(finding: Path, mortal: str, tmp_path: Path, why: str, name: str) -> None:
    with pytest.raises(InputError):
        promote(finding, mortal, why, tmp_path / "regressions", name)

    assert not (tmp_path / "regressions").exists()


def test_the_command_says_why_it_refuses(
    finding: Path, adapter_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main([str(finding), "--impl", str(adapter_file("errors")), "--why", WHY])

    assert (status, "wasi-nn promote: " in capsys.readouterr().err) == (2, True)
