"""The inference servers of one program: one thread and one set of connections for all of them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    from wasi_nn_reference.backends.kserve.address import ModelAddress
    from wasi_nn_reference.backends.kserve.connection import Connection
    from wasi_nn_reference.backends.kserve.model import ServerModel


class InferenceServers:
    """Models by their addresses. Nothing is imported or started before the first of them."""

    def model(self, address: ModelAddress, tensor_bytes: int) -> ServerModel:
        """Return a model whose outputs have at most `tensor_bytes` each; no server is asked yet.

        Raises UserError if the client of the protocol is not installed.
        """
        try:
            from wasi_nn_reference.backends.kserve.model import ServerModel  # noqa: PLC0415 - takes 0.4 s
        except ImportError as error:
            raise UserError(
                "tritonclient is not installed; install it with: pip install 'wasi-nn-conformance[kserve]'"
            ) from error
        return ServerModel(address, self._connection, tensor_bytes)

    @cached_property
    def _connection(self) -> Connection:
        from wasi_nn_reference.backends.kserve.connection import Connection  # noqa: PLC0415 - as above

        return Connection()

    def close(self) -> None:
        """End all connections."""
        if "_connection" in self.__dict__:
            self._connection.close()
