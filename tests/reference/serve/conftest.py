from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from serving import Serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """A server in this process, which is started with the first request."""
    made = Serving(tmp_path / "site", tmp_path)
    yield made
    made.stop()
