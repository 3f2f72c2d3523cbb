import contextlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from answers import ONE, TEN, advance, set_input
from forking import forking

import wasi_nn_conformance.pytest_plugin.hooks  # noqa: F401 pytester forgets what a run imports, so it is loaded before
from wasi_nn_conformance.formats.document import read_yaml
from wasi_nn_conformance.models import Model, ModelFiles, load_models
from wasi_nn_conformance.paths import VECTORS
from wasi_nn_conformance.run import host_pool as host_module
from wasi_nn_conformance.run import library as library_module
from wasi_nn_conformance.run.adapter import Adapter, read_adapter
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.run.probe_process import ProbeProcess
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.clause import Clause, Level, read_clauses
from wasi_nn_conformance.vectors.declaration import read_declarations
from wasi_nn_conformance.vectors.reader import read_vectors
from wasi_nn_conformance.vectors.source import Source
from wasi_nn_conformance.vectors.vector import Vector

MINIATURES = Path(__file__).resolve().parents[1] / "miniatures"

Writer = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write a file of that name and text."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def clause() -> Callable[[Level], Clause]:
    source = Source("0.2.0-rc-2024-10-28", "wasi-nn.witx", (88, 91))
    return lambda level: Clause("test.clause", level, "A host answers what it is asked.", ("witx:compute",), (source,))


@dataclass(frozen=True)
class Committed:
    """What the committed files hold: reading all of them takes longer than most runs in this process."""

    models: Mapping[str, Model]
    files: ModelFiles
    clauses: Mapping[str, Clause]
    vectors: dict[Path, list[Vector]] = field(default_factory=dict)

    def read_vectors(self, path: Path, models: Mapping[str, Model]) -> list[Vector]:
        """Read a file of vectors, a committed one once."""
        if not path.is_relative_to(VECTORS):
            return read_vectors(path, models)
        if path not in self.vectors:
            self.vectors[path] = read_vectors(path, self.models)
        return list(self.vectors[path])


@pytest.fixture(scope="session")
def committed_files() -> Committed:
    return Committed(
        load_models(read_yaml(VECTORS / "models.yaml").data),
        ModelFiles.open(VECTORS / "models"),
        read_clauses(VECTORS / "clauses.yaml", read_declarations(VECTORS / "declarations.yaml")),
    )


@pytest.fixture(autouse=True)
def committed_files_read_once(monkeypatch: pytest.MonkeyPatch, committed_files: Committed) -> None:
    monkeypatch.setattr(library_module, "read_vectors", committed_files.read_vectors)
    monkeypatch.setattr(Library, "models", committed_files.models)
    monkeypatch.setattr(Library, "model_files", committed_files.files)
    monkeypatch.setattr(Library, "clauses", committed_files.clauses)


@pytest.fixture(scope="session")
def models(committed_files: Committed) -> Mapping[str, Model]:
    return committed_files.models


@pytest.fixture(scope="session")
def files(committed_files: Committed) -> ModelFiles:
    return committed_files.files


@pytest.fixture
def state(models: Mapping[str, Model], files: ModelFiles) -> ExpectedState:
    return ExpectedState("openvino", models, {"registered": "identity-f32"}, files.model_bytes)


@pytest.fixture
def computed(state: ExpectedState) -> ExpectedState:
    """A scene whose context c, of `sub-f32`, has computed -9, -18, -27, -36."""
    advance(state, "load", {"model": "sub-f32", "as": "g"})
    advance(state, "context", {"graph": "g", "as": "c"})
    set_input(state, "a", ONE)
    set_input(state, "b", TEN)
    advance(state, "compute", {"context": "c"})
    return state


@pytest.fixture
def read(write: Writer, models: Mapping[str, Model]) -> Callable[[str], list[Vector]]:
    """Read the text of a file of vectors, `area.yaml`."""
    return lambda text: read_vectors(write("area.yaml", text), models)


@pytest.fixture
def vectors(write: Writer, models: Mapping[str, Model]) -> Callable[..., list[Vector]]:
    """Read vectors from the steps of each, in YAML flow or block style, one id each: v/0, v/1, ..."""

    def vectors(*steps: str, **fields: str) -> list[Vector]:
        entries = []
        for number, text in enumerate(steps):
            lines = [f"- id: v/{number}", "  clause: test.clause", "  why: because a host may get this wrong"]
            lines += [f"  {key}: {value}" for key, value in fields.items()]
            lines += ["  steps:", *(f"    {line}" for line in text.strip("\n").splitlines())]
            entries.append("\n".join(lines))
        return read_vectors(write("vectors.yaml", "\n".join(entries) + "\n"), models)

    return vectors


@pytest.fixture
def cases(vectors: Callable[..., list[Vector]], clause: Callable[[Level], Clause]) -> Callable[..., list[Case]]:
    """Make a case on witx of each vector; `level` is their clause's, `encoding` that of their models."""

    def cases(*steps: str, level: Level = Level.MUST, encoding: str | None = None, **fields: str) -> list[Case]:
        return [Case(vector, clause(level), "witx", encoding) for vector in vectors(*steps, **fields)]

    return cases


@pytest.fixture(scope="session")
def miniature() -> Iterator[Callable[[str], list[str]]]:
    """Return the command that starts a miniature: `mortal FILE`, or `numpy_host.py wrong`."""
    forks: list[str] = []

    def command(words: str) -> list[str]:
        first, *rest = words.split(" ", 1)
        if first.endswith(".py"):
            forks[:] = forks or stack.enter_context(forking(os.environ))
            return [*forks, str(MINIATURES / first), *rest]
        return [sys.executable, "-I", "-S", str(MINIATURES / "runtime.py"), first, *rest]

    with contextlib.ExitStack() as stack:
        yield command


@pytest.fixture
def adapter_file(write: Writer, miniature: Callable[[str], list[str]]) -> Callable[..., Path]:
    """Write an adapter for a miniature. `limits` and `exit_codes` are tables of the file, `changes` its other keys."""

    def adapter_file(
        words: str,
        limits: Mapping[str, float] | None = None,
        exit_codes: Mapping[str, list[int]] | None = None,
        **changes: Any,
    ) -> Path:
        keys = {
            "name": "miniature",
            "command": [*miniature(words), "{probe}"],
            "version": ["/bin/echo", "miniature 1.2"],
            "abis": ["witx"],
            "encodings": ["openvino", "onnx"],
        } | changes
        tables = {"limits": limits or {}, "exit": exit_codes or {"trap": [134]}}
        tables |= {key: keys.pop(key) for key in list(keys) if isinstance(keys[key], dict)}
        lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        for name, table in tables.items():
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
        return write("miniature.toml", "\n".join(lines) + "\n")

    return adapter_file


@pytest.fixture
def adapter(adapter_file: Callable[..., Path]) -> Callable[..., Adapter]:
    return lambda words, **options: read_adapter(str(adapter_file(words, **options)))


@pytest.fixture(autouse=True)
def without_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A miniature is its own probe: the real one need not be built. Any file stands for it."""
    monkeypatch.setattr(host_module, "probe_path", lambda _abi: MINIATURES / "runtime.py")


@pytest.fixture
def host(
    adapter: Callable[..., Adapter], models: Mapping[str, Model], files: ModelFiles
) -> Iterator[Callable[..., Host]]:
    """Make the host of a miniature."""
    made: list[Host] = []
    library = Library()
    library.models, library.model_files = models, files

    def host(words: str, *, fresh: bool = False, **options: Any) -> Host:
        made.append(Host(adapter(words, **options), library, fresh=fresh))
        return made[-1]

    yield host
    for each in made:
        each.close()


@pytest.fixture
def process(miniature: Callable[[str], list[str]]) -> Iterator[Callable[[str], ProbeProcess]]:
    """Start a miniature and give its end of the pipes."""
    started: list[ProbeProcess] = []

    def process(words: str) -> ProbeProcess:
        started.append(ProbeProcess(miniature(words), {}))
        return started[-1]

    yield process
    for each in started:
        each.close()


@pytest.fixture(scope="session")
def numpy_host() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(MINIATURES)
        yield importlib.import_module("numpy_host")
