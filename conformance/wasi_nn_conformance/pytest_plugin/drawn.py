"""What the rest of the plugin must know of an item that draws, without loading what it draws with."""

from abc import abstractmethod
from typing import Any

import pytest


class DrawnItem(pytest.Item):
    """A search."""

    @abstractmethod
    def data(self) -> dict[str, Any] | None:
        """Return what the report keeps of the search, as plain data, once it is done."""
