"""OpenVINO, as the tests of models use it."""

import sys
from collections.abc import Sequence
from typing import Any


class Engine:
    """OpenVINO on the CPU, computing in f32."""

    def __init__(self) -> None:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment] # it would report the import
        import openvino  # noqa: PLC0415  only the tests that run models load the engine

        self.openvino: Any = openvino
        self.core = openvino.Core()
        self.options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}

    def read(self, builders: Sequence[bytes]) -> Any:
        return self.core.read_model(*builders)

    def request(self, network: Any) -> Any:
        return self.core.compile_model(network, "CPU", self.options).create_infer_request()

    def infer(self, request: Any, inputs: Sequence[Any]) -> list[Any]:
        compiled = request.get_compiled_model()
        tensors = [
            self.openvino.Tensor(array, self.openvino.Shape(array.shape), port.get_element_type())
            for port, array in zip(compiled.inputs, inputs, strict=True)
        ]
        for index, tensor in enumerate(tensors):
            request.set_input_tensor(index, tensor)
        request.infer()
        return [request.get_output_tensor(index).data.copy() for index in range(len(compiled.outputs))]
