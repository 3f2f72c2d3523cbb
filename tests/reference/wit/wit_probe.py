"""Talks to a probe in this process, so that a test sees the host's table of resources too."""

from __future__ import annotations

import base64
import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wasmtime
from wasmtime.component import Component, Linker

from wasi_nn_reference.abi.wit.calls import Definitions, WitCalls
from wasi_nn_reference.wasmtime_host.compilation import Compiler, new_engine

if TYPE_CHECKING:
    from wasi_nn_reference.host import Host

TAGS = ("2024-06-25", "2024-08-19", "2024-10-28")
BY_NAME = TAGS[:2]  # set-input, compute, get-output; 10-28 has one compute for all
PREBUILT = Path(__file__).parents[3] / "guests" / "prebuilt"
IDENTITY = "identity"
ADD = "add"

Request = dict[str, Any]


_engine = functools.cache(new_engine)


@functools.cache
def compiled(tag: str) -> Component:
    return Compiler(_engine()).compiled(Component, binary(tag))


def binary(tag: str) -> bytes:
    return (PREBUILT / f"probe-wit-{tag}.wasm").read_bytes()


@dataclass(frozen=True)
class Talk:
    """What came of a conversation: the replies, what was alive at its end, and the trap if one ended it."""

    replies: list[dict[str, Any]]
    alive: dict[str, int]
    trap: str

    @property
    def last(self) -> dict[str, Any]:
        return self.replies[-1]


class Probe:
    """Probes of one version on one host; each call is a component of its own."""

    def __init__(self, tag: str, host: Host, folder: Path) -> None:
        self.tag = tag
        self.host = host
        self._folder = folder

    def __call__(self, *requests: Request | list[Request]) -> Talk:
        lines = [line for each in requests for line in (each if isinstance(each, list) else [each])]
        asked, answered = self._folder / "requests", self._folder / "replies"
        asked.write_text("".join(json.dumps(line) + "\n" for line in lines))
        wasi = wasmtime.WasiConfig()
        wasi.stdin_file, wasi.stdout_file = asked, str(answered)
        store = wasmtime.Store(_engine())
        store.set_wasi(wasi)
        store.set_epoch_deadline(1)
        calls, definitions = WitCalls(self.host, bridged=True), Definitions()
        linker = Linker(_engine())
        linker.add_wasip2()
        version = f"0.2.0-rc-{self.tag}"
        definitions.add(linker, [version], bridged=[version])
        with calls.answering():
            instance = linker.instantiate(store, compiled(self.tag))
            interface = instance.get_export_index(store, "wasi:cli/run@0.2.0")
            index = instance.get_export_index(store, "run", interface)
            assert index is not None
            run = instance.get_func(store, index)
            assert run is not None
            trap = ""
            try:
                run(store)
            except wasmtime.WasmtimeError as error:
                trap = str(error)
            replies = [json.loads(line.removeprefix("@@")) for line in answered.read_text().splitlines()]
            errors = [reply["error"] for reply in replies if "error" in reply]
            assert not errors, f"the probe did not understand: {errors}"
            alive = calls.table.counts()
            store.close()
        calls.table.clear()
        return Talk(replies, alive, trap)

    def infer(self, context: str, inputs: dict[str, Request], outputs: tuple[str, ...]) -> list[Request]:
        """The requests of one computation; the replies that hold outputs are the last ones."""
        tensors = [{**tensor, "as": f"in.{name}"} for name, tensor in inputs.items()]
        if self.tag not in BY_NAME:
            return [*tensors, compute(context, *((name, f"in.{name}") for name in inputs))]
        return [
            *tensors,
            *(set_input(context, name, f"in.{name}") for name in inputs),
            {"call": "compute", "context": context},
            *(get_output(context, name) for name in outputs),
        ]

    def outputs(self, talk: Talk, names: tuple[str, ...]) -> list[tuple[str, list[int], str, bytes]]:
        """Name, dimensions, type and bytes of the outputs that the last replies of `infer` hold."""
        if self.tag in BY_NAME:
            found = list(zip(names, talk.replies[-len(names) :], strict=True))
        else:
            found = [(output["name"], output) for output in talk.last["outputs"]]
        return [(name, each["dims"], each["type"], base64.b64decode(each["data"])) for name, each in found]


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def tensor(data: bytes, dims: tuple[int, ...], kind: str = "FP32", name: str = "t") -> Request:
    return {"call": "tensor", "dims": list(dims), "type": kind, "data": text(data), "as": name}


def load(*builders: bytes, encoding: str = "openvino", name: str = "g", **more: str) -> Request:
    return {
        "call": "load",
        "builders": [text(builder) for builder in builders],
        "encoding": encoding,
        "target": "cpu",
        "as": name,
    } | more


def context(graph: str = "g", name: str = "c", **more: str) -> Request:
    return {"call": "init_execution_context", "graph": graph, "as": name} | more


def compute(context: str, *inputs: tuple[str, str], **more: str) -> Request:
    return {"call": "compute", "context": context, "inputs": [list(each) for each in inputs]} | more


def set_input(context: str, name: str, tensor: str) -> Request:
    return {"call": "set_input", "context": context, "name": name, "tensor": tensor}


def get_output(context: str, name: str, **more: str) -> Request:
    return {"call": "get_output", "context": context, "name": name} | more


def drop(kind: str, name: str) -> Request:
    return {"call": "drop", "kind": kind, "handle": name}
