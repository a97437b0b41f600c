"""The memory bank keeps the prompt and the newest memories, and nothing of dropped objects."""

from __future__ import annotations

import numpy as np

from trackers.engines.torch_engine import TorchArrays
from trackers.sam2.memory_bank import MemoryBank

ARRAYS = TorchArrays()


def new_memory_bank() -> MemoryBank:
    return MemoryBank(ARRAYS, 7, 16, {"memories": (1, 1)}, 1)


def memories_of(*numbers):
    """Return a memory for each object, marked with a number."""
    return {"memories": ARRAYS.put(np.array(numbers, np.float32).reshape(-1, 1, 1))}


def pointers_of(*numbers):
    """Return a pointer for each object, marked with a number."""
    return ARRAYS.put(np.array(numbers, np.float32).reshape(-1, 1))


def stored(memory_bank, frame, row):
    """Return {time: memory} and {age: pointer} of an object."""
    read = {name: ARRAYS.get(array) for name, array in memory_bank.read(frame).items()}
    used = read.get("memory_there", np.ones(read["memory_time"].shape, bool))[row]
    memories = read["memories"][row, used, 0, 0]
    used_pointers = read.get("pointer_there", np.ones(read["pointer_age"].shape, bool))[row]
    return (
        dict(zip(read["memory_time"][row, used].tolist(), memories.tolist(), strict=True)),
        dict(
            zip(
                read["pointer_age"][row, used_pointers].tolist(),
                read["pointers"][row, used_pointers, 0].tolist(),
                strict=True,
            )
        ),
    )


def write(memory_bank, rows, frame, *numbers):
    rows = np.array(rows)
    memory_bank.write_memories(rows, frame, memories_of(*numbers))
    memory_bank.write_pointers(rows, frame, pointers_of(*numbers))


def add_object(memory_bank, frame, number) -> int:
    """Add an object prompted in a frame and return its row."""
    row = memory_bank.add()
    memory_bank.reset(np.array([row]), frame, memories_of(number), pointers_of(number))
    return row


def test_the_prompt_is_kept_and_the_oldest_of_the_others_is_overwritten():
    memory_bank = new_memory_bank()
    add_object(memory_bank, 3, 3)
    for frame in range(4, 40):
        memories, pointers = stored(memory_bank, frame, 0)
        newest = range(frame - 1, max(3, frame - 7), -1)
        assert memories == {6: 3} | {age: float(each) for age, each in enumerate(newest)}
        kept = [3, *reversed(newest)]
        newest = range(frame - 1, max(3, frame - 16), -1)
        assert pointers == {float(frame - 3): 3} | {float(frame - f): float(f) for f in newest}
        assert memory_bank.stored_frames(0) == (kept, [3, *reversed(newest)])
        write(memory_bank, [0], frame, frame)


def test_a_frame_without_memory_leaves_no_gap_in_the_ages():
    memory_bank = new_memory_bank()
    add_object(memory_bank, 0, 0)
    for frame in (1, 2, 5):
        memory_bank.write_memories(np.array([0]), frame, memories_of(frame))
    assert stored(memory_bank, 9, 0) == ({6: 0, 0: 5, 1: 2, 2: 1}, {9: 0})
    assert memory_bank.stored_frames(0) == ([0, 1, 2, 5], [0])


def test_objects_of_different_ages_share_the_memory_bank_and_dropped_ones_leave_no_trace():
    memory_bank = new_memory_bank()
    for number in range(6):  # more than the initial arrays hold
        row = add_object(memory_bank, number, 100 + number)
        write(memory_bank, range(row + 1), number + 1, *range(10 * number, 10 * number + row + 1))
    before = [stored(memory_bank, 9, row) for row in range(6)]
    assert before[5] == ({6: 105, 0: 55}, {4: 105, 3: 55})
    assert memory_bank.drop(1) == 5
    assert memory_bank.drop(4) == 4
    after = [stored(memory_bank, 9, row) for row in range(4)]
    assert after == [before[0], before[5], *before[2:4]]
    row = add_object(memory_bank, 9, 7)
    assert stored(memory_bank, 10, row) == ({6: 7}, {1: 7})


def test_a_new_prompt_replaces_the_old_one():
    memory_bank = new_memory_bank()
    add_object(memory_bank, 0, 0)
    write(memory_bank, [0], 1, 1)
    memory_bank.replace_prompt(np.array([0]), 2, memories_of(2), pointers_of(2))
    assert stored(memory_bank, 3, 0) == ({6: 2, 0: 1}, {1: 2, 2: 1})
    memory_bank.reset(np.array([0]), 3, memories_of(3), pointers_of(3))
    assert stored(memory_bank, 4, 0) == ({6: 3}, {1: 3})


def test_a_full_memory_bank_is_read_without_the_marks_of_used_slots():
    memory_bank = new_memory_bank()
    assert not memory_bank.has_memory(memory_bank.add())
    memory_bank.reset(np.array([0]), 0, memories_of(0), pointers_of(0))
    assert memory_bank.has_memory(0)
    for frame in range(1, 16):
        assert "memory_there" in memory_bank.read(frame)
        write(memory_bank, [0], frame, frame)
    assert "memory_there" not in memory_bank.read(16)
    assert "pointer_there" not in memory_bank.read(16)
