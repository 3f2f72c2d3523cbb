from collections.abc import Callable
from pathlib import Path

import pytest

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.run import host_pool as host_module
from wasi_nn_conformance.run.case_runner import CaseRunner
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.vectors.case import Case


@pytest.fixture
def folders(
    host: Callable[..., Host], cases: Callable[..., list[Case]], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], dict[str, str]]:
    """Run a case with a registered graph, and give the folders that its scene was told."""

    def folders() -> dict[str, str]:
        told: dict[str, str] = {}

        class Told(CaseRunner):
            def run(self) -> CaseResult:
                told.update(self.state.folders)
                return super().run()

        monkeypatch.setattr(host_module, "CaseRunner", Told)
        arguments = {"openvino": ["--graph", "{directory}"]}
        under_test = host("numpy_host.py right", command=["/bin/cat", "{graphs}", "{probe}"], graphs=arguments)
        monkeypatch.setattr(host_module, "handshake", lambda *_: None)
        (case,) = cases("- load_by_name: {name: named}", graphs="{named: neg-f32}", encoding="openvino")
        under_test.run(case)
        return told

    return folders


def test_a_conversation_knows_where_the_suite_put_a_registered_graph(folders: Callable[[], dict[str, str]]) -> None:
    assert Path(folders()["the folder of the graph named"]).name == "named"


def test_a_conversation_knows_the_home_folder(
    folders: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert folders()["the home folder"] == "/home/someone"


def test_the_root_of_all_folders_is_no_secret(
    folders: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/")
    assert "the home folder" not in folders()
