import getpass
import os
import platform
import subprocess
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import hypothesis
import msgspec
import pytest

from wasi_nn_conformance.report.data import Commit
from wasi_nn_conformance.report.environment import commit, environment

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Ask git in a new repository of one committed file."""

    def git(*arguments: str) -> str:
        own = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
        told = subprocess.run(["git", "-C", tmp_path, *own, *arguments], capture_output=True, text=True, check=True)  # noqa: S603, S607 the git of this machine
        return told.stdout.strip()

    git("init", "--quiet")
    (tmp_path / "file").write_text("as committed\n", "utf-8")
    git("add", "file")
    git("commit", "--quiet", "--message=one")
    return git


def test_a_checkout_tells_its_commit(git: Git, tmp_path: Path) -> None:
    assert commit(tmp_path) == Commit(git("rev-parse", "HEAD"), dirty=False)


@pytest.mark.parametrize(("name", "dirty"), [("file", True), ("new", False)], ids=["changed", "untracked"])
def test_a_changed_file_makes_a_checkout_dirty(git: Git, tmp_path: Path, name: str, dirty: bool) -> None:
    (tmp_path / name).write_text("otherwise\n", "utf-8")
    assert commit(tmp_path) == Commit(git("rev-parse", "HEAD"), dirty=dirty)


def test_a_hook_of_another_repository_does_not_mislead(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/no/such/repository")
    found = commit(tmp_path)
    monkeypatch.delenv("GIT_DIR")
    assert found == Commit(git("rev-parse", "HEAD"), dirty=False)


def test_a_folder_in_another_repository_is_no_checkout(git: Git, tmp_path: Path) -> None:
    assert git("status", "--porcelain") == ""
    (tmp_path / "site-packages").mkdir()
    assert commit(tmp_path / "site-packages") is None


@pytest.mark.parametrize("program", [None, "#!/bin/sh\nexit 128\n"], ids=["missing", "refuses"])
def test_without_git_there_is_no_commit(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str | None
) -> None:
    assert git("rev-parse", "HEAD")
    (tmp_path / "bin").mkdir()
    if program:
        (tmp_path / "bin" / "git").write_text(program, "utf-8")
        (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert commit(tmp_path) is None


def test_versions_are_those_that_are_installed() -> None:
    versions = environment().versions
    assert versions["python"] == platform.python_version()
    assert versions["pytest"] == pytest.__version__
    assert versions["hypothesis"] == hypothesis.__version__
    assert versions["wasi-nn-conformance"] == metadata.version("wasi-nn-conformance")
    assert all(metadata.version(name) == version for name, version in versions.items() if name != "python")


def test_nothing_names_a_folder_or_a_user() -> None:
    words = msgspec.json.encode(environment()).decode().split('"')
    assert [word for word in words if os.sep in word or word in (getpass.getuser(), platform.node())] == []
