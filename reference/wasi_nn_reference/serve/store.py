"""The stores that workers read and replace: strings by name, in namespaces."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol, cast

from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from redis import Redis

_PREFIX = "wasi-nn:kv:"
_SECONDS = 5.0  # that a store on another machine may take to answer


class StoreError(Exception):
    """The store does not answer; the text has nothing secret."""


class Store(Protocol):
    """What holds the namespaces. Raises StoreError."""

    def read(self, namespace: str) -> Mapping[str, str]:
        """Return all that a namespace has."""
        ...

    def replace(self, namespace: str, values: Mapping[str, str]) -> None:
        """Let a namespace have `values` and nothing else, at once."""
        ...


class MemoryStore:
    """A store that ends with its process; see `Store`."""

    def __init__(self) -> None:
        self._namespaces: dict[str, Mapping[str, str]] = {}
        self._lock = threading.Lock()

    def read(self, namespace: str) -> Mapping[str, str]:
        """See `Store.read`."""
        with self._lock:
            return self._namespaces.get(namespace, {})

    def replace(self, namespace: str, values: Mapping[str, str]) -> None:
        """See `Store.replace`."""
        with self._lock:
            self._namespaces[namespace] = dict(values)


class RedisStore:
    """A store in Redis, for any number of servers: each namespace is a hash; see `Store`."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    def read(self, namespace: str) -> Mapping[str, str]:
        """See `Store.read`."""
        from redis import RedisError  # noqa: PLC0415 - an extra

        try:
            return cast("dict[str, str]", self._client.hgetall(_PREFIX + namespace))
        except RedisError as error:
            raise StoreError(f"the store does not answer: {type(error).__name__}") from error

    def replace(self, namespace: str, values: Mapping[str, str]) -> None:
        """See `Store.replace`."""
        from redis import RedisError  # noqa: PLC0415 - an extra

        try:
            with self._client.pipeline(transaction=True) as pipeline:
                pipeline.delete(_PREFIX + namespace)
                if values:
                    pipeline.hset(_PREFIX + namespace, mapping=cast("dict[Any, Any]", values))
                pipeline.execute()
        except RedisError as error:
            raise StoreError(f"the store does not answer: {type(error).__name__}") from error


def store_at(url: str) -> Store:
    """Return the store at a URL, which is asked for nothing yet; raises UserError if Redis' client is not installed."""
    try:
        from redis import Redis  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise UserError(
            "data.kv.url: redis is not installed; install it with: pip install 'wasi-nn-conformance[redis]'"
        ) from None
    try:
        client = Redis.from_url(url, decode_responses=True, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
    except ValueError:
        raise UserError("data.kv.url: this is no URL of a store: redis://HOST:PORT/NUMBER") from None
    return RedisStore(client)
