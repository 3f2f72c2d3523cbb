from __future__ import annotations

import sys

import pytest

from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.serving import backends
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding


@pytest.fixture
def without_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "wasi_nn_reference.backends.openvino", raising=False)


@pytest.mark.usefixtures("without_openvino")
def test_without_openvino_the_user_is_told_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    (backend,) = backends("f32", None)
    with pytest.raises(WasiNnError) as caught:
        backend.load(GraphEncoding.OPENVINO, (b"<net/>", b""), ExecutionTarget.CPU, 1)
    assert caught.value.code is ErrorCode.INVALID_ENCODING
    assert "pip install 'wasi-nn-conformance[reference]'" in capsys.readouterr().err


def test_what_is_served() -> None:
    encodings = frozenset().union(*(backend.encodings for backend in backends("f32", None)))
    assert encodings == {GraphEncoding.OPENVINO, GraphEncoding.ONNX}
