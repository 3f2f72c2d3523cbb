"""Addresses of models at inference servers."""

from __future__ import annotations

import pytest

from wasi_nn_reference.backends.kserve.address import address_of, read_address
from wasi_nn_reference.errors import UserError


@pytest.mark.parametrize(
    ("url", "name", "server"),
    [
        ("http://h:8000/v2/models/m", "m", "http://h:8000/v2"),
        ("https://h/v2/models/m/", "m", "https://h/v2"),
        ("http://[::1]:1/v2/models/m.n-1/versions/2", "m.n-1", "http://[::1]:1/v2"),
        ("http://h/serving/ns/v2/models/m", "m", "http://h/serving/ns/v2"),
    ],
)
def test_an_address_names_a_model(url: str, name: str, server: str) -> None:
    assert read_address(url) == (url.rstrip("/"), name, server)


@pytest.mark.parametrize(
    "url",
    [
        "h:8000/v2/models/m", "grpc://h:8001/v2/models/m", "http://h:8000", "http://h:8000/v2/models/",
        "http://h:8000/v2/models/m/infer", "http://h:8000/v2/models/m/versions/", "http://h:99999/v2/models/m",
        "http:///v2/models/m", "http://user:secret@h/v2/models/m", "http://h/v2/models/m?x=1", "http://h/v2/models/m#x",
        "http://h/v2/models/a b", "http://[::1/v2/models/m", "/models/digits",
    ],
)  # fmt: skip
def test_another_address_is_told_the_form_that_is_wanted(url: str) -> None:
    with pytest.raises(UserError) as caught:
        read_address(url)
    said = "is no model of an inference server; give it as http://HOST:PORT/v2/models/NAME[/versions/VERSION]"
    assert str(caught.value) == f"{url}: {said}"


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        (("http://h:8000", "m"), "http://h:8000/v2/models/m"),
        (("http://h:8000/", "a/b c", "1"), "http://h:8000/v2/models/a%2Fb%20c/versions/1"),
    ],
)
def test_an_address_of_parts(parts: tuple[str, ...], url: str) -> None:
    assert address_of(*parts).url == url
