"""Runs guests, each with its own streams, limits and deadline; any number at a time, one in each thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import wasmtime

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.compilation import Compiler, new_engine
from wasi_nn_reference.wasmtime_host.ending import OverrunError, TrapError
from wasi_nn_reference.wasmtime_host.interruption import Interruption
from wasi_nn_reference.wasmtime_host.linking import Linking
from wasi_nn_reference.wasmtime_host.recognition import COMPONENT, MODULE, recognise
from wasi_nn_reference.wasmtime_host.sections import has_start
from wasi_nn_reference.wasmtime_host.store import new_store
from wasi_nn_reference.wasmtime_host.text_format import binary

if TYPE_CHECKING:
    from wasi_nn_reference.host import Host
    from wasi_nn_reference.wasmtime_host.cache import ModuleCache
    from wasi_nn_reference.wasmtime_host.deadline import DeadlinePolicy
    from wasi_nn_reference.wasmtime_host.guest import Guest


class Program(Protocol):
    """A compiled guest, which may run any number of times, also at once."""

    @property
    def infers(self) -> bool:
        """Return whether it imports wasi-nn."""
        ...

    @property
    def memories(self) -> int:
        """The linear memories that one run may have."""
        ...

    @property
    def instances(self) -> int:
        """The core instances that one run may have."""
        ...

    def run(self, store: wasmtime.Store, host: Host, guest: Guest) -> int:
        """Run once, in a store of its own that `guest` was made of, and return the exit status, 0 if it just returns.

        Raises TrapError; UserError for a guest that cannot be run here.
        """
        ...


class Runner:
    """Runs guests on one wasmtime engine.

    deadline: what is done about a guest whose time is up. cache: None compiles every guest anew.
    """

    def __init__(
        self, deadline: DeadlinePolicy, cache: ModuleCache | None = None, linking: Linking | None = None
    ) -> None:
        self._deadline = deadline
        self._engine = new_engine()
        self._compiler = Compiler(self._engine, cache)
        self._linking = linking or Linking()

    def load(self, wasm: bytes, linking: Linking | None = None) -> Program:
        """Return the program in a file of either format, compiled; raises UserError for one that cannot be run here.

        linking: its own, in place of the runner's.
        """
        linking = linking or self._linking
        wasm = binary(wasm)
        kind = recognise(wasm)
        # Only the ABI that the guest has is imported: either takes as long as a guest's first reply.
        if kind == MODULE:
            from wasi_nn_reference.wasmtime_host.core import CoreProgram  # noqa: PLC0415

            module = self._compiler.compiled(wasmtime.Module, wasm)
            return CoreProgram(self._engine, module, linking, has_start=has_start(wasm))
        if kind == COMPONENT:
            from wasmtime.component import Component  # noqa: PLC0415

            from wasi_nn_reference.wasmtime_host.component import ComponentProgram  # noqa: PLC0415

            return ComponentProgram(self._engine, self._compiler.compiled(Component, wasm), linking)
        raise UserError("the file is no WebAssembly module or component")

    def prepare(self, program: Program, guest: Guest, host: Host) -> Run:
        """Return a run of a program that `load` returned, not begun; raises UserError for what cannot be set up."""
        return Run(self._engine, program, guest, host)

    def run(self, program: Program, guest: Guest, host: Host) -> int:
        """Run a program that `load` returned, and return its exit status.

        Raises TrapError, OverrunError if its time was up; UserError for a guest that cannot be run here.
        """
        run = self.prepare(program, guest, host)
        if guest.seconds is None:
            return run.work()
        seconds = guest.seconds

        def interrupt() -> None:
            run.interrupt()  # first: a guest whose call has failed must not get as far as its own end
            host.end_engines(f"the guest ran for more than {seconds:g} s")

        return self._deadline.run(run.work, seconds, interrupt)


class Run:
    """One run of a program: `work`, once and in one thread, and `interrupt` from any other."""

    def __init__(self, engine: wasmtime.Engine, program: Program, guest: Guest, host: Host) -> None:
        self._program = program
        self._guest = guest
        self._host = host
        self._store = new_store(engine, guest, host.limits, instances=program.instances, memories=program.memories)
        self._interruption = Interruption(self._store)

    def work(self) -> int:
        """Return the exit status; raises as `Runner.run`."""
        try:
            return self._program.run(self._store, self._host, self._guest)
        except (TrapError, UserError) as error:
            if self._interruption.heeded and self._guest.seconds is not None:
                raise OverrunError(self._guest.seconds) from error
            raise
        finally:
            self._store.close()

    def interrupt(self) -> None:
        """End it as soon as it computes; to be called again until it has ended."""
        self._interruption.ask()
