"""The suite as a folder of plain files, for hosts with a harness of their own; docs/export.md says how to replay it."""

import hashlib
import json
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wasi_nn_conformance.dialects.witx import ERRNO
from wasi_nn_conformance.models import ENCODINGS
from wasi_nn_conformance.run.adapter import probe_path
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.session.wire import PROTOCOL
from wasi_nn_conformance.vectors.case import Case

from .replay_plan import InexpressibleError, ReplayPlan

FORMAT = 1


@dataclass
class Export:
    """An export into `folder`, which is empty or new.

    `write` gives the index, or leaves no file behind. Raises `OSError`, `InputError` or `ModelError`.
    """

    folder: Path
    library: Library
    abis: Collection[str]
    encodings: Collection[str]
    _index: list[dict[str, Any]] = field(default_factory=list)
    _left_out: list[dict[str, str]] = field(default_factory=list)

    def write(self) -> dict[str, Any]:
        """Write modules, graphs, cases and the index."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            return self._written()
        except BaseException:
            for name in ("modules", "graphs", "cases"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / "index.json").unlink(missing_ok=True)
            raise

    def _written(self) -> dict[str, Any]:
        modules = {abi: self._module(abi) for abi in self.abis}
        for path in self.library.files():
            for vector in self.library.vectors(path):
                for case in self.library.cases(vector):
                    if case.abi in self.abis and (case.encoding is None or case.encoding in self.encodings):
                        self._case(case)
        used = {entry["clause"] for entry in self._index}
        clauses = {
            name: {
                "level": clause.level.value,
                "text": clause.text,
                "source": [source.url for source in clause.sources],
            }
            | ({"choices": clause.choices} if clause.choices else {})
            for name, clause in self.library.clauses.items()
            if name in used
        }
        index = {
            "format": FORMAT,
            "protocol": PROTOCOL,
            "errno": list(ERRNO),
            "modules": modules,
            "clauses": clauses,
            "cases": self._index,
            "left_out": self._left_out,
        }
        self._json("index.json", index, indent=1)
        return index

    def _module(self, abi: str) -> dict[str, str]:
        source, target = probe_path(abi), self.folder / "modules" / probe_path(abi).name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, target)
        return {"path": f"modules/{target.name}", "sha256": hashlib.sha256(target.read_bytes()).hexdigest()}

    def _case(self, case: Case) -> None:
        vector = case.vector
        if missing := self.library.missing(case):
            self._left_out.append({"id": case.id, "because": missing})
            return
        try:
            lines = ReplayPlan(case, self.library.state(case, {})).lines()
        except InexpressibleError as error:
            self._left_out.append({"id": case.id, "because": str(error)})
            return
        path = f"cases/{vector.id}/{'-'.join(filter(None, (case.abi, case.encoding)))}.json"
        self._json(path, {"id": case.id, "why": vector.why, "lines": lines})
        self._index.append(
            {
                "id": case.id,
                "vector": vector.id,
                "clause": case.clause.id,
                "abi": case.abi,
                "encoding": case.encoding,
                "path": path,
                "fresh": vector.fresh,
                "graphs": [self._graph(name, model, case.encoding or "") for name, model in vector.graphs.items()],
            }
        )

    def _graph(self, name: str, model: str, encoding: str) -> dict[str, str]:
        """Write a model into a folder of its graph's name: hosts name graphs so, or are told a name."""
        directory = f"graphs/{encoding}/{model}/{name}"
        for file, data in zip(
            ENCODINGS[encoding].files, self.library.model_files.model_bytes(model, encoding), strict=True
        ):
            path = self.folder / directory / file
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        return {"name": name, "encoding": encoding, "directory": directory}

    def _json(self, name: str, data: Any, indent: int | None = None) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data, indent=indent, ensure_ascii=False) + "\n", "utf-8")


def occupied(folder: Path) -> str | None:
    """Return why `folder` cannot take an export: only a new or an empty one can, so that no file of before is left."""
    if folder.is_dir():
        return "is not empty" if any(folder.iterdir()) else None
    return "is no folder" if folder.exists() else None


def summary(index: dict[str, Any], abis: Sequence[str]) -> str:
    """Return in a line what was written."""
    counts = ", ".join(f"{sum(case['abi'] == abi for case in index['cases'])} on {abi}" for abi in abis)
    left_out = f"; {len(index['left_out'])} left out, see index.json" if index["left_out"] else ""
    return f"{len(index['cases'])} cases: {counts}{left_out}"
