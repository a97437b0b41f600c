"""The memory bank: the memories and object pointers of each object, a fixed number of both.

Attention does not depend on the order of the memories, so they are never moved: slot 0 of an object
holds the memory of its prompt, the other slots are written in turn, the oldest first, and only the
ages change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trackers.engines.contract import Arrays

Memory = Mapping[str, Any]
_PROMPT_TIME = 6  # index of the time embedding of a prompt's memory; 0 to 5 are ages, 0 the newest
_INITIAL_ROWS = 4  # number of objects that fit before the arrays grow


@dataclass
class _Slots:
    """Which frame is in each slot of each object, (rows, slots) int64; -1 in an empty slot."""

    frames: np.ndarray
    written: np.ndarray  # (rows,) number of writes, without those of prompts

    @classmethod
    def empty(cls, rows: int, slots: int) -> _Slots:
        return cls(np.full((rows, slots), -1), np.zeros(rows, np.int64))

    def reset(self, rows: np.ndarray, frame: int) -> None:
        self.frames[rows] = -1
        self.frames[rows, 0] = frame
        self.written[rows] = 0

    def next_slots(self, rows: np.ndarray, frame: int) -> np.ndarray:
        slots = 1 + self.written[rows] % (self.frames.shape[1] - 1)
        self.frames[rows, slots] = frame
        self.written[rows] += 1
        return slots

    def ages(self, count: int) -> np.ndarray:
        """Return for each slot the number of later writes, without the slot of the prompt."""
        slots = self.frames.shape[1] - 1
        last = (self.written[:count, None] - 1) % slots
        return (last - np.arange(slots)) % slots

    def stored(self, row: int) -> list[int]:
        """Return the frames in the slots of an object: the prompt's, then the others in order."""
        prompt, *others = self.frames[row].tolist()
        return [frame for frame in (prompt, *sorted(others)) if frame >= 0]


@dataclass(frozen=True)
class Entry:
    """The memories and pointers of one frame, for B objects.

    Args:
        frame: Number of the frame.
        prompted: (B,) bool, whether the object was prompted in the frame.
        refreshed: (B,) bool, whether the prompt replaces an earlier one, so that the object's other
            memories are kept.
        rows: (R,), the objects whose memory is stored.
        memories: Waits for the memories and returns them, (R, ...) by name.
        pointer: (B, width).
        keep_pointer: (B,) bool, whether the pointer is stored; that of a prompt always is.
    """

    frame: int
    prompted: np.ndarray
    refreshed: np.ndarray
    rows: np.ndarray
    memories: Callable[[], Memory]
    pointer: Any
    keep_pointer: np.ndarray


@dataclass
class MemoryBank:
    """The memories and pointers of all objects of a video, one row for each object.

    Args:
        arrays: Where the memories are kept, as the engines need them.
        memories: Number of memories of an object, its prompt's included.
        pointers: Number of pointers of an object, its prompt's included.
        shapes: Shapes of the arrays that make up a memory, by name.
        pointer_width: Width of a pointer.
        count: Number of objects.
    """

    arrays: Arrays
    memories: int
    pointers: int
    shapes: Mapping[str, tuple[int, ...]]
    pointer_width: int
    count: int = 0
    _memory: dict[str, Any] = field(init=False, default_factory=dict)
    _pointer: Any = field(init=False)
    _memory_slots: _Slots = field(init=False)
    _pointer_slots: _Slots = field(init=False)

    def __post_init__(self) -> None:
        self._grow(_INITIAL_ROWS)

    def _grow(self, rows: int) -> None:
        memory = {
            name: self.arrays.zeros((rows, self.memories, *shape))
            for name, shape in self.shapes.items()
        }
        pointer = self.arrays.zeros((rows, self.pointers, self.pointer_width))
        slots = _Slots.empty(rows, self.memories), _Slots.empty(rows, self.pointers)
        kept = self.count
        if kept:
            pointer[:kept] = self._pointer[:kept]
            for name, array in memory.items():
                array[:kept] = self._memory[name][:kept]
            for new, old in zip(slots, (self._memory_slots, self._pointer_slots), strict=True):
                new.frames[:kept], new.written[:kept] = old.frames[:kept], old.written[:kept]
        self._memory, self._pointer = memory, pointer
        self._memory_slots, self._pointer_slots = slots

    def add(self) -> int:
        """Add an object without memories and return its row."""
        if self.count == len(self._memory_slots.written):
            self._grow(2 * self.count)
        self.count += 1
        row = self.count - 1
        for slots in (self._memory_slots, self._pointer_slots):
            slots.frames[row], slots.written[row] = -1, 0
        return row

    def has_memory(self, row: int) -> bool:
        """Return whether the bank holds any memory of an object."""
        return bool(self._memory_slots.frames[row, 0] >= 0)

    def stored_frames(self, row: int) -> tuple[list[int], list[int]]:
        """Return the frames of an object's memories and of its pointers, the prompt's first."""
        return self._memory_slots.stored(row), self._pointer_slots.stored(row)

    def drop(self, row: int) -> int:
        """Remove an object. The last object moves to its row; return the row it had."""
        last = self.count - 1
        if row != last:
            for array in (*self._memory.values(), self._pointer):
                array[row] = array[last]
            for slots in (self._memory_slots, self._pointer_slots):
                slots.frames[row], slots.written[row] = slots.frames[last], slots.written[last]
        self.count = last
        return last

    def reset(self, rows: np.ndarray, frame: int, memory: Memory, pointer: Any) -> None:
        """Store the memories and pointers of prompts and discard all others of these objects.

        Args:
            rows: (B,).
            frame: Number of the frame.
            memory: (B, ...) by name.
            pointer: (B, width).
        """
        self._write(rows, 0, memory)
        self._pointer[rows, 0] = pointer
        self._memory_slots.reset(rows, frame)
        self._pointer_slots.reset(rows, frame)

    def replace_prompt(self, rows: np.ndarray, frame: int, memory: Memory, pointer: Any) -> None:
        """Replace the memories and pointers of the last prompts, and keep all others."""
        self._write(rows, 0, memory)
        self._pointer[rows, 0] = pointer
        self._memory_slots.frames[rows, 0] = self._pointer_slots.frames[rows, 0] = frame

    def write(self, entry: Entry) -> None:
        """Store the memories and pointers of a frame."""
        rows, frame, pointer = entry.rows, entry.frame, entry.pointer
        if len(rows):
            memory, prompted = entry.memories(), entry.prompted[rows]
            for write, chosen in (
                (self.reset, prompted & ~entry.refreshed[rows]),
                (self.replace_prompt, prompted & entry.refreshed[rows]),
            ):
                some = np.flatnonzero(chosen)
                write(rows[some], frame, _take(memory, some), pointer[rows[some]])
            tracked = np.flatnonzero(~prompted)
            self.write_memories(rows[tracked], frame, _take(memory, tracked))
        tracked = np.flatnonzero(entry.keep_pointer & ~entry.prompted)
        self.write_pointers(tracked, frame, pointer[tracked])

    def write_memories(self, rows: np.ndarray, frame: int, memory: Memory) -> None:
        """Store the memories of objects that were tracked without a prompt."""
        self._write(rows, self._memory_slots.next_slots(rows, frame), memory)

    def _write(self, rows: np.ndarray, slots: Any, memory: Memory) -> None:
        for name, array in self._memory.items():
            array[rows, slots] = memory[name]

    def write_pointers(self, rows: np.ndarray, frame: int, pointer: Any) -> None:
        """Store the pointers of objects that were tracked without a prompt."""
        self._pointer[rows, self._pointer_slots.next_slots(rows, frame)] = pointer

    def read(self, frame: int) -> dict[str, Any]:
        """Return the memory arguments of `MemoryTracker.forward` for a frame, for all objects.

        `memory_there` and `pointer_there` are left out where all slots are in use.
        """
        rows = slice(self.count)
        memory_frames = self._memory_slots.frames[rows]
        pointer_frames = self._pointer_slots.frames[rows]
        time = np.full(memory_frames.shape, _PROMPT_TIME)
        time[:, 1:] = np.minimum(self._memory_slots.ages(self.count), _PROMPT_TIME - 1)
        age = np.where(pointer_frames < 0, 0, frame - pointer_frames).astype(np.float32)
        put = self.arrays.put
        inputs = {
            **{name: array[rows] for name, array in self._memory.items()},
            "memory_time": put(time),
            "pointers": self._pointer[rows],
            "pointer_age": put(age),
        }
        used = memory_frames >= 0, pointer_frames >= 0
        if not (used[0].all() and used[1].all()):
            inputs |= {"memory_there": put(used[0]), "pointer_there": put(used[1])}
        return inputs


def _take(memory: Memory, rows: np.ndarray) -> Memory:
    return {name: array[rows] for name, array in memory.items()}
