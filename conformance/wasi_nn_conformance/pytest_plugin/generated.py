"""What the rest of the plugin must know of an item that generates conversations, without loading Hypothesis."""

from abc import abstractmethod
from typing import Any

import pytest

from wasi_nn_conformance.run.host_pool import Pair


class GeneratedItem(pytest.Item):
    """A search."""

    @property
    @abstractmethod
    def pair(self) -> Pair:
        """The ABI and the encoding that it draws for."""

    @abstractmethod
    def data(self) -> dict[str, Any] | None:
        """Return what the report keeps of the search, as plain data, once it is done."""
