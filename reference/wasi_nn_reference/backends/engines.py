"""Where engines run: those of each owner of models in a process of their own, or all in this one, or at a server."""

from __future__ import annotations

import contextlib
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from wasi_nn_reference.backends import registry
from wasi_nn_reference.backends.kserve.servers import InferenceServers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wasi_nn_reference.backends.backend import Backend, BackendGraph
    from wasi_nn_reference.backends.isolated.backend import IsolatedBackend
    from wasi_nn_reference.backends.isolated.launcher import Launcher
    from wasi_nn_reference.backends.isolated.template_process import TemplateProcess
    from wasi_nn_reference.backends.settings import EngineSettings
    from wasi_nn_reference.types import ExecutionTarget, GraphEncoding


class Isolation(Enum):
    """Where engines run: in processes of their own, or in the host's, for models that are trusted."""

    PROCESS = "process"
    NONE = "none"


class Engines:
    """Makes backends for owners of models: for guests, and for the operator who registers graphs.

    memory_bytes: what one engine process may use. Nothing is started before `warm` or the first model.
    servers: for models that are computed elsewhere, whatever the isolation: an engine process has no sockets.
    """

    def __init__(self, isolation: Isolation, memory_bytes: int) -> None:
        self._isolation = isolation
        self.memory_bytes = memory_bytes
        self._template: TemplateProcess | None = None
        self.servers = InferenceServers()

    @cached_property
    def launcher(self) -> Launcher:
        """What starts the processes."""
        # What it imports takes a tenth of a guest's start.
        from wasi_nn_reference.backends.isolated.launcher import Launcher  # noqa: PLC0415

        return Launcher(registry.modules_before_forks(), self._template)

    def backends(self, settings: EngineSettings) -> Mapping[GraphEncoding, Backend]:
        """Return the backends of one owner, by encoding; models of two owners never share a process.

        Raises UserError for an engine that does not load what it is chosen for.
        """
        if self._isolation is Isolation.NONE:
            return registry.backends(settings)
        registry.check_choices(settings)
        return dict.fromkeys(registry.SERVED, OwnProcess(self, settings))

    def warm(self) -> None:
        """Have engines imported while something else is done."""
        if self._isolation is Isolation.PROCESS and "launcher" not in self.__dict__ and self._template is None:
            from wasi_nn_reference.backends.isolated.template_process import start  # noqa: PLC0415 - as `launcher`

            with contextlib.suppress(OSError):  # the first model will tell
                self._template = start(registry.modules_before_forks())

    def close(self) -> None:
        """End all processes and connections; graphs in them are lost."""
        self.servers.close()
        if "launcher" in self.__dict__:
            self.launcher.close()
        elif self._template is not None:
            self._template.end_all()


class OwnProcess:
    """The backend of one owner, in a process that is started with the first model; see `Backend`."""

    def __init__(self, engines: Engines, settings: EngineSettings) -> None:
        self._engines = engines
        self._settings = settings

    @cached_property
    def _backend(self) -> IsolatedBackend:
        from wasi_nn_reference.backends.isolated.backend import IsolatedBackend  # noqa: PLC0415 - see `launcher`

        return IsolatedBackend(self._engines.launcher, self._settings, self._engines.memory_bytes)

    def load(
        self, encoding: GraphEncoding, builders: tuple[bytes, ...], target: ExecutionTarget, seconds: float
    ) -> BackendGraph:
        """See `Backend.load`."""
        return self._backend.load(encoding, builders, target, seconds)

    def kill(self, reason: str) -> None:
        """End the process, from any thread, also in the middle of a call: its graphs are lost."""
        if "_backend" in self.__dict__:
            self._backend.kill(reason)
