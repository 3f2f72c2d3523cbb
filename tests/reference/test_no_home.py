"""A user without a home folder: the guest runs, and nothing is kept."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import small_ir
from wat_guests import exiting

from wasi_nn_reference.wasmtime_host.cache import user_cache

if TYPE_CHECKING:
    from collections.abc import Iterator

    from program import Program

NOBODY = 12345  # a user id that no system gives a name


def unknown(user: int) -> pwd.struct_passwd:
    raise KeyError(f"getpwuid(): uid not found: {user}")


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment of a user who has no entry in passwd."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("no_home")
def test_there_is_no_cache() -> None:
    assert user_cache() is None


@pytest.mark.usefixtures("no_home")
def test_a_guest_runs_and_leaves_nothing(program: Program, tmp_path: Path) -> None:
    assert program(exiting("(i32.const 5)")) == 5
    assert program.err == ""
    assert [path.name for path in tmp_path.iterdir()] == ["guest.wasm"]


@pytest.mark.usefixtures("no_home")
@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_a_folder_that_depends_on_where_we_are_is_no_cache(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "caches")
    assert user_cache() is None


# Processes, which load a model too: engines look for a home as well


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that another user can read, with a guest that loads a model by its name; pytest's own are private."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.xml").write_bytes(small_ir.identity())
        (folder / "model.bin").write_bytes(b"")
        call = "(call $load_by_name (i32.const 256) (i32.const 1) (i32.const 512))"
        (folder / "guest.wasm").write_bytes(exiting(call, more='(data (i32.const 256) "m")'))
        folder.chmod(0o755)
        yield folder


def run_in(folder: Path, *command: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run the guest by `command`, which is the program, with an empty environment."""
    return subprocess.run(  # noqa: S603 - our own program
        [*command, "run", *options, "--graph", f"m=openvino::{folder}", "guest.wasm"],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_without_an_environment(public_folder: Path) -> None:
    program = (
        "import pwd, sys\nfrom wasi_nn_cli import program as cli\n"
        "def unknown(user): raise KeyError(user)\npwd.getpwuid = unknown\nsys.exit(cli.main())"
    )
    done = run_in(public_folder, sys.executable, "-c", program)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("setpriv") is None, reason="only root can become another user, by setpriv"
)
def test_as_a_user_whom_the_system_does_not_know(public_folder: Path) -> None:
    become = (str(shutil.which("setpriv")), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    python = subprocess.run(  # noqa: S603 - this Python
        [*become, sys.executable, "-c", "import numpy, wasmtime, wasi_nn_reference"],
        env={},
        capture_output=True,
        check=False,
    )
    if python.returncode:
        pytest.skip("this Python and its packages are not readable for other users")
    # A Python in root's folder is started by setpriv, and can not start itself again for an engine.
    none = ("--isolation", "none")
    done = run_in(public_folder, *become, sys.executable, "-m", "wasi_nn_reference", options=none)
    assert (done.returncode, done.stderr) == (0, "")
