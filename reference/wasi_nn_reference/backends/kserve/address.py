"""Where a model is served."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from wasi_nn_reference.errors import UserError

FORM = "http://HOST:PORT/v2/models/NAME[/versions/VERSION]"
_PATH = re.compile(r"(?P<before>(?:/[^/]+)*?)/v2/models/(?P<name>[^/]+)(?:/versions/(?P<version>[^/]+))?/?")


class ModelAddress(NamedTuple):
    """Where a server tells of a model, the model's name, and where it tells of itself."""

    url: str
    name: str
    server: str

    @property
    def infer(self) -> str:
        """The URL to which inputs are posted."""
        return f"{self.url}/infer"


def read_address(text: str) -> ModelAddress:
    """Return the address that a URL of the form `FORM` tells; raises UserError for any other, which names that form.

    There may be a path before `/v2`, and https in the place of http.
    """
    # A user's name and password would stand in each message about the model.
    try:
        parts = urlsplit(text)
        complete = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, brackets that do not match
        complete = False
    match = _PATH.fullmatch(parts.path) if complete else None
    if match is None or parts.query or parts.fragment or "@" in parts.netloc or re.search(r"[\s\\]", text):
        raise UserError(f"{text}: is no model of an inference server; give it as {FORM}")
    return ModelAddress(text.rstrip("/"), match["name"], f"{parts.scheme}://{parts.netloc}{match['before']}/v2")


def address_of(server: str, model: str, version: str | None = None) -> ModelAddress:
    """Return the address of a model, by its name, at a server whose URL is `http://HOST:PORT`; raises UserError."""
    versions = "" if version is None else f"/versions/{quote(version, safe='')}"
    return read_address(f"{server.rstrip('/')}/v2/models/{quote(model, safe='')}{versions}")
