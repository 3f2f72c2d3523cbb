import pwd
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from wasi_nn_conformance.impls import openvino_libraries
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.run import host_pool as host_module
from wasi_nn_conformance.run.adapter import Adapter
from wasi_nn_conformance.run.cache_folder import cache_folder, passing_folder
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


def unknown(user: int) -> pwd.struct_passwd:
    raise KeyError(f"getpwuid(): uid not found: {user}")


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who has no entry in passwd."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


@pytest.mark.usefixtures("no_home")
def test_who_has_no_home_folder_has_no_secret_there(folders: Callable[[], dict[str, str]]) -> None:
    assert "the home folder" not in folders()


@pytest.mark.usefixtures("no_home")
def test_who_has_no_home_folder_has_a_cache_for_the_time_being() -> None:
    assert cache_folder() == cache_folder() == passing_folder()
    assert cache_folder().parent == Path(tempfile.gettempdir())


@pytest.mark.usefixtures("no_home")
def test_an_adapter_that_wants_no_cache_makes_none(adapter: Callable[..., Adapter]) -> None:
    passing_folder.cache_clear()
    adapter("silent")
    assert passing_folder.cache_info().currsize == 0


def test_openvino_is_found_without_a_folder_that_can_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    library = tmp_path / "libs" / "libopenvino_c.so.2641"
    library.parent.mkdir()
    library.touch()
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    monkeypatch.setattr(openvino_libraries, "cache_folder", lambda: Path("/proc/no-such-folder"))
    first, *_ = openvino_libraries.leading_to(tmp_path, "")["LD_LIBRARY_PATH"].split(":")
    assert Path(first, "libopenvino_c.so").resolve() == library
