"""Load by wrk: a number of connections that each send the next request when they have the answer to the last."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_TOOL = "wrk"
_REQUEST = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/octet-stream"
local file = assert(io.open("{body}", "rb"))
wrk.body = file:read("*all")
file:close()
"""
_REPORT = """
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\\n{"requests":%d,"microseconds":%d,"median":%d,"slow":%d,"lost":%d,"refused":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
"""
_SPARE_SECONDS = 60


class LoadError(Exception):
    """The tool is not there, or did not report."""


class Load(NamedTuple):
    """What came of a load: answers, and the seconds that it took.

    median, slow: seconds until an answer, of half and of 99 in 100. lost: requests without an answer. refused: answers
    with another status than 200 to 399.
    """

    requests: int
    seconds: float
    median: float
    slow: float
    lost: int
    refused: int


def load(folder: Path, url: str, connections: int, seconds: int, body: bytes | None = None) -> Load:
    """Load a server for some seconds; raises LoadError. `folder` gets what the tool reads."""
    script = folder / "load.lua"
    text = _REPORT
    if body is not None:
        (folder / "body").write_bytes(body)
        text += _REQUEST.replace("{body}", str(folder / "body"))
    script.write_text(text)
    extent = ["-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s"]
    command = [_TOOL, *extent, "-s", str(script), url]
    try:
        done = subprocess.run(  # noqa: S603 - the benchmark's own command
            command, capture_output=True, text=True, timeout=seconds + _SPARE_SECONDS, check=False
        )
    except FileNotFoundError:
        raise LoadError(f"{_TOOL} is not installed (Debian: apt install {_TOOL})") from None
    reports = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not reports:
        raise LoadError(f"{_TOOL} ended with {done.returncode}: {(done.stderr or done.stdout)[-300:]}")
    report = json.loads(reports[-1])
    return Load(
        report["requests"],
        report["microseconds"] / 1e6,
        report["median"] / 1e6,
        report["slow"] / 1e6,
        report["lost"],
        report["refused"],
    )
