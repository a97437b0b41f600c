"""What TensorRT's log at the detailed verbosity says about an engine: its kernels and its memory.

The log ends with a line for each kernel: its name, its kind (`kgen`, generated; `gemm`;
`correlation`, a convolution; ...), the type and shape of each array it reads and writes; and with a
line for each input and output of the engine.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_FUSED = "_mha_"  # in the name of a kernel that computes attention
_SOFTMAX = re.compile(r"Maxr(?:Sub)?.*Exp")  # in the name of a kernel that computes a softmax alone
_GENERATED = "kgen"
_WITHOUT_PRECISION = {"Int32", "Int64", "Bool", "UInt8"}
_NOT_ON_DEVICE = {"shape_call", "signal", "wait"}
_MEMORY = re.compile(r"Total Activation Memory: (\d+) bytes")
_INPUT = re.compile(r"^ Name: (\w+), IOMode: Input, .*ProfileInfo: \[(.*)\]$", re.MULTILINE)
_RANGE = re.compile(r"MinShape: \[([\d,]*)\], OptShape: \[([\d,]*)\], MaxShape: \[([\d,]*)\]")
_ARRAY = re.compile(r"\{ Name: ([^,]+), Dimensions: \[([-\d,]*)\].*?Datatype: (\w+)")


@dataclass(frozen=True)
class Array:
    """An array that a kernel reads or writes: its name, shape (-1 is dynamic) and type."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Kernel:
    """A kernel of an engine.

    Args:
        name: Its name.
        kind: The compiler's word for its kind.
        inputs, outputs: The arrays it reads, without constants, and writes.
    """

    name: str
    kind: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]

    @property
    def is_attention(self) -> bool:
        """Whether it computes attention from queries to output."""
        return _FUSED in self.name

    @property
    def is_softmax(self) -> bool:
        """Whether it computes a softmax that no kernel of attention contains."""
        return not self.is_attention and bool(_SOFTMAX.search(self.name))

    @property
    def is_float32(self) -> bool:
        """Whether it is a kernel of NVIDIA's libraries that computes in float32.

        Generated kernels hold the normalisations and positions that stay float32 on purpose.
        """
        kinds = {each.dtype for each in self.inputs} - _WITHOUT_PRECISION
        return self.kind != _GENERATED and kinds == {"Float"}


@dataclass(frozen=True)
class Engine:
    """An engine as the log describes it.

    Args:
        kernels: Its kernels in order.
        scratch_bytes: GPU memory for activations with the largest shapes of any profile.
        shapes: Minimum, optimum and maximum shape of each input, by profile.
    """

    kernels: tuple[Kernel, ...]
    scratch_bytes: int
    shapes: dict[str, list[list[list[int]]]]


def count_kinds(kernels: Iterable[Kernel]) -> dict[str, int]:
    """Return the number of kernels of each kind."""
    return dict(sorted(Counter(each.kind for each in kernels).items()))


def read_log(log: str) -> Engine:
    """Return the engine that a log describes.

    Raises:
        ValueError: The log has no kernels or no memory: the compiler has changed its format.
    """
    memory = _MEMORY.findall(log)
    lines = re.findall(r"^Name: .*LayerType: .*$", log, re.MULTILINE)
    if not memory or not lines:
        raise ValueError("log: expected lines of kernels and of memory, found none of one kind")
    kernels = [kernel for line in lines for kernel in [_kernel(line)] if kernel]
    return Engine(tuple(kernels), max(map(int, memory)), _shapes(log))


def _shapes(log: str) -> dict[str, list[list[list[int]]]]:
    return {
        name: [[_numbers(end) for end in ends] for ends in _RANGE.findall(profiles)]
        for name, profiles in _INPUT.findall(log)
    }


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]


def _kernel(line: str) -> Kernel | None:
    """Return the kernel of a line; None for what does not run on the device."""
    found = re.match(
        r"Name: (.*?), LayerType: (\w+), Inputs: \[(.*?)\], Constants: \[(.*?)\], "
        r"Outputs: \[(.*?)\], TacticName",
        line,
    )
    if found is None:
        raise ValueError(f"log: expected a kernel with its arrays, found {line[:200]!r}")
    name, kind, inputs, _, outputs = found.groups()
    return None if kind in _NOT_ON_DEVICE else Kernel(name, kind, _arrays(inputs), _arrays(outputs))


def _arrays(text: str) -> tuple[Array, ...]:
    return tuple(
        Array(name, tuple(_numbers(shape)), dtype) for name, shape, dtype in _ARRAY.findall(text)
    )
