"""What the guest does, in plain OpenVINO: the same model, settings, bytes, and the same talk on stdin and stdout.

Written as an application that cares for speed would: buffers bound once, filled in place, outputs copied out
because the next run overwrites them. Usage: plain.py FOLDER THREADS
"""

from __future__ import annotations

import struct
import sys
import time
from pathlib import Path

# Importing openvino would import this too, which sends an event to the network.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import numpy as np  # noqa: E402
import openvino as ov  # noqa: E402


def main(folder: Path, threads: int) -> None:
    """Serve rounds until standard input ends."""
    # The same as the host's: one stream, threads bound to no processor, f32 also where the CPU has bf16.
    settings = {
        "INFERENCE_PRECISION_HINT": "f32",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": threads,
        "ENABLE_CPU_PINNING": False,
    }
    compiled = ov.Core().compile_model(folder / "model.xml", "CPU", settings)
    request = compiled.create_infer_request()
    buffer = request.get_input_tensor(0).data
    result = request.get_output_tensor(0).data
    given = np.frombuffer(sys.stdin.buffer.read(buffer.nbytes), buffer.dtype).reshape(buffer.shape)
    output = result.copy()
    while asked := sys.stdin.buffer.read(4):
        started = time.perf_counter_ns()
        for _ in range(*struct.unpack("<I", asked)):
            buffer[...] = given
            request.infer()
            output = result.copy()
        elapsed = time.perf_counter_ns() - started
        sys.stdout.buffer.write(struct.pack("<Q", elapsed) + output.tobytes())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
