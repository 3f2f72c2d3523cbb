"""`wasi-nn serve` as a process: how it starts, stops, and what the deaths of its processes cost."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import small_ir
from server_process import ServerProcess
from serving import PATIENCE, children
from wat_workers import HELLO, VALUE, inferring, sleeping

if TYPE_CHECKING:
    from program import Program

PRELOADED = """[[features.wasi_nn.preload_models]]
backend = "openvino"
provider = { type = "local", dir = "_models/u8" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "site"
    model = made / "_models" / "u8"
    model.mkdir(parents=True)
    (model / "model.xml").write_bytes(small_ir.identity("u8", (1,)))
    (model / "model.bin").write_bytes(b"")
    (made / "index.wasm").write_bytes(HELLO)
    (made / "infer.wasm").write_bytes(inferring(name="u8"))
    (made / "infer.toml").write_text(PRELOADED)
    (made / "slow.wasm").write_bytes(sleeping(milliseconds=500))
    return made


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "tmp"
    made.mkdir()
    monkeypatch.setenv("TMPDIR", str(made))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return made


def until(condition: object, what: str) -> None:
    assert callable(condition)
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def family(process: int) -> list[int]:
    """Return all processes below one."""
    return [each for child in children(process) for each in (child, *family(child))]


# Stops


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_stop_waits_for_requests(folder: Path, number: int, workers: str, own_temporary_folder: Path) -> None:
    with ServerProcess(folder, "--workers", workers) as server, server.client() as client:
        assert client.get("/infer").text == f"{VALUE:02}"
        below = family(server.process_id)
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(client.get, "/slow")
            time.sleep(0.2)  # it is on its way; a server that stops before answers none
            assert server.end(number) == 0
            assert slow.result().text == "slept"
    until(lambda: not any(map(is_alive, below)), "processes are left behind")
    assert list(own_temporary_folder.iterdir()) == []


def test_a_stop_leaves_blocked_guests_behind(folder: Path) -> None:
    (folder / "blocked.wasm").write_bytes(sleeping(milliseconds=3_600_000))
    (folder / "blocked.toml").write_text("[limits]\nseconds = 0.1")
    with ServerProcess(folder) as server, server.client() as client:
        assert client.get("/blocked").status_code == 504
        assert server.end(signal.SIGTERM) == 0


def test_a_process_whose_threads_are_all_taken_makes_way_for_another(folder: Path) -> None:
    (folder / "blocked.wasm").write_bytes(sleeping(milliseconds=3_600_000))
    (folder / "blocked.toml").write_text("[limits]\nseconds = 0.1")
    with ServerProcess(folder, "--workers", "2", "--guests", "1") as server, server.client() as client:
        server.wait("serving", 2)
        assert client.get("/blocked").status_code == 504
        (event,) = server.wait("exhausted")
        server.wait("serving", 3)
        assert not is_alive(event["process"])
        assert set(load(server, "/", 20, 4)) == {"hello"}


# Starts


def test_a_port_that_is_taken(program: Program, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        assert program.words("serve", str(folder), "--port", port) == 1
    assert program.err == f"wasi-nn: --host 127.0.0.1 --port {port}: Address already in use\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--port", "70000"), "argument --port: must be 65535 or less"),
        (("--host", "no.such.host.invalid"), "--host no.such.host.invalid"),
        (("--workers", "0"), "must be 1 or more"),
        (("--worker", "2"), "there is no option --worker; did you mean '--workers'?"),
        (("--timeout", "0"), "must be more than 0"),
    ],
)
def test_an_option_that_is_wrong(program: Program, folder: Path, words: tuple[str, ...], message: str) -> None:
    assert program.words("serve", str(folder), *words) in {1, 2}
    assert message in program.err
    assert "Traceback" not in program.err


def test_a_folder_that_is_not_there(program: Program, tmp_path: Path) -> None:
    assert program.words("serve", str(tmp_path / "nothing"), "--port", "0") == 1
    assert program.err.splitlines()[-1] == f"wasi-nn: {tmp_path}/nothing: no such folder"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_is_wrong_with_a_file_ends_the_server(folder: Path, workers: str) -> None:
    (folder / "infer.toml").write_text("\nnam = 'x'")
    with ServerProcess(folder, "--workers", workers) as server:
        assert server.exit_status() == 1
    assert f"{folder}/infer.toml:2: nam: is no key of this table" in "".join(server.lines)


# Deaths


def load(server: ServerProcess, path: str, count: int, connections: int) -> list[str]:
    """Return what became of requests: their answers, or the kind of error."""
    with server.client() as client:

        def get(_number: int) -> str:
            try:
                return client.get(path).text
            except httpx.TransportError as error:
                return type(error).__name__

        with ThreadPoolExecutor(connections) as pool:
            return list(pool.map(get, range(count)))


def test_the_death_of_an_engine_under_load(folder: Path) -> None:
    with ServerProcess(folder) as server, ThreadPoolExecutor(1) as pool:
        server.client().close()
        before = family(server.process_id)
        running = pool.submit(load, server, "/infer", 300, 4)
        (engine,) = set(before) - set(children(server.process_id))
        time.sleep(0.1)
        os.kill(engine, signal.SIGKILL)
        assert set(running.result()) == {f"{VALUE:02}"}
        assert not is_alive(engine)


def test_the_death_of_a_server_process_under_load(folder: Path) -> None:
    with ServerProcess(folder, "--workers", "2") as server, ThreadPoolExecutor(1) as pool:
        server.wait("serving", 2)
        running = pool.submit(load, server, "/infer", 400, 8)
        time.sleep(0.1)
        killed = server.server_processes()[0]
        os.kill(killed, signal.SIGKILL)
        answers = running.result()
        # Each connection to the process that died has at most one request under way.
        assert len([each for each in answers if each != f"{VALUE:02}"]) <= 8
        server.wait("serving", 3)
        assert killed not in server.server_processes()
        assert set(load(server, "/infer", 40, 4)) == {f"{VALUE:02}"}


def test_the_death_of_the_first_process_ends_the_others(folder: Path) -> None:
    with ServerProcess(folder, "--workers", "2") as server:
        server.wait("serving", 2)
        below = family(server.process_id)
        os.kill(server.process_id, signal.SIGKILL)
        server.exit_status()
        until(lambda: not any(map(is_alive, below)), "processes are left behind")


def test_figures_of_all_processes(folder: Path) -> None:
    with ServerProcess(folder, "--workers", "2") as server:
        server.wait("serving", 2)
        assert set(load(server, "/", 40, 4)) == {"hello"}
        with server.client() as client:
            assert 'wasi_nn_requests_total{route="/",status="200"} 40.0' in client.get("/metrics").text
