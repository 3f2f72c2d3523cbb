"""A fake runtime that never prints the same twice: `python noisy_host.py PROBE` has three faults and logs all it does.

It panics where the length of a tensor is not that of its dimensions, takes any index of an input, and gives numbers of
its own. Times, process and thread numbers, addresses, folders and the numbers are others in every run.
"""

import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from committed_models import committed_models
from numpy_host import NumpyHost, Refused

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.paths import VECTORS

PANICS = 101


def log(level: str, words: str) -> None:
    address = f"0x7f{secrets.randbits(40):010x}"
    now = time.strftime("%Y-%m-%dT%H:%M:%S") + f".{time.monotonic_ns() % 10**6:06}Z"
    for stream in (sys.stdout, sys.stderr):
        print(f"[{now} {level} pid={os.getpid()}] {words} at {address}", file=stream, flush=True)


class NoisyHost(NumpyHost):
    """The host of numpy with these faults."""

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        log("INFO", f"the default device serves {request['call']}")
        return super().answer(request)

    def set_input(self, request: Mapping[str, Any]) -> dict[str, Any]:
        tensor = request["tensor"]
        element = ElementType(self.tag.tensor_types[tensor["type"]])
        length = len(tensor["data"]) // 4 * 3 - tensor["data"].count("=")
        wanted = element.size
        for number in tensor["dims"]:
            wanted *= number
        if length != wanted:
            folder = f"/build/{secrets.randbits(32):08x}/registry/src/host-nn-1.2.{secrets.randbelow(10)}/src"
            thread = f"thread 'main' ({secrets.randbelow(10**6)}) panicked at {folder}/nn.rs:31:7:"
            copied = f"copy of {length} to {wanted} at {secrets.randbits(47):#x}"  # forks have addresses in common
            sys.stderr.write(f"{thread}\n{copied}\nnote: run with a backtrace\n")
            sys.stderr.flush()
            os._exit(PANICS)
        try:
            return super().set_input(request)
        except Refused:
            return {}

    def get_output(self, request: Mapping[str, Any]) -> dict[str, Any]:
        reply = super().get_output(request)
        log("ERROR", "lost the tensor")
        return reply | {"data": "AAAA" * (len(reply["data"]) // 8) + reply["data"][len(reply["data"]) // 8 * 4 :]}


def main() -> None:
    tag = TAGS.get(Path(sys.argv[-1]).stem.removeprefix("probe-"), TAGS["witx"])
    host = NoisyHost(committed_models(), VECTORS / "models", tag)
    for line in sys.stdin:
        request = json.loads(line)
        number = {"id": request.pop("id")} if "id" in request else {}
        print(f"@@{json.dumps(number | host.answer(request))}", flush=True)  # noqa: T201 the protocol


if __name__ == "__main__":
    main()
