"""What the rest of the plugin must know of an item that generates conversations, without loading Hypothesis."""

from abc import abstractmethod
from typing import Any

import pytest


class GeneratedItem(pytest.Item):
    """A search."""

    @abstractmethod
    def data(self) -> dict[str, Any] | None:
        """Return what the report keeps of the search, as plain data, once it is done."""
