from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest
from faulty_host import FaultyHost
from host_faults import (
    Fault,
)

from wasi_nn_conformance.models import Model, ModelFiles
from wasi_nn_conformance.paths import VECTORS
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.run.accusation import Accusation
from wasi_nn_conformance.run.adapter import Adapter
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.vector import Vector


@pytest.fixture(scope="session")
def library(models: Mapping[str, Model], files: ModelFiles) -> Library:
    made = Library()
    made.models, made.model_files = models, files
    return made


@pytest.fixture
def faulty(
    numpy_host: ModuleType, models: Mapping[str, Model], adapter: Callable[..., Adapter], library: Library
) -> Callable[..., FaultyHost]:
    def faulty(*faults: Fault) -> FaultyHost:
        def make() -> Any:
            host = numpy_host.NumpyHost(models, VECTORS / "models")
            for fault in faults:
                fault(host)
            return host

        return FaultyHost(make, adapter("errors"), library)

    return faulty


@pytest.fixture
def judge(faulty: Callable[..., FaultyHost], library: Library) -> Callable[..., list[CaseResult]]:
    """Judge cases, given by the ids of their vectors, on a host with these faults."""

    def judge(faults: tuple[Fault, ...], *ids: str) -> list[CaseResult]:
        host: Any = faulty(*faults)
        accusation = Accusation(host)
        cases = [library.case(library.suite_vector(name), "witx", "openvino") for name in ids]
        return [accusation.accused(case, host.serve(case, alone=True).case_result) for case in cases]

    return judge


@pytest.fixture
def owed(read: Callable[[str], list[Vector]], library: Library) -> Callable[..., Case]:
    """Make a case in which a model has to load, and one step to succeed."""

    def owed(model: str, step: str = "context: {graph: g, as: d}") -> Case:
        said = f"clause: compute.repeatable, why: because a host may get this wrong, steps: [{step}]"
        (vector,) = read(f"- {{id: v, model: {model}, {said}}}")
        return library.case(vector, "witx", "openvino")

    return owed


@pytest.fixture(autouse=True)
def refusals(numpy_host: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_host.NumpyHost, "refused", numpy_host.Refused, raising=False)
