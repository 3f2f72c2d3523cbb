from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from wit_probe import TAGS, Probe

if TYPE_CHECKING:
    from pathlib import Path

    from wasi_nn_reference.host import Host


@pytest.fixture(params=TAGS)
def tag(request: pytest.FixtureRequest) -> str:
    """Every version; a test for some of them parametrizes `tag` itself."""
    return str(request.param)


@pytest.fixture
def probe(tag: str, host: Host, tmp_path: Path) -> Probe:
    return Probe(tag, host, tmp_path)
