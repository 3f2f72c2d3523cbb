"""The export replayed by a program of its own: nothing here but a process, its pipes, JSON and numpy."""

import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from abis import ABIS

from exported_reply import faults, kind_of
from wasi_nn_conformance.commands.export import main
from wasi_nn_conformance.export.bundle import Export
from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.formats.schema import Schema, schema
from wasi_nn_conformance.models import Model, ModelFiles
from wasi_nn_conformance.paths import VECTORS
from wasi_nn_conformance.run.library import ENCODINGS, Library

# Files with forks, raw calls and kept errors, and single vectors with a block that has to fail and with a trap.
FILES = ("error", "output", "tensor")
SINGLE = ("compute/inputs-that-do-not-combine-any-more", "resource/given-then-never-given")
TRAP = 134  # exit code of the reference host for a trap of the guest


class Replayer:
    """One process of the host, restarted when it has ended; it knows the exported files only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = json.loads((folder / "index.json").read_text("utf-8"))
        self.process: subprocess.Popen[bytes] | None = None
        self.setting: Any = None

    def replay(self, case: dict[str, Any]) -> str | None:
        """Return what is wrong with the host's replies, or None."""
        lines = json.loads((self.folder / case["path"]).read_text("utf-8"))["lines"]
        self.start(case)
        number, replies = 0, {}
        while number is not None:
            kind, reply = self.say(lines[number]["request"])
            replies[number] = reply
            wanted = lines[number]["accept"].get(kind)
            if wanted is None:
                return f"line {number}: {kind} {reply} where {sorted(lines[number]['accept'])} is accepted"
            if fault := "; ".join(faults(wanted, reply, replies, self.index["errno"], self.folder)):
                return f"line {number}: {fault}"
            number = wanted.get("next")
        return None

    def start(self, case: dict[str, Any]) -> None:
        setting = (case["abi"], case["graphs"])
        if self.process is not None and self.setting == setting and self.process.poll() is None:
            return
        self.stop()
        named = [f"{g['name']}={g['encoding']}::{self.folder / g['directory']}" for g in case["graphs"]]
        graphs = [word for graph in named for word in ("--graph", graph)]
        module = self.folder / self.index["modules"][case["abi"]]["path"]
        command = [sys.executable, "-m", "wasi_nn_reference", "run", *graphs, str(module)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        self.setting = setting

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def say(self, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        process = self.process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            return ("trap" if process.wait(10) == TRAP else "death"), {}
        reply = json.loads(answer.removeprefix(b"@@"))
        return kind_of(reply), reply


@pytest.fixture(scope="module")
def library(models: dict[str, Model], files: ModelFiles) -> Library:
    library = Library([VECTORS / f"{name}.yaml" for name in (*FILES, "compute", "resource")])
    library.__dict__ |= {"models": models, "model_files": files}  # read once for all tests
    return library


@pytest.fixture(scope="module")
def replayer(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayer]:
    folder = tmp_path_factory.mktemp("export")
    Export(folder, library, ABIS, ENCODINGS).write()
    replayer = Replayer(folder)
    yield replayer
    replayer.stop()


def test_the_reference_answers_as_exported(replayer: Replayer) -> None:
    cases = [case for case in replayer.index["cases"] if is_replayed(case)]
    assert len(cases) >= 150
    assert {case["abi"] for case in cases} == set(ABIS)
    cases.sort(key=lambda case: (case["abi"], str(case["graphs"])))
    wrong = {case["id"]: fault for case in cases if (fault := replayer.replay(case)) is not None}
    assert wrong == {}


def is_replayed(case: dict[str, Any]) -> bool:
    """Return whether the case is among those that a few processes serve in a few seconds."""
    if case["encoding"] == "onnx" or case["graphs"]:
        return str(case["id"]) == "error/no-path-in-compute[wit-2024-10-28-openvino]"
    slow = any(word in case["id"] for word in ("made-and-dropped", "thousand", "mebibyte"))
    return not slow and (case["vector"].startswith(FILES) or case["vector"] in SINGLE)


@pytest.mark.parametrize(
    ("case", "number", "alteration"),
    [
        ("output/scalar[witx-openvino]", 4, {"ok": {"equal": {"value": 8}, "next": 5}}),
        (
            "output/scalar[witx-openvino]",
            4,
            {"ok": {"tensor": {"type": "FP32", "dims": [[]], "data": "AA==", "nan": "any"}}},
        ),
        ("output/scalar[witx-openvino]", 4, {"error": {"next": 5}}),
        ("output/null-buffer[witx-openvino]", 5, {"error": {"only": "not_found"}}),
        ("error/two-at-once[wit-2024-08-19]", 2, {"ok": {"same_as": {"code": 1}}}),
        ("tensor/every-byte[wit-2024-10-28]", 1, {"trap": {}}),
    ],
)
def test_another_answer_than_the_exported_one_is_found(
    replayer: Replayer, tmp_path: Path, case: str, number: int, alteration: dict[str, Any]
) -> None:
    entry = next(entry for entry in replayer.index["cases"] if entry["id"] == case)
    lines = json.loads((replayer.folder / entry["path"]).read_text("utf-8"))
    lines["lines"][number]["accept"] = alteration
    altered = tmp_path / "altered.json"
    altered.write_text(json.dumps(lines), "utf-8")
    assert str(replayer.replay(entry | {"path": str(altered)})).startswith(f"line {number}: ")


def test_the_index_fits_its_schema(replayer: Replayer) -> None:
    assert schema("export").violation(replayer.index) is None


def test_each_case_fits_its_schema(replayer: Replayer) -> None:
    form = Schema({"$ref": "#/$defs/case", "$defs": schema("export").form["$defs"]})
    paths = [replayer.folder / case["path"] for case in replayer.index["cases"]]
    assert [broken for path in paths if (broken := form.violation(json.loads(path.read_text("utf-8"))))] == []


def test_each_next_line_exists(replayer: Replayer) -> None:
    for case in replayer.index["cases"]:
        lines = json.loads((replayer.folder / case["path"]).read_text("utf-8"))["lines"]
        following = [o["next"] for line in lines for kind, o in line["accept"].items() if kind != "trap"]
        assert {number for number in following if number is not None} == set(range(1, len(lines)))


def test_every_case_of_the_library_is_exported_or_left_out(replayer: Replayer, library: Library) -> None:
    cases = [c.id for path in library.files() for vector in library.vectors(path) for c in library.cases(vector)]
    index = replayer.index
    assert sorted(entry["id"] for entry in index["cases"] + index["left_out"]) == sorted(cases)


def test_a_case_whose_model_no_library_writes_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    index = Export(tmp_path, Library([VECTORS / "regressions" / "shapes.yaml"]), ["witx"], ENCODINGS).write()
    told = {entry["id"].partition("[")[2]: entry["because"] for entry in index["left_out"]}
    assert list(told) == ["witx-onnx]"]
    assert "the library onnx, which is not installed; pip install 'wasi-nn-conformance[fuzz]'" in told["witx-onnx]"]
    assert {entry["encoding"] for entry in index["cases"]} == {"openvino"}
    assert len(index["cases"]) == len(index["left_out"])


def test_an_export_that_fails_leaves_nothing_behind(library: Library, tmp_path: Path) -> None:
    broken = tmp_path / "z.yaml"
    broken.write_text("- 7\n", "utf-8")
    with pytest.raises(InputError):
        Export(tmp_path / "out", Library([*library.files()[:1], broken]), ["witx"], ["openvino"]).write()
    assert list((tmp_path / "out").iterdir()) == []


def test_modules_have_their_checksum(replayer: Replayer) -> None:
    modules = replayer.index["modules"]
    sums = {abi: sha256((replayer.folder / m["path"]).read_bytes()).hexdigest() for abi, m in modules.items()}
    assert sums == {abi: module["sha256"] for abi, module in modules.items()}


def test_graphs_lie_in_folders_of_their_names(replayer: Replayer) -> None:
    graphs = [graph for case in replayer.index["cases"] for graph in case["graphs"]]
    files = {"openvino": ["model.bin", "model.xml"], "onnx": ["model.onnx"]}
    found = [sorted(path.name for path in (replayer.folder / graph["directory"]).iterdir()) for graph in graphs]
    assert found == [files[graph["encoding"]] for graph in graphs]
    assert all(Path(graph["directory"]).name == graph["name"] for graph in graphs)


def test_a_folder_in_use_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"wasi-nn: {tmp_path} is not empty: name a new or an empty folder\n"


def test_a_file_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "file"
    path.touch()
    assert main([str(path)]) == 2
    assert capsys.readouterr().err == f"wasi-nn: {path} is no folder: name a new or an empty folder\n"
