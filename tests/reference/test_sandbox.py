"""What the process of an engine has given up before it sees a model: each thing is tried in such a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import openvino
import pytest
import small_onnx

from wasi_nn_reference.backends.isolated import landlock, sandbox

if TYPE_CHECKING:
    from pathlib import Path

MEMORY = 1 << 30

# Runs each line of Python after all has been given up, and prints the errno or the type of what came of it.
TRY = """
import errno, json, os, socket, sys, mmap
from wasi_nn_reference.backends.isolated import sandbox
missing = sandbox.enter(int(sys.argv[1]))
ended = []
for line in sys.argv[2:]:
    try:
        exec(line)
        ended.append("done")
    except OSError as error:
        ended.append(errno.errorcode[error.errno])
    except BaseException as error:
        ended.append(type(error).__name__)
print(json.dumps([missing, ended]))
"""


def has_landlock() -> bool:
    try:
        return landlock.version() >= 1
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")


def tried(*lines: str) -> Any:
    words = [sys.executable, "-c", TRY, str(MEMORY), *lines]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603
    missing, results = json.loads(ended.stdout)
    assert missing == []
    return results


def test_no_file_of_the_user_is_read_or_written(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    assert (
        tried(
            f"open({str(secret)!r})",
            f"open({str(secret)!r}, 'a')",
            f"os.listdir({str(tmp_path)!r})",
            f"os.mkdir({str(tmp_path / 'new')!r})",
            f"os.unlink({str(secret)!r})",
            f"os.rename({str(secret)!r}, {str(tmp_path / 'moved')!r})",
            f"os.symlink('/etc/passwd', {str(tmp_path / 'link')!r})",
            "open('/etc/passwd')",
            f"open('/proc/{os.getpid()}/environ')",
        )
        == ["EACCES"] * 9
    )
    assert secret.read_text() == "secret"


def test_no_program_is_started_and_no_process_made() -> None:
    assert tried("os.fork()", "os.execv('/bin/true', ['true'])", "os.posix_spawn('/bin/true', ['true'], {})") == [
        "EPERM",
        "EPERM",
        "EPERM",
    ]


def test_threads_are_still_started() -> None:
    assert (
        tried("import threading; thread = threading.Thread(target=print); thread.start(); thread.join()")[0] == "done"
    )


def test_nobody_is_signalled_and_nothing_connected() -> None:
    assert tried(f"os.kill({os.getpid()}, 0)", "socket.socket()", "socket.socket(socket.AF_UNIX)") == ["EPERM"] * 3


def test_code_is_still_read() -> None:
    assert tried(f"open({os.__file__!r})", "import colorsys") == ["done", "done"]


# Reads a model whose weights are in another file, as an engine does that is asked to: nothing here refuses it before.
READ = {
    "openvino": "import openvino; openvino.Core().read_model(model, b'')",
    "onnxruntime": "import onnxruntime; onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])",
}


@pytest.fixture
def model_of_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A model whose weights are in a file of the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").write_bytes(bytes(16))
    weights = small_onnx.external_tensor("weights")
    return small_onnx.model(small_onnx.node("Add", ("x", "w"), "y"), initializer=weights)


@pytest.mark.parametrize("engine", READ)
def test_an_engine_opens_no_file_that_a_model_names(model_of_two_files: bytes, engine: str) -> None:
    (refused,) = tried(f"model = {model_of_two_files!r}; {READ[engine]}")
    assert refused not in {"done", "ModuleNotFoundError", "ImportError"}


def test_an_engine_opens_it_where_it_can(model_of_two_files: bytes) -> None:
    openvino.Core().read_model(model_of_two_files, b"")


def test_memory_has_a_limit() -> None:
    assert tried(f"bytearray({MEMORY})") == ["MemoryError"]


def test_what_a_system_lacks_is_told_and_the_rest_given_up() -> None:
    program = (
        "import os, sys; from wasi_nn_reference.backends.isolated import landlock, sandbox, system_calls\n"
        "def lacks(*_): raise OSError(38, 'not implemented')\n"
        "landlock.restrict = lacks\n"
        "print(sandbox.enter(1 << 30))\n"
        "try: os.fork()\n"
        "except PermissionError: print('refused')\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert ended.stdout == "['Landlock: an engine that a model has taken over could open files']\nrefused\n"


def test_only_code_of_packages_is_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/home/user/project", "/usr/lib/python3/dist-packages", "/venv/site-packages"])
    readable = set(sandbox.readable())
    assert "/home/user/project" not in readable
    assert {"/usr/lib/python3/dist-packages", "/venv/site-packages"} <= readable
