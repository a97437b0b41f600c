"""What is remembered of each object: so many memories and pointers, the oldest overwritten.

Attention does not care about the order of what it looks at, so nothing is ever moved: place 0 of an
object holds what its prompt left, the others are filled in turn, and only their ages change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trackers.engines.contract import Arrays

Memory = Mapping[str, Any]
_PROMPT_TIME = 6  # number of the time embedding of a prompt's memory; below it 0 is the newest
_ROWS = 4  # objects there is room for at first


@dataclass
class _Ages:
    """When each place of each object was written, (rows, places) int64; -1 where it was not."""

    when: np.ndarray
    written: np.ndarray  # (rows,) how often, the prompt left out

    @classmethod
    def new(cls, rows: int, places: int) -> _Ages:
        return cls(np.full((rows, places), -1), np.zeros(rows, np.int64))

    def begin(self, rows: np.ndarray, now: int) -> None:
        self.when[rows] = -1
        self.when[rows, 0] = now
        self.written[rows] = 0

    def next_places(self, rows: np.ndarray, now: int) -> np.ndarray:
        places = 1 + self.written[rows] % (self.when.shape[1] - 1)
        self.when[rows, places] = now
        self.written[rows] += 1
        return places

    def ranks(self, count: int) -> np.ndarray:
        """Return how many of the same object were written after each, the prompt left out."""
        places = self.when.shape[1] - 1
        last = (self.written[:count, None] - 1) % places
        return (last - np.arange(places)) % places


@dataclass(frozen=True)
class Entry:
    """What a frame leaves of B objects.

    Args:
        now: Number of the frame.
        prompted: (B,) bool, who was prompted in it.
        again: (B,) bool, who of them not for the first time, and keeps the other memories.
        rows: Of whom there are memories, (R,).
        made: Waits for them, (R, ...) of each name.
        pointer: (B, width).
        pointed: (B,) bool, whose pointers are remembered; they are of who was prompted anyhow.
    """

    now: int
    prompted: np.ndarray
    again: np.ndarray
    rows: np.ndarray
    made: Callable[[], Memory]
    pointer: Any
    pointed: np.ndarray


@dataclass
class MemoryBank:
    """The memories and pointers of all objects of a video, those of object n in row n.

    Args:
        arrays: Of the engines: where the memories are.
        memories: Of an object, the prompt's among them.
        pointers: Likewise.
        shapes: What a memory is made of, and the shape of each.
        pointer_width: Of one pointer.
    """

    arrays: Arrays
    memories: int
    pointers: int
    shapes: Mapping[str, tuple[int, ...]]
    pointer_width: int
    count: int = 0
    _memory: dict[str, Any] = field(init=False, default_factory=dict)
    _pointer: Any = field(init=False)
    _memory_ages: _Ages = field(init=False)
    _pointer_ages: _Ages = field(init=False)

    def __post_init__(self) -> None:
        self._grow(_ROWS)

    def _grow(self, rows: int) -> None:
        memory = {
            name: self.arrays.zeros((rows, self.memories, *shape))
            for name, shape in self.shapes.items()
        }
        pointer = self.arrays.zeros((rows, self.pointers, self.pointer_width))
        ages = _Ages.new(rows, self.memories), _Ages.new(rows, self.pointers)
        kept = self.count
        if kept:
            pointer[:kept] = self._pointer[:kept]
            for name, array in memory.items():
                array[:kept] = self._memory[name][:kept]
            for new, old in zip(ages, (self._memory_ages, self._pointer_ages), strict=True):
                new.when[:kept], new.written[:kept] = old.when[:kept], old.written[:kept]
        self._memory, self._pointer = memory, pointer
        self._memory_ages, self._pointer_ages = ages

    def add(self) -> int:
        """Return the row of a new object, of which nothing is remembered yet."""
        if self.count == len(self._memory_ages.written):
            self._grow(2 * self.count)
        self.count += 1
        row = self.count - 1
        for ages in (self._memory_ages, self._pointer_ages):
            ages.when[row], ages.written[row] = -1, 0
        return row

    def is_begun(self, row: int) -> bool:
        """Whether anything is remembered of an object."""
        return bool(self._memory_ages.when[row, 0] >= 0)

    def drop(self, row: int) -> int:
        """Forget an object; the last one takes its row. Return the row that one had."""
        last = self.count - 1
        if row != last:
            for array in (*self._memory.values(), self._pointer):
                array[row] = array[last]
            for ages in (self._memory_ages, self._pointer_ages):
                ages.when[row], ages.written[row] = ages.when[last], ages.written[last]
        self.count = last
        return last

    def begin(self, rows: np.ndarray, now: int, memory: Memory, pointer: Any) -> None:
        """Remember what the prompts of objects left, and nothing else of them.

        Args:
            rows: (B,).
            now: Number of the frame.
            memory: (B, ...) of each name.
            pointer: (B, width).
        """
        self._write(rows, 0, memory)
        self._pointer[rows, 0] = pointer
        self._memory_ages.begin(rows, now)
        self._pointer_ages.begin(rows, now)

    def renew(self, rows: np.ndarray, now: int, memory: Memory, pointer: Any) -> None:
        """Put what new prompts left in place of the old, and keep the rest."""
        self._write(rows, 0, memory)
        self._pointer[rows, 0] = pointer
        self._memory_ages.when[rows, 0] = self._pointer_ages.when[rows, 0] = now

    def write(self, entry: Entry) -> None:
        """Remember what a frame has left."""
        rows, now, pointer = entry.rows, entry.now, entry.pointer
        if len(rows):
            memory, prompted = entry.made(), entry.prompted[rows]
            for write, chosen in (
                (self.begin, prompted & ~entry.again[rows]),
                (self.renew, prompted & entry.again[rows]),
            ):
                some = np.flatnonzero(chosen)
                write(rows[some], now, _take(memory, some), pointer[rows[some]])
            old = np.flatnonzero(~prompted)
            self.write_memories(rows[old], now, _take(memory, old))
        tracked = np.flatnonzero(entry.pointed & ~entry.prompted)
        self.write_pointers(tracked, now, pointer[tracked])

    def write_memories(self, rows: np.ndarray, now: int, memory: Memory) -> None:
        """Remember the masks of objects that were tracked."""
        self._write(rows, self._memory_ages.next_places(rows, now), memory)

    def _write(self, rows: np.ndarray, places: Any, memory: Memory) -> None:
        for name, array in self._memory.items():
            array[rows, places] = memory[name]

    def write_pointers(self, rows: np.ndarray, now: int, pointer: Any) -> None:
        """Remember the pointers of objects that were tracked."""
        self._pointer[rows, self._pointer_ages.next_places(rows, now)] = pointer

    def read(self, now: int) -> dict[str, Any]:
        """Return the arguments of `MemoryTracker.forward` that tell of the past, of all objects.

        `memory_there` and `pointer_there` are left out where everything is.
        """
        rows = slice(self.count)
        memory_when, pointer_when = self._memory_ages.when[rows], self._pointer_ages.when[rows]
        time = np.full(memory_when.shape, _PROMPT_TIME)
        time[:, 1:] = np.minimum(self._memory_ages.ranks(self.count), _PROMPT_TIME - 1)
        age = np.where(pointer_when < 0, 0, now - pointer_when).astype(np.float32)
        put = self.arrays.put
        found = {
            **{name: array[rows] for name, array in self._memory.items()},
            "memory_time": put(time),
            "pointers": self._pointer[rows],
            "pointer_age": put(age),
        }
        there = memory_when >= 0, pointer_when >= 0
        if not (there[0].all() and there[1].all()):
            found |= {"memory_there": put(there[0]), "pointer_there": put(there[1])}
        return found


def _take(memory: Memory, rows: np.ndarray) -> Memory:
    return {name: array[rows] for name, array in memory.items()}
