from pathlib import Path

import pytest
from witx_guest import Guest


@pytest.fixture
def probe(tmp_path: Path) -> Guest:
    return Guest("probe-witx", tmp_path)


@pytest.fixture
def classify(tmp_path: Path) -> Guest:
    folder = tmp_path / "stdio"
    folder.mkdir()
    return Guest("classify-witx", folder)
