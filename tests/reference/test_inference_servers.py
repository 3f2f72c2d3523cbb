"""Graphs that real inference servers compute: MLServer and Triton, each in its own environment (`tox -e kserve`)."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
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
# Of an environment with nvidia-pytriton, whose wheel has Triton in it, and the library of CUDA that it does not start
# without.
TRITON_PYTHON = os.environ.get("TRITON_PYTHON")
START_SECONDS = 120.0

MLSERVER_RUNTIME = """
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
TRITON_MODEL = """
import numpy as np
import triton_python_backend_utils as triton


class TritonPythonModel:
    def initialize(self, arguments):
        self.fails = arguments["model_name"] == "failing"

    def execute(self, requests):
        return [self.failed() if self.fails else self.doubled(each) for each in requests]

    def failed(self):
        return triton.InferenceResponse([], triton.TritonError("no luck in /srv/models"))

    def doubled(self, request):
        given = {each.name(): each.as_numpy() for each in request.inputs()}
        return triton.InferenceResponse(
            [triton.Tensor("y" + name[1:], (2 * array).astype(array.dtype)) for name, array in given.items()]
        )
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


def mlserver_settings(name: str, implementation: str, datatypes: list[str]) -> str:
    ports = {
        title: [
            {"name": f"{letter}{number}", "datatype": datatype, "shape": [-1, 2]}
            for number, datatype in enumerate(datatypes)
        ]
        for title, letter in (("inputs", "x"), ("outputs", "y"))
    }
    return json.dumps({"name": name, "implementation": f"runtime.{implementation}", **ports})


def triton_configuration(datatypes: list[str]) -> str:
    ports = [
        f'{title} [{{ name: "{letter}{number}" data_type: TYPE_{datatype} dims: [ -1, 2 ] }}]'
        for title, letter in (("input", "x"), ("output", "y"))
        for number, datatype in enumerate(datatypes)
    ]
    return "\n".join(['backend: "python"', *ports])


# A model for each type, one for all of them, and one that fails.
MODELS = {**{each.lower(): [each] for each in DATATYPES}, "all": list(DATATYPES), "failing": ["FP32"]}


@contextlib.contextmanager
def mlserver(folder: Path) -> Iterator[str]:
    if MLSERVER is None:
        pytest.skip("no mlserver on PATH, nor named by the variable MLSERVER; `tox -e kserve` gets one")
    for name, datatypes in MODELS.items():
        (folder / name).mkdir()
        implementation = "Failing" if name == "failing" else "Doubling"
        (folder / name / "runtime.py").write_text(MLSERVER_RUNTIME)
        (folder / name / "model-settings.json").write_text(mlserver_settings(name, implementation, datatypes))
    ports = {f"{each}_port": free_port() for each in ("http", "grpc", "metrics")}
    server = {**ports, "host": "127.0.0.1", "parallel_workers": 0, "use_structured_logging": False}
    (folder / "settings.json").write_text(json.dumps(server))
    environment = {**os.environ, "PATH": f"{Path(MLSERVER).parent}{os.pathsep}{os.environ['PATH']}"}
    with running([MLSERVER, "start", str(folder)], folder, environment, ports["http_port"]) as url:
        yield url


@contextlib.contextmanager
def triton(folder: Path) -> Iterator[str]:
    if TRITON_PYTHON is None:
        pytest.skip("the variable TRITON_PYTHON names no Python that has nvidia-pytriton; `tox -e kserve` gets one")
    (packages,) = (Path(TRITON_PYTHON).parent.parent / "lib").glob("python*/site-packages")
    installed = packages / "pytriton" / "tritonserver"
    shutil.copytree(installed / "backends", folder / "backends")
    version = packages.parent.name.removeprefix("python")
    shutil.copy(
        installed / "python_backend_stubs" / version / "triton_python_backend_stub", folder / "backends" / "python"
    )
    for name, datatypes in MODELS.items():
        (folder / "models" / name / "1").mkdir(parents=True)
        (folder / "models" / name / "1" / "model.py").write_text(TRITON_MODEL)
        (folder / "models" / name / "config.pbtxt").write_text(triton_configuration(datatypes))
    port = free_port()
    options = {
        "model-repository": folder / "models",
        "backend-directory": folder / "backends",
        "http-address": "127.0.0.1",
        "http-port": port,
        "allow-grpc": "false",
        "allow-metrics": "false",
    }
    libraries = f"{packages / 'nvidia_pytriton.libs'}{os.pathsep}{sysconfig.get_config_var('LIBDIR')}"
    environment = {
        **os.environ,
        "PATH": f"{Path(TRITON_PYTHON).parent}{os.pathsep}{os.environ['PATH']}",  # the models' Python
        "LD_LIBRARY_PATH": libraries,
    }
    command = [str(installed / "bin" / "tritonserver"), *(f"--{name}={value}" for name, value in options.items())]
    with running(command, folder, environment, port) as url:
        yield url


@contextlib.contextmanager
def running(command: list[str], folder: Path, environment: dict[str, str], port: int) -> Iterator[str]:
    """Have a server until the body ends, from when it has all models."""
    url, log = f"http://127.0.0.1:{port}", folder / "log"
    with (
        log.open("wb") as said,
        subprocess.Popen(  # noqa: S603 - the server that the user names
            command, cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            end = time.monotonic() + START_SECONDS
            while not all(is_ready(f"{url}/v2/models/{name}/ready") for name in MODELS):
                assert process.poll() is None and time.monotonic() < end, log.read_text()  # noqa: PT018 - the log tells
                time.sleep(0.1)
            yield url
        finally:
            process.terminate()


def is_ready(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module", params=[mlserver, triton], ids=["mlserver", "triton"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server's URL."""
    with request.param(tmp_path_factory.mktemp("server")) as made:
        yield made


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
    assert caught.value.code is ErrorCode.RUNTIME_ERROR
    said = re.fullmatch(r"the inference server refused, with status (400|500)", caught.value.message)
    assert said
    assert capfd.readouterr().err.endswith(f"with status {said[1]}: no luck in /srv/models\n")


def test_a_model_that_is_not_there(servers: InferenceServers, url: str) -> None:
    with pytest.raises(UserError, match=r"/v2/models/none: the inference server does not have the model"):
        model(servers, url, "none").check(SECONDS)
