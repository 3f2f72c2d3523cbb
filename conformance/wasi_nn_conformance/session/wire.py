"""The protocol between the driver and a probe: what goes over standard input and output, one JSON object a line."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

PROTOCOL = 1
"""The version that the driver and its probes speak; docs/protocol.md describes it."""

Request = Mapping[str, Any]
Reply = Mapping[str, Any]


def decode(text: str) -> bytes:
    """Decode the base64 of a reply. Raises `ValueError` for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"the reply's bytes are no base64: {error}") from None


def encode(data: bytes) -> str:
    """Encode bytes for a request, in base64."""
    return base64.b64encode(data).decode("ascii")
