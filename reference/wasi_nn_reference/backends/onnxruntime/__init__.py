"""onnxruntime as the engine for ONNX, on the CPU. It computes each type as it is declared."""
