import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SECONDS = 30.0
VECTORS = """\
- id: cannot-be-said
  clause: compute.repeatable
  why: because a report is written only where there is a verdict
  steps:
  - output: {context: {raw: 1}, output: {raw: 0}}
- id: hangs
  clause: compute.repeatable
  why: because a host may get this wrong
  steps:
  - compute: {context: {raw: 1}}
"""


@pytest.mark.parametrize(
    ("number", "workers"),
    [(signal.SIGTERM, ()), (signal.SIGHUP, ()), (signal.SIGTERM, ("-n1",))],
    ids=["SIGTERM", "SIGHUP", "SIGTERM with a worker"],
)
def test_a_signal_leaves_no_host_behind_and_a_report_that_says_so(
    adapter_file: Callable[..., Path],
    write: Callable[[str, str], Path],
    tmp_path: Path,
    number: signal.Signals,
    workers: tuple[str, ...],
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    options = [f"--impl={adapter_file(f'hangs_for_good {fifo}')}", f"--vectors={write('area.yaml', VECTORS)}"]
    options += ["--fuzz-examples=0", f"--report={tmp_path / 'out'}", "-p", "no:cacheprovider"]
    options += ["-p", "no:hypothesispytest", *workers]
    command = [sys.executable, "-m", "pytest", "--pyargs", "wasi_nn_conformance", *options]
    before = signal.signal(number, signal.SIG_DFL)  # what these tests run under may have them ignore it, as nohup does
    with subprocess.Popen(  # noqa: S603 this Python
        command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, start_new_session=True
    ) as suite:
        signal.signal(number, before)
        reader = os.open(fifo, os.O_RDONLY)  # waits for the host to hang
        os.killpg(suite.pid, number)  # as `timeout` and most runners of CI do
        printed, _ = suite.communicate(timeout=SECONDS)
        ended, _, _ = select.select([reader], [], [], 1.0)  # readable at its end, when no host holds it
    assert ended, "the host is still there"
    os.close(reader)
    assert suite.returncode == -number, printed
    if workers:
        return  # what they said last may be on its way
    run = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))["run"]
    assert (run["complete"], run["stopped"]) == (False, True)
