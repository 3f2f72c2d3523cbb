import os
import tempfile
from pathlib import Path

import pytest

from wasi_nn_conformance.run.disclosure import disclosed, said_by_guest
from wasi_nn_conformance.session import wit_calls


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("failed at wasmtime-wasi-nn/src/backend.rs", []),
        ("no such file: /srcs/model.xml", []),
        ("cannot open /src", ["the working folder"]),
        ("cannot open '/src/model.xml'", ["the working folder"]),
        ("file:///src/model.xml", ["the working folder"]),
    ],
)
def test_a_folder_is_named_by_its_whole_path(text: str, named: list[str]) -> None:
    assert disclosed(text, {"the working folder": "/src"}, bytes) == named


def test_a_path_that_is_there_is_one_of_this_machine(tmp_path: Path) -> None:
    file = tmp_path / "model.xml"
    file.touch()
    assert disclosed(f"cannot read {file}.", {}, bytes) == [f"the path {file}"]
    assert disclosed(f"cannot read {file}", {}, f"load_by_name({file})".encode) == []


def test_a_temporary_file_may_be_gone() -> None:
    path = f"{tempfile.gettempdir()}/no-such-file-of-this-test"
    assert disclosed(f"cannot read ({path})", {}, bytes) == [f"the path {path}"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1/2 of 3/4",
        "/model/Sub_output_0 has another shape",
        "panicked at /rustc/0123456789abcdef/library/core/src/option.rs:1:1",
        "/dev/null, /dev/fd/3, /proc/self/fd/1 and /sys/kernel are everywhere",
        "https://example.com/usr/bin",
        "usr/bin/env",
        "a single part is no place: /usr",
    ],
)
def test_what_is_no_place_of_this_machine(text: str) -> None:
    assert disclosed(text, {}, bytes) == []


def test_a_process_of_this_machine_is_one_of_its_places() -> None:
    assert disclosed(f"cannot open /proc/{os.getpid()}/maps", {}, bytes) == [f"the path /proc/{os.getpid()}/maps"]


def test_a_device_of_this_machine_is_one_of_its_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.lexists", lambda path: path == "/dev/dri/renderD128")
    assert disclosed("cannot open /dev/dri/renderD128", {}, bytes) == ["the path /dev/dri/renderD128"]


def test_a_guest_has_said_what_stands_in_its_models() -> None:
    load = wit_calls.Load([b"location: /etc/passwd"], "onnx", "cpu")
    assert disclosed("cannot open /etc/passwd", {}, lambda: said_by_guest([load])) == []
    assert disclosed("cannot open /etc/passwd", {}, bytes) == ["the path /etc/passwd"]
