"""TensorRT as far as this repository uses it: what is built is noted down, what runs adds one.

It has the names in tensorrt_names.txt and no others, so code that uses another name fails here.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import SimpleNamespace

import numpy as np

NAMES = [
    tuple(line.split("."))
    for line in (Path(__file__).parent / "tensorrt_names.txt").read_text().split()
]


def enumeration(kind):
    return SimpleNamespace(**{n: i for i, n in enumerate(n for k, n in NAMES if k == kind)})


class Noted:
    """An object of the library: refuses names that are not in the list, notes what is called."""

    def __init__(self, kind, notes, **answers):
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_notes", notes)
        object.__setattr__(self, "_answers", answers)

    def _check(self, name):
        assert (self._kind, name) in NAMES, f"{self._kind}.{name} is not in tensorrt_names.txt"

    def __setattr__(self, name, value):
        self._check(name)
        self._notes[name] = value

    def __getattr__(self, name):
        self._check(name)
        if name in self._answers and not callable(self._answers[name]):
            return self._answers[name]

        def call(*arguments):
            self._notes.setdefault(name, []).append(arguments)
            return self._answers[name](*arguments) if name in self._answers else None

        return call


class Monitor:
    """The class that monitors of progress inherit from."""

    started = 0

    def __init__(self):
        type(self).started += 1


def library(version="10.14.1.48", errors=(), plan=b"plan", known_times=True):
    """A stand-in for the module; `notes` says what was done with it."""
    notes = {}
    cache = Noted("ITimingCache", notes, serialize=lambda: b"times")
    config = Noted(
        "IBuilderConfig",
        notes,
        create_timing_cache=lambda data: ("cache", data),
        set_timing_cache=lambda cache, _: known_times or cache == ("cache", b""),
        get_timing_cache=lambda: cache,
        add_optimization_profile=lambda _: 0,
    )

    def built(network, config):
        monitor = notes["progress_monitor"]
        monitor.phase_start("tactics", None, 2)
        assert monitor.step_complete("tactics", 0)
        monitor.phase_finish("tactics")
        return plan

    builder = Noted(
        "Builder",
        notes,
        create_network=lambda flags: "network",
        create_builder_config=lambda: config,
        create_optimization_profile=lambda: Noted("IOptimizationProfile", notes),
        build_serialized_network=built,
    )
    parser = Noted(
        "OnnxParser",
        notes,
        parse_from_file=lambda path: not errors,
        num_errors=len(errors),
        get_error=lambda n: errors[n],
    )
    return SimpleNamespace(
        __version__=version,
        notes=notes,
        Logger=type("Logger", (), {"WARNING": 2, "__init__": lambda self, level: None}),
        Builder=lambda logger: builder,
        OnnxParser=lambda network, logger: parser,
        Runtime=lambda logger: Noted("Runtime", notes, deserialize_cuda_engine=runnable(notes)),
        IProgressMonitor=Monitor,
        **{
            kind: enumeration(kind)
            for kind in (
                "BuilderFlag",
                "DataType",
                "MemoryPoolType",
                "NetworkDefinitionCreationFlag",
                "TensorIOMode",
            )
        },
    )


def runnable(notes):
    """An engine of one input and one output, float16 (objects, 2): the output is one more."""
    state = {}

    def run(stream):
        source, target = (
            np.ctypeslib.as_array(
                ctypes.cast(state[name], ctypes.POINTER(ctypes.c_uint16)), state["shape"]
            ).view(np.float16)
            for name in ("x", "y")
        )
        target[:] = source + 1
        return True

    context = Noted(
        "IExecutionContext",
        notes,
        set_input_shape=lambda name, shape: state.update(shape=shape) is None,
        set_tensor_address=lambda name, address: state.update({name: address}),
        get_tensor_shape=lambda name: state["shape"],
        set_optimization_profile_async=lambda number, stream: True,
        execute_async_v3=run,
    )
    engine = Noted(
        "ICudaEngine",
        notes,
        num_io_tensors=2,
        get_tensor_name=lambda number: "xy"[number],
        get_tensor_dtype=lambda name: enumeration("DataType").HALF,
        get_tensor_mode=lambda name: 0 if name == "x" else 1,
        create_execution_context=lambda: context,
    )
    return lambda plan: engine if plan == b"plan" else None
