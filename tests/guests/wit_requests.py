"""Requests to the WIT probes that many conversations have, and the probe that gets them."""

from pathlib import Path
from typing import Any

import pytest
from wit_guest import TAGS, Guest, Host
from witx_guest import b64

LOAD = {"call": "load", "builders": [b64(b"xml"), ""], "encoding": "openvino", "target": "cpu", "as": "g"}
CONTEXT = {"call": "init_execution_context", "graph": "g", "as": "c"}
DATA = b64(bytes(range(16)))
FAIL = {"call": "load_by_name", "name": "cats", "error": "e"}

every_tag = pytest.mark.parametrize("tag", TAGS)


def probe(tag: str, folder: Path) -> Guest:
    return Guest(f"probe-wit-{tag}", Host(tag), folder)


def tensor(name: str, **other: Any) -> dict[str, Any]:
    return {"call": "tensor", "dims": [4], "type": "FP32", "data": DATA, "as": name} | other
