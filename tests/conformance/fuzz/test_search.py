from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from wasi_nn_conformance.formats.document import read_yaml
from wasi_nn_conformance.fuzz.finding import written
from wasi_nn_conformance.fuzz.kind import generated_by
from wasi_nn_conformance.fuzz.search import Result, Search, SuiteFaultError
from wasi_nn_conformance.fuzz.target import Fields, FuzzTarget
from wasi_nn_conformance.results.known_failures import KnownFailure, KnownFailures
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.adapter import AdapterError
from wasi_nn_conformance.run.examination import Examination
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.library import Library


@st.composite
def conversations(draw: st.DrawFn, target: FuzzTarget) -> Fields:
    """Compute in contexts that a miniature answers with an error, except for 13, of which it dies."""
    del target
    numbers = draw(st.lists(st.integers(0, 20), min_size=1, max_size=4))
    return {
        "id": "fuzz/toy/compute",
        "clause": "handle.unknown-context",
        "why": "because a host may get this wrong",
        "steps": [{"compute": {"context": {"raw": number}}, "fails": {}} for number in numbers],
    }


@pytest.fixture
def search(host: Callable[..., Host], tmp_path: Path) -> Callable[..., Search]:
    """Make a search on a miniature that dies of context 13."""

    def search(expected: KnownFailures | None = None, **options: Any) -> Search:
        target = FuzzTarget("witx", "openvino", Library(), registers=False)
        return Search(
            "toy",
            generated_by(conversations),
            target,
            Examination(host(f"mortal {tmp_path / 'starts'}")),
            expected,
            **options,
        )

    return search


@pytest.fixture(scope="module")
def results() -> list[Result]:
    """What the search of `result` came to, once it was made."""
    return []


@pytest.fixture
def result(search: Callable[..., Search], results: list[Result]) -> Result:
    """Search once for all that only look at what comes of it."""
    results[:] = results or [search().run(200, 3)]
    return results[0]


def test_a_failure_is_shrunk_to_the_step_that_fails(result: Result) -> None:
    (finding,) = result.findings

    assert finding.fields["steps"] == [{"compute": {"context": {"raw": 13}}, "fails": {}}]


def test_a_shrunk_failure_is_tried_on_a_new_process(result: Result) -> None:
    (finding,) = result.findings

    assert finding.replays
    assert finding.case_result.verdict == Verdict.CRASH.value


def test_the_search_goes_on_past_what_it_found(result: Result) -> None:
    assert result.examples >= 200


def test_what_the_expectations_tell_is_no_finding(search: Callable[..., Search]) -> None:
    told = KnownFailure(("fuzz/toy/*",), Verdict.CRASH, ("crash",), "it dies of 13")

    result = search(KnownFailures(Path("told.toml"), (told,))).run(200, 3)

    assert result.findings == []
    assert result.known["it dies of 13"] > 0


def test_an_expectation_of_another_clause_does_not_hide_a_finding(search: Callable[..., Search]) -> None:
    other = KnownFailure(("fuzz/*",), Verdict.CRASH, ("crash",), "it dies of 13", clause="compute.missing-input")

    assert len(search(KnownFailures(Path("told.toml"), (other,))).run(200, 3).findings) == 1


@st.composite
def several_faults(draw: st.DrawFn, target: FuzzTarget) -> Fields:
    """Compute in one to three contexts, each of which tries a clause of its own."""
    tried = draw(st.lists(st.sampled_from(("handle.unknown-context", "handle.unknown-graph")), min_size=1, max_size=3))
    fields: Fields = draw(conversations(target))
    contexts = [{"raw": draw(st.integers(10, 14))} for _ in tried]
    steps = [
        {"compute": {"context": context}, "fails": {}, "clause": clause}
        for context, clause in zip(contexts, tried, strict=True)
    ]
    return {**fields, "steps": steps}


def test_one_silent_end_with_two_culprits_is_two_findings(search: Callable[..., Search]) -> None:
    searching = search()
    searching.draw = generated_by(several_faults)

    findings = searching.run(300, 3).findings

    suspected = [[step["clause"] for step in finding.fields["steps"]] for finding in findings]
    assert sorted(suspected) == [["handle.unknown-context"], ["handle.unknown-graph"]]
    assert len({finding.name for finding in findings}) == 2


def test_the_same_seed_finds_the_same(search: Callable[..., Search]) -> None:
    first, second = (search().run(100, 5) for _ in range(2))

    assert (first.exercised, first.findings[0].fields) == (second.exercised, second.findings[0].fields)


def test_a_finding_is_written_as_the_vector_that_was_carried_out(result: Result, tmp_path: Path) -> None:
    (finding,) = result.findings
    path = tmp_path / finding.name
    path.write_text(finding.text, "utf-8")

    assert read_yaml(path).data == [finding.fields]
    assert Library([path]).vectors(path)[0].clause == finding.case_result.clause


def test_awkward_text_survives_being_written(tmp_path: Path) -> None:
    fields = {"id": "fuzz/x", "why": "no", "names": ["yes", "\x00", "12:30", "\u85ff\x85", "- a", "1e3", "~"]}
    path = tmp_path / "awkward.yaml"
    path.write_text(written(fields), "utf-8")

    assert read_yaml(path).data == [fields]


def test_a_host_that_cannot_be_started_again_ends_the_search(
    search: Callable[..., Search], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **_options: object) -> None:
        raise AdapterError("it does not start")

    searching = search()
    monkeypatch.setattr(Host, "serve", refuse)

    with pytest.raises(AdapterError, match="it does not start"):
        searching.run(200, 3)


def test_a_fault_of_the_suite_is_no_finding(search: Callable[..., Search]) -> None:
    searching = search()
    searching.draw = generated_by(unsayable)

    with pytest.raises(SuiteFaultError, match="not known here"):
        searching.run(10, 3)


@st.composite
def unsayable(draw: st.DrawFn, target: FuzzTarget) -> Fields:
    """Set an input, by name, in a context that nobody has made."""
    del target
    tensor = {"type": "f32", "shape": [draw(st.sampled_from([1, 2]))], "data": "zeros"}
    step = {"set_input": {"context": {"raw": 1}, "input": "x", "tensor": tensor}}
    why = "because a host may get this wrong"
    return {"id": "fuzz/toy/unsayable", "clause": "handle.unknown-context", "why": why, "steps": [step]}


@st.composite
def wears_out(draw: st.DrawFn, target: FuzzTarget) -> Fields:
    """Infer, which goes wrong on a worn process."""
    del target
    numbers = draw(st.lists(st.integers(1, 5), min_size=4, max_size=4))
    tensor = {"type": "f32", "shape": [1, 4], "data": numbers}
    return {
        "id": "fuzz/toy/infer",
        "clause": "compute.repeatable",
        "why": "because a host may get this wrong",
        "steps": [
            {"load": {"model": "identity-f32", "as": "g"}},
            {"context": {"graph": "g", "as": "c"}},
            {"set_input": {"context": "c", "input": "x", "tensor": tensor}},
            {"compute": {"context": "c"}},
            {"output": {"context": "c", "output": "x"}},
        ],
    }


def test_what_only_a_worn_process_does_is_no_finding_of_a_search(
    search: Callable[..., Search], host: Callable[..., Host]
) -> None:
    searching = search()
    searching.draw = generated_by(wears_out)
    searching.examination = Examination(host("limited_host.py wears-out=3"))

    result = searching.run(12, 3)

    assert result.findings == []
    (carry_over, *_) = searching.examination.conclude().carry_overs
    assert carry_over.clause == "process.no-carry-over"


def test_shrinking_does_not_show_each_failure_alone_again(
    search: Callable[..., Search], host: Callable[..., Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    searching = search()
    searching.draw = generated_by(wears_out)
    made = host("limited_host.py adds=identity-f32")
    searching.examination = Examination(made)
    serve, alone = made.serve, []
    monkeypatch.setattr(made, "serve", lambda case, **how: (alone.append(how.get("alone")), serve(case, **how))[1])

    result = searching.run(12, 3)

    assert len(result.findings) == 1
    assert alone.count(True) < len(alone) / 2
