"""Workers as they were written in 2023, in a folder of that time, with the files that such servers took.

Their sources are in `guests/workers-2023`: one brings its model, with wasi-nn 0.4.0, the other names it, with 0.5.0.
"""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from serving import Serving

HOUSE = Path(__file__).resolve().parents[3]
DIGITS = HOUSE / "examples" / "digits"
PICTURES = sorted((DIGITS / "pictures").iterdir())
LOAD = """
name = "load"
version = "1"

[features]
[features.wasi_nn]
allowed_backends = ["openvino"]

[[folders]]
from = "./_models/digits"
to = "/tmp/model"

[[folders]]
from = "./_tmp"
to = "/tmp"
"""
BY_NAME = """
name = "by-name"
version = "1"

[vars]
MODEL = "digits"

[features]
[features.wasi_nn]
allowed_backends = ["openvino"]

[[features.wasi_nn.preload_models]]
backend = "openvino"
provider = { type = "local", dir = "./_models/digits" }

[[folders]]
from = "./_tmp"
to = "/tmp"
"""


@pytest.fixture
def workers(serving: Serving) -> Serving:
    for name, toml in {"load": LOAD, "by-name": BY_NAME}.items():
        wasm = HOUSE / "guests" / "prebuilt" / f"worker-2023-{name}.wasm"
        serving.add(f"{name}.wasm", wasm.read_bytes(), toml)
    shutil.copytree(DIGITS / "openvino", serving.folder / "_models" / "digits")
    (serving.folder / "_tmp").mkdir()
    return serving


@pytest.mark.parametrize("path", ["/load", "/by-name"])
def test_a_worker_of_2023_tells_the_digits(workers: Serving, path: str) -> None:
    told = []
    for picture in PICTURES:
        response = workers.client.post(path, content=base64.b64encode(picture.read_bytes()))
        assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
        told.append([each["class"] for each in response.json()["data"]])
    assert [classes[0] for classes in told] == [int(picture.name.split("-")[1]) for picture in PICTURES]
    assert all(sorted(classes) == list(range(10)) for classes in told)
