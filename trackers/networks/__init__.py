"""Single networks, such as a detector: opened on any engine, converted to ONNX and to TensorRT.

May import: datasets.io, trackers.engines.
"""
