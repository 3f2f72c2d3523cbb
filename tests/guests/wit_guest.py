"""The prebuilt WIT guests, run on a small host whose every call a test can see and replace."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import wasmtime
from wasmtime.component import Component, Linker, LinkerInstance, ResourceAny, ResourceHost, ResourceType, Variant
from witx_guest import PREBUILT, engine, line

TAGS = ("2024-06-25", "2024-08-19", "2024-10-28")
OLDEST, _, NEWEST = TAGS

# Number of the host's resource type, and the interface that has it.
KINDS = {
    "tensor": (1, "tensor"),
    "graph": (2, "graph"),
    "graph-execution-context": (3, "inference"),
    "error": (4, "errors"),
}


@dataclass(frozen=True)
class Tensor:
    dimensions: list[int]
    ty: str
    data: bytes


@dataclass(frozen=True)
class Failure(Exception):  # noqa: N818
    """The WIT's `error`: what a host function raises so that the guest gets one."""

    code: str
    data: Any


@cache
def component(name: str) -> Component:
    return Component.from_file(engine(), str(PREBUILT / f"{name}.wasm"))


@dataclass
class Outcome:
    """How a guest ended: `code` of its exit or return, or the message of a trap."""

    stdout: bytes
    stderr: str
    code: int | None = None
    trap: str | None = None

    @property
    def replies(self) -> list[dict[str, Any]]:
        lines = self.stdout.decode().splitlines()
        assert all(line.startswith("@@") for line in lines)
        return [json.loads(line[2:]) for line in lines]


class Host:
    """A host of `wasi:nn` that answers at once: a context gives its inputs back in reverse order, names in capitals."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.alive: dict[str, dict[int, Any]] = {kind: {} for kind in KINDS}
        self.calls: list[str] = []
        self.numbers = 0

    def answer(self, **functions: Callable[..., Any]) -> None:
        """Put functions in the place of those below."""
        for name, function in functions.items():
            assert hasattr(self, name)
            setattr(self, name, function)

    def new(self, kind: str, value: Any) -> ResourceHost:
        self.numbers += 1
        self.alive[kind][self.numbers] = value
        return ResourceHost.own(self.numbers, KINDS[kind][0])

    # The functions of the WIT, by their names. Resources arrive as their representations.

    def new_tensor(self, dimensions: list[int], ty: str, data: bytes) -> Any:
        return Tensor(dimensions, ty, data)

    def load(self, builders: list[bytes], encoding: str, target: str) -> Any:
        return (builders, encoding, target)

    def load_by_name(self, name: str) -> Any:
        raise Failure("not-found", f"no graph is called {name}")

    def init_execution_context(self, _graph: Any) -> Any:
        return {}

    def compute_at_once(self, _context: Any, inputs: list[tuple[str, Tensor]]) -> list[tuple[str, Tensor]]:
        return [(name.upper(), tensor) for name, tensor in reversed(inputs)]

    def set_input(self, context: dict[str, Tensor], name: str, tensor: Tensor) -> None:
        context[name] = tensor

    def compute(self, context: dict[str, Tensor]) -> None:
        if not context:
            raise Failure("invalid-argument", "no input is set")

    def get_output(self, context: dict[str, Tensor], name: str) -> Tensor:
        return context[name.lower()]


class Instance:
    """The host's functions in one linker, one store."""

    def __init__(self, host: Host, linker: Linker) -> None:
        self.host = host
        with linker.root() as root:
            for interface in ("tensor", "errors", "inference", "graph"):
                with root.add_instance(f"wasi:nn/{interface}@0.2.0-rc-{host.tag}") as instance:
                    self._define(instance, interface)

    def _define(self, instance: LinkerInstance, interface: str) -> None:
        for kind, (number, place) in KINDS.items():
            if place == interface:
                instance.add_resource(kind, ResourceType.host(number), self._destructor(kind))
        for name, function in getattr(self, f"_{interface}")().items():
            instance.add_func(name, self._recorded(name, function))

    def _destructor(self, kind: str) -> Callable[..., None]:
        def destroy(_store: Any, representation: int) -> None:
            self.host.calls.append(f"drop {kind}")
            del self.host.alive[kind][representation]

        return destroy

    def _recorded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(store: Any, *arguments: Any) -> Any:
            self.host.calls.append(name)
            return function(store, *arguments)

        return call

    def _peek(self, store: Any, kind: str, handle: ResourceAny) -> Any:
        return self.host.alive[kind][handle.to_host(store).rep]

    def _take(self, store: Any, kind: str, handle: ResourceAny) -> Any:
        return self.host.alive[kind].pop(handle.to_host(store).rep)

    def _resource(self, kind: str, make: Callable[[], Any]) -> Variant:
        """Return what a function returns whose result is a resource or an error."""
        try:
            return Variant("ok", self.host.new(kind, make()))
        except Failure as failure:
            return Variant("err", self.host.new("error", failure))

    def _other(self, make: Callable[[], Any]) -> Any:
        """Return what a function returns whose result is no resource: wasmtime tells the two apart by their types."""
        try:
            return make()
        except Failure as failure:
            return self.host.new("error", failure)

    def _getter(self, kind: str, attribute: str) -> Callable[..., Any]:
        return lambda store, handle: getattr(self._peek(store, kind, handle), attribute)

    def _tensor(self) -> dict[str, Callable[..., Any]]:
        return {
            "[constructor]tensor": lambda _store, *of: self.host.new("tensor", self.host.new_tensor(*of)),
            "[method]tensor.dimensions": self._getter("tensor", "dimensions"),
            "[method]tensor.ty": self._getter("tensor", "ty"),
            "[method]tensor.data": self._getter("tensor", "data"),
        }

    def _errors(self) -> dict[str, Callable[..., Any]]:
        constructor = {"[constructor]error": lambda _store, *of: self.host.new("error", Failure(*of))}
        getters = {
            "[method]error.code": self._getter("error", "code"),
            "[method]error.data": self._getter("error", "data"),
        }
        return getters | (constructor if self.host.tag == OLDEST else {})

    def _graph(self) -> dict[str, Callable[..., Any]]:
        def context(store: Any, handle: ResourceAny) -> Variant:
            graph = self._peek(store, "graph", handle)
            return self._resource("graph-execution-context", lambda: self.host.init_execution_context(graph))

        return {
            "load": lambda _store, *of: self._resource("graph", lambda: self.host.load(*of)),
            "load-by-name": lambda _store, name: self._resource("graph", lambda: self.host.load_by_name(name)),
            "[method]graph.init-execution-context": context,
        }

    def _inference(self) -> dict[str, Callable[..., Any]]:
        prefix = "[method]graph-execution-context."
        if self.host.tag == NEWEST:
            return {f"{prefix}compute": self._compute_at_once}

        def set_input(store: Any, handle: ResourceAny, name: str, given: ResourceAny) -> Any:
            context = self._peek(store, "graph-execution-context", handle)
            tensor = self._take(store, "tensor", given)
            return self._other(lambda: self.host.set_input(context, name, tensor))

        def compute(store: Any, handle: ResourceAny) -> Any:
            context = self._peek(store, "graph-execution-context", handle)
            return self._other(lambda: self.host.compute(context))

        def get_output(store: Any, handle: ResourceAny, name: str) -> Variant:
            context = self._peek(store, "graph-execution-context", handle)
            return self._resource("tensor", lambda: self.host.get_output(context, name))

        return {f"{prefix}set-input": set_input, f"{prefix}compute": compute, f"{prefix}get-output": get_output}

    def _compute_at_once(self, store: Any, handle: ResourceAny, inputs: list[Any]) -> Any:
        context = self._peek(store, "graph-execution-context", handle)
        taken = [(name, self._take(store, "tensor", tensor)) for name, tensor in inputs]

        def outputs() -> list[tuple[str, ResourceHost]]:
            given = self.host.compute_at_once(context, taken)
            return [(name, self.host.new("tensor", tensor)) for name, tensor in given]

        return self._other(outputs)


@dataclass
class Guest:
    """One guest program on a host."""

    name: str
    host: Host
    folder: Path

    def run(self, stdin: bytes = b"", argv: Sequence[str] = (), shared: Path | None = None) -> Outcome:
        files = {name: self.folder / name for name in ("stdin", "stdout", "stderr")}
        files["stdin"].write_bytes(stdin)
        wasi = wasmtime.WasiConfig()
        wasi.argv = [self.name, *argv]
        wasi.stdin_file, wasi.stdout_file, wasi.stderr_file = (str(path) for path in files.values())
        if shared is not None:
            wasi.preopen_dir(str(shared), "/")
        store = wasmtime.Store(engine())
        store.set_wasi(wasi)
        linker = Linker(engine())
        linker.add_wasip2()
        Instance(self.host, linker)
        instance = linker.instantiate(store, component(self.name))
        command = instance.get_export_index(store, "wasi:cli/run@0.2.0")
        run = instance.get_export_index(store, "run", command)
        assert run is not None
        function = instance.get_func(store, run)
        assert function is not None
        outcome = Outcome(b"", "")
        try:
            outcome.code = {"ok": 0, "err": 1}[function(store).tag]
        except wasmtime.ExitTrap as end:
            outcome.code = end.code
        except (wasmtime.Trap, wasmtime.WasmtimeError) as trap:
            outcome.trap = str(trap)
        store.close()
        outcome.stdout, outcome.stderr = files["stdout"].read_bytes(), files["stderr"].read_text()
        return outcome

    def ask(self, *requests: dict[str, Any] | str | bytes) -> list[dict[str, Any]]:
        """Return the replies to the requests, one each, of a probe that lived to the end of its input."""
        outcome = self.run(b"".join(line(request) for request in requests))
        assert (outcome.code, outcome.trap, outcome.stderr) == (0, None, "")
        replies = outcome.replies
        assert len(replies) == len(requests)
        return replies
