"""A graph that a real inference server computes: MLServer, in an environment of its own (`tox -e kserve`)."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from wasi_nn_reference.backends.kserve.address import address_of
from wasi_nn_reference.backends.kserve.servers import InferenceServers
from wasi_nn_reference.errors import ErrorCode, UserError, WasiNnError
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wasi_nn_reference.backends.kserve.model import ServerModel

SECONDS = 60.0
MLSERVER = os.environ.get("MLSERVER") or shutil.which("mlserver")
pytestmark = pytest.mark.skipif(
    MLSERVER is None, reason="no mlserver on PATH, nor named by the variable MLSERVER; `tox -e kserve` gets one"
)

RUNTIME = """
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceResponse


class Doubling(MLModel):
    async def load(self):
        return True

    async def predict(self, payload):
        given = {each.name: NumpyCodec.decode_input(each) for each in payload.inputs}
        outputs = [NumpyCodec.encode_output("y" + name[1:], 2 * array) for name, array in given.items()]
        return InferenceResponse(model_name=self.name, outputs=outputs)


class Failing(Doubling):
    async def predict(self, payload):
        raise InferenceError("no luck in /srv/models")
"""
# Types that numpy has, so that MLServer's codec for it takes them.
DATATYPES = {
    "FP16": (TensorType.F16, "<f2"),
    "FP32": (TensorType.F32, "<f4"),
    "FP64": (TensorType.F64, "<f8"),
    "UINT8": (TensorType.U8, "|u1"),
    "INT32": (TensorType.I32, "<i4"),
    "INT64": (TensorType.I64, "<i8"),
}


def free_port() -> int:
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return int(own.getsockname()[1])


def settings(name: str, implementation: str, datatypes: list[str]) -> str:
    ports = {
        title: [
            {"name": f"{letter}{number}", "datatype": datatype, "shape": [-1, 2]}
            for number, datatype in enumerate(datatypes)
        ]
        for title, letter in (("inputs", "x"), ("outputs", "y"))
    }
    return json.dumps({"name": name, "implementation": f"runtime.{implementation}", **ports})


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server's URL; it has a model for each type, one for all of them, and one that fails."""
    folder = tmp_path_factory.mktemp("models")
    models = {**{each.lower(): [each] for each in DATATYPES}, "all": list(DATATYPES), "failing": ["FP32"]}
    for name, datatypes in models.items():
        (folder / name).mkdir()
        implementation = "Failing" if name == "failing" else "Doubling"
        (folder / name / "runtime.py").write_text(RUNTIME)
        (folder / name / "model-settings.json").write_text(settings(name, implementation, datatypes))
    ports = {f"{each}_port": free_port() for each in ("http", "grpc", "metrics")}
    server = {**ports, "host": "127.0.0.1", "parallel_workers": 0, "use_structured_logging": False}
    (folder / "settings.json").write_text(json.dumps(server))
    assert MLSERVER is not None
    with subprocess.Popen(  # noqa: S603 - the server that the user names
        [MLSERVER, "start", str(folder)],
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(MLSERVER).parent}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = []
            left = set(models)
            for line in process.stdout:
                said.append(line)
                left -= {name for name in left if f"Loaded model '{name}'" in line}
                if not left:
                    break
            assert not left, "".join(said)
            yield f"http://127.0.0.1:{ports['http_port']}"
        finally:
            process.terminate()


@pytest.fixture
def servers() -> Iterator[InferenceServers]:
    made = InferenceServers()
    yield made
    made.close()


def model(servers: InferenceServers, url: str, name: str) -> ServerModel:
    return servers.model(address_of(url, name), 1 << 20)


@pytest.mark.parametrize("datatype", DATATYPES)
def test_a_tensor_of_each_type(servers: InferenceServers, url: str, datatype: str) -> None:
    tensor_type, dtype = DATATYPES[datatype]
    array = np.array([[1, 2], [3, 100]], dtype)
    graph = model(servers, url, datatype.lower()).graph(SECONDS)
    assert [(each.name, each.type, each.shape) for each in graph.inputs] == [("x0", tensor_type, (None, 2))]
    given = Tensor(tensor_type, array.shape, array.tobytes())
    assert graph.request().infer([given], SECONDS) == [Tensor(tensor_type, array.shape, (2 * array).tobytes())]


def test_several_inputs_and_outputs(servers: InferenceServers, url: str) -> None:
    given = [
        Tensor(tensor_type, (1, 2), np.array([number, 50], dtype).tobytes())
        for number, (tensor_type, dtype) in enumerate(DATATYPES.values())
    ]
    doubled = [
        Tensor(tensor_type, (1, 2), np.array([2 * number, 100], dtype).tobytes())
        for number, (tensor_type, dtype) in enumerate(DATATYPES.values())
    ]
    assert model(servers, url, "all").graph(SECONDS).request().infer(given, SECONDS) == doubled


def test_a_model_that_fails(servers: InferenceServers, url: str, capfd: pytest.CaptureFixture[str]) -> None:
    request = model(servers, url, "failing").graph(SECONDS).request()
    with pytest.raises(WasiNnError) as caught:
        request.infer([Tensor(TensorType.F32, (1, 2), bytes(8))], SECONDS)
    assert (caught.value.code, caught.value.message) == (
        ErrorCode.RUNTIME_ERROR, "the inference server refused, with status 400",
    )  # fmt: skip
    assert capfd.readouterr().err.endswith("with status 400: no luck in /srv/models\n")


def test_a_model_that_is_not_there(servers: InferenceServers, url: str) -> None:
    with pytest.raises(UserError, match=r"/v2/models/none: the inference server does not have the model"):
        model(servers, url, "none").check(SECONDS)
