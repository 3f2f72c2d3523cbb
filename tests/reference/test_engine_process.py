"""The processes of engines, seen from the system: what they are given, and that none is left behind."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import small_ir
from openvino_graph import CPU

from wasi_nn_reference.backends.engines import Engines, Isolation
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what processes have is read in /proc")

SECONDS = 60

# A host that loads a model, prints the ids of its processes, and then does the last line.
HOST = """
import os, signal, sys, time
sys.path.insert(0, {tests!r})
import small_ir
from wasi_nn_reference.backends.engines import Engines, Isolation
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding

engines = Engines(Isolation.PROCESS, 8 << 30)
backend = engines.backends(EngineSettings(threads=1))[GraphEncoding.OPENVINO]
graph = backend.load(GraphEncoding.OPENVINO, (small_ir.identity(), b""), ExecutionTarget.CPU, 60)
print(engines.launcher.process_id, graph.process.process_id, flush=True)
{last}
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[int]:
    """The id of an engine's process that has loaded a model."""
    engines = Engines(Isolation.PROCESS, 8 << 30)
    backend = engines.backends(EngineSettings(threads=1))[GraphEncoding.OPENVINO]
    graph = backend.load(GraphEncoding.OPENVINO, (small_ir.identity(), b""), CPU, SECONDS)
    yield graph.process.process_id  # type: ignore[attr-defined]
    engines.close()


def test_its_working_folder_does_not_exist(engine: int) -> None:
    assert str(Path(f"/proc/{engine}/cwd").readlink()).endswith(" (deleted)")


def test_it_has_none_of_the_environment(engine: int) -> None:
    pairs = Path(f"/proc/{engine}/environ").read_bytes().split(b"\0")
    names = {pair.partition(b"=")[0] for pair in pairs} - {b""}
    assert names <= {b"OPENBLAS_NUM_THREADS", b"OMP_NUM_THREADS", b"LD_LIBRARY_PATH"}


def test_it_has_no_descriptor_but_its_own(engine: int) -> None:
    opened = [str(each.readlink()) for each in Path(f"/proc/{engine}/fd").iterdir()]
    kinds = sorted(each.partition(":")[0] for each in opened if each != "/dev/null")
    assert kinds == ["pipe", "socket", "socket"]


def test_it_cannot_gain_privileges(engine: int) -> None:
    status = Path(f"/proc/{engine}/status").read_text("ascii")
    assert "NoNewPrivs:\t1" in status


@pytest.mark.parametrize(
    "last",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        "sys.exit(0)",
        "raise ValueError",
        "engines.close(); time.sleep(60)",
    ],
)
def test_none_is_left_behind(last: str) -> None:
    program = HOST.format(tests=str(Path(__file__).parent), last=last)
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as host:
        assert host.stdout
        line = host.stdout.readline()
        # A process that is gone by now has no descriptor, and one that ends is ready to be read.
        descriptors = [descriptor for each in line.split() if (descriptor := opened(int(each))) is not None]
        try:
            for each in descriptors:
                assert select.select([each], [], [], SECONDS)[0] == [each]
        finally:
            for each in descriptors:
                os.close(each)
            host.kill()
    assert len(line.split()) == 2


def test_none_is_left_behind_in_the_middle_of_a_computation() -> None:
    last = (
        "import numpy, threading\n"
        "from wasi_nn_reference.tensor import Tensor\n"
        "from wasi_nn_reference.types import TensorType\n"
        "graph = backend.load(GraphEncoding.OPENVINO, (small_ir.binary('MatMul', shape=(-1, -1)), b''),"
        " ExecutionTarget.CPU, 60)\n"
        "large = Tensor(TensorType.F32, (6000, 6000), numpy.ones((6000, 6000), '<f4').tobytes())\n"
        "threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()\n"
        "graph.request().infer([large, large], 60)"
    )
    test_none_is_left_behind(last)


def opened(process: int) -> int | None:
    """Return a descriptor of a process that can be read when it has ended; None if it has."""
    try:
        return os.pidfd_open(process)
    except ProcessLookupError:
        return None
