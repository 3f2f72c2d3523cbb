"""The suite's own cases over HTTP: a probe is a worker, a conversation the body of a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from serving import Serving

from exported_reply import faults, kind_of
from wasi_nn_conformance.export.bundle import Export
from wasi_nn_conformance.paths import VECTORS
from wasi_nn_conformance.run.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ABIS = ("witx", "wit-2024-10-28")
FILES = ("compute", "error", "output", "load")
ALLOWED = '[features.wasi_nn]\nallowed_backends = ["openvino"]\n'


class HttpReplayer:
    """Replays exported cases on a server that has a worker for each ABI and each set of graphs by name."""

    def __init__(self, folder: Path, serving: Serving) -> None:
        self.folder = folder
        self.index = json.loads((folder / "index.json").read_text("utf-8"))
        self._serving = serving
        self.cases = [case for case in self.index["cases"] if self._is_replayed(case)]
        self._workers: dict[str, str] = {}
        for case in self.cases:
            self._workers.setdefault(_setting(case), f"worker{len(self._workers)}")
        for case in self.cases:
            self._add(case)

    def replay(self, case: dict[str, Any]) -> str | None:
        """Return what is wrong with the replies, or None."""
        lines = self.lines(case)
        path = _from(lines, 0)
        replies: dict[int, Any] = {}
        while True:
            said = self._say(case, [lines[number]["request"] for number in path])
            for place, (number, reply) in enumerate(zip(path, said, strict=True)):
                replies[number], kind = reply, kind_of(reply)
                wanted = lines[number]["accept"].get(kind)
                if wanted is None:
                    return f"line {number}: {kind} {reply}"
                if fault := "; ".join(faults(wanted, reply, replies, self.index["errno"], self.folder)):
                    return f"line {number}: {fault}"
                following = path[place + 1] if place + 1 < len(path) else None
                if wanted.get("next") != following:  # the host chose otherwise: the rest is another one
                    path = [*path[: place + 1], *_from(lines, wanted.get("next"))]
                    break
            else:
                return None

    def lines(self, case: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.folder / case["path"]).read_text("utf-8"))["lines"]
        return found

    def _say(self, case: dict[str, Any], requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        body = "\n".join(map(json.dumps, requests)).encode()
        response = self._serving.client.post(f"/{self._workers[_setting(case)]}", content=body)
        assert response.status_code == 200, self._serving.log("request_failed")
        return [json.loads(line.removeprefix("@@")) for line in response.text.splitlines()]

    def _is_replayed(self, case: dict[str, Any]) -> bool:
        """Return whether a case ends in no trap, after which there is no answer, and is done at once."""
        slow = any(word in case["id"] for word in ("made-and-dropped", "thousand", "mebibyte"))
        return not slow and not any("trap" in line["accept"] for line in self.lines(case))

    def _add(self, case: dict[str, Any]) -> None:
        module = self.folder / self.index["modules"][case["abi"]]["path"]
        toml = ALLOWED + "".join(self._preloaded(graph) for graph in case["graphs"])
        self._serving.add(f"{self._workers[_setting(case)]}.wasm", module.read_bytes(), toml)

    def _preloaded(self, graph: dict[str, str]) -> str:
        provider = f'{{ type = "local", dir = "{self.folder / graph["directory"]}" }}'
        return f'[[features.wasi_nn.preload_models]]\nbackend = "{graph["encoding"]}"\nprovider = {provider}\n'


def _setting(case: dict[str, Any]) -> str:
    return json.dumps([case["abi"], case["graphs"]])


def _from(lines: list[dict[str, Any]], number: int | None) -> list[int]:
    """Return the numbers of the lines that follow if each call succeeds that may."""
    path = []
    while number is not None:
        path.append(number)
        accepted = lines[number]["accept"]
        number = (accepted.get("ok") or accepted["error"]).get("next")
    return path


@pytest.fixture(scope="module")
def replayer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpReplayer]:
    folder, around = tmp_path_factory.mktemp("export"), tmp_path_factory.mktemp("server")
    library = Library([VECTORS / f"{name}.yaml" for name in FILES])
    Export(folder, library, ABIS, ["openvino"]).write()
    serving = Serving(around / "site", around)
    yield HttpReplayer(folder, serving)
    serving.stop()


@pytest.mark.parametrize("abi", ABIS)
def test_the_server_answers_as_exported(replayer: HttpReplayer, abi: str) -> None:
    cases = [case for case in replayer.cases if case["abi"] == abi]
    assert len(cases) >= 50
    wrong = {case["id"]: fault for case in cases if (fault := replayer.replay(case)) is not None}
    assert wrong == {}


def test_another_answer_than_the_exported_one_is_found(replayer: HttpReplayer, monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(each for each in replayer.cases if each["id"] == "output/scalar[witx-openvino]")
    lines = replayer.lines(case)
    lines[4]["accept"] = {"ok": {"equal": {"value": 8}, "next": 5}}
    monkeypatch.setattr(replayer, "lines", lambda _: lines)
    assert str(replayer.replay(case)).startswith("line 4: value is 4")
