"""A fake TensorRT library with the names that this repository uses.

Builds record the calls made; a built engine adds one to its input, and its contexts record the
device memory they hold. Only the names in tensorrt_names.txt exist, so code that uses another name
fails.
"""

from __future__ import annotations

import ctypes
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace

import numpy as np

SCRATCH = 4096  # bytes of device memory that the largest profile of the fake engine needs
NAMES = [
    tuple(line.split("."))
    for line in (Path(__file__).parent / "tensorrt_names.txt").read_text().split()
]


def enumeration(kind):
    return SimpleNamespace(**{n: i for i, n in enumerate(n for k, n in NAMES if k == kind)})


class Fake:
    """An object of the library that rejects names not in the list and records all calls.

    Args:
        kind: Name of the class in the library.
        calls: Arguments of the calls, and assigned values, by name; added to.
        returns: Attributes and methods by name; other methods return None.
    """

    def __init__(self, kind, calls, **returns):
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_calls", calls)
        object.__setattr__(self, "_returns", returns)

    def _check(self, name):
        assert (self._kind, name) in NAMES, f"{self._kind}.{name} is not in tensorrt_names.txt"

    def __setattr__(self, name, value):
        self._check(name)
        self._calls[name] = value

    def __getattr__(self, name):
        self._check(name)
        if name in self._returns and not callable(self._returns[name]):
            return self._returns[name]

        def call(*arguments):
            self._calls.setdefault(name, []).append(arguments)
            return self._returns[name](*arguments) if name in self._returns else None

        return call


class Monitor:
    """The base class of progress monitors."""

    started = 0

    def __init__(self):
        type(self).started += 1


def library(version="10.14.1.48", errors=(), plan=b"plan", known_times=True, plugins=True):
    """Return a fake of the module `tensorrt`; its `calls` records what was called."""
    calls = {}
    cache = Fake("ITimingCache", calls, serialize=lambda: b"times")
    config = Fake(
        "IBuilderConfig",
        calls,
        create_timing_cache=lambda data: ("cache", data),
        set_timing_cache=lambda cache, _: known_times or cache == ("cache", b""),
        get_timing_cache=lambda: cache,
        add_optimization_profile=lambda _: 0,
    )

    def build(network, config):
        monitor = calls["progress_monitor"]
        monitor.phase_start("tactics", None, 2)
        assert monitor.step_complete("tactics", 0)
        monitor.phase_finish("tactics")
        return plan

    builder = Fake(
        "Builder",
        calls,
        create_network=lambda flags: "network",
        create_builder_config=lambda: config,
        create_optimization_profile=lambda: Fake("IOptimizationProfile", calls),
        build_serialized_network=build,
    )
    parser = Fake(
        "OnnxParser",
        calls,
        parse_from_file=lambda path: not errors,
        num_errors=len(errors),
        get_error=lambda n: errors[n],
    )
    return SimpleNamespace(
        __spec__=ModuleSpec("tensorrt", None),  # PyTorch looks for it
        __version__=version,
        calls=calls,
        init_libnvinfer_plugins=Fake(
            "tensorrt", calls, init_libnvinfer_plugins=lambda *_: plugins
        ).init_libnvinfer_plugins,
        Logger=type("Logger", (), {"WARNING": 2, "__init__": lambda self, level: None}),
        Builder=lambda logger: builder,
        OnnxParser=lambda network, logger: parser,
        Runtime=lambda logger: Fake("Runtime", calls, deserialize_cuda_engine=runnable(calls)),
        IProgressMonitor=Monitor,
        **{
            kind: enumeration(kind)
            for kind in (
                "BuilderFlag",
                "DataType",
                "ExecutionContextAllocationStrategy",
                "MemoryPoolType",
                "NetworkDefinitionCreationFlag",
                "ProfilingVerbosity",
                "TensorIOMode",
            )
        },
    )


def runnable(calls):
    """Return a function that deserializes an engine with one float16 input x (objects, 2).

    The output y of the engine is x + 1. Every context needs SCRATCH bytes of device memory, which
    it allocates unless its user manages them: `calls["scratch"]` has the address of each block and
    its size, where a block allocated by a context has its number.
    """
    state = {}
    scratch = calls.setdefault("scratch", {})

    def run(stream):
        assert state["context memory"] >= SCRATCH, "the context has too little device memory"
        source, target = (
            np.ctypeslib.as_array(
                ctypes.cast(state[name], ctypes.POINTER(ctypes.c_uint16)), state["shape"]
            ).view(np.float16)
            for name in ("x", "y")
        )
        target[:] = source + 1
        return True

    def set_device_memory(address, size):
        scratch[address] = state["context memory"] = size

    def create_execution_context(strategy=None):
        if strategy is None:
            scratch[len(scratch)] = SCRATCH
        state["context memory"] = SCRATCH if strategy is None else 0
        return context

    context = Fake(
        "IExecutionContext",
        calls,
        set_input_shape=lambda name, shape: state.update(shape=shape) is None,
        set_tensor_address=lambda name, address: state.update({name: address}),
        get_tensor_shape=lambda name: state["shape"],
        set_optimization_profile_async=lambda number, stream: True,
        set_device_memory=set_device_memory,
        execute_async_v3=run,
    )
    engine = Fake(
        "ICudaEngine",
        calls,
        num_io_tensors=2,
        get_tensor_name=lambda number: "xy"[number],
        get_tensor_dtype=lambda name: enumeration("DataType").HALF,
        get_tensor_mode=lambda name: 0 if name == "x" else 1,
        device_memory_size_v2=SCRATCH,
        create_execution_context=create_execution_context,
    )
    return lambda plan: engine if plan == b"plan" else None
