"""OpenVINO as the engine for OpenVINO IR and ONNX, on the CPU."""

import sys

# Importing openvino would import this one too, which sends an event to the network and writes
# into the home folder. Openvino goes on without it.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
