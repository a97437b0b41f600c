"""A bank remembers the prompt and the newest, in any order, and nothing of who left."""

from __future__ import annotations

import numpy as np

from trackers.engines.torch_engine import TorchArrays
from trackers.sam2.memory_bank import MemoryBank

ARRAYS = TorchArrays()


def new_bank() -> MemoryBank:
    return MemoryBank(ARRAYS, 7, 16, {"memories": (1, 1)}, 1)


def mark(*numbers):
    """Return a memory, or pointer, of each object that can be told from others."""
    return {"memories": ARRAYS.put(np.array(numbers, np.float32).reshape(-1, 1, 1))}


def point(*numbers):
    return ARRAYS.put(np.array(numbers, np.float32).reshape(-1, 1))


def told(bank, now, row):
    """Return {time: memory} and {age: pointer} of an object."""
    read = {name: ARRAYS.get(array) for name, array in bank.read(now).items()}
    there = read.get("memory_there", np.ones(read["memory_time"].shape, bool))[row]
    memories = read["memories"][row, there, 0, 0]
    pointed = read.get("pointer_there", np.ones(read["pointer_age"].shape, bool))[row]
    return (
        dict(zip(read["memory_time"][row, there].tolist(), memories.tolist(), strict=True)),
        dict(
            zip(
                read["pointer_age"][row, pointed].tolist(),
                read["pointers"][row, pointed, 0].tolist(),
                strict=True,
            )
        ),
    )


def write(bank, rows, now, *numbers):
    rows = np.array(rows)
    bank.write_memories(rows, now, mark(*numbers))
    bank.write_pointers(rows, now, point(*numbers))


def test_the_prompt_stays_and_the_oldest_of_the_others_goes():
    bank = new_bank()
    rows = np.array([bank.add()])
    bank.begin(rows, 3, mark(3), point(3))
    for now in range(4, 40):
        memories, pointers = told(bank, now, 0)
        before = range(now - 1, max(3, now - 7), -1)
        assert memories == {6: 3} | {age: float(frame) for age, frame in enumerate(before)}
        before = range(now - 1, max(3, now - 16), -1)
        assert pointers == {float(now - 3): 3} | {float(now - f): float(f) for f in before}
        write(bank, [0], now, now)


def test_what_is_not_remembered_leaves_no_hole():
    bank = new_bank()
    bank.begin(np.array([bank.add()]), 0, mark(0), point(0))
    for now in (1, 2, 5):
        bank.write_memories(np.array([0]), now, mark(now))
    assert told(bank, 9, 0) == ({6: 0, 0: 5, 1: 2, 2: 1}, {9: 0})


def test_objects_of_different_ages_share_a_bank_and_leave_no_trace():
    bank = new_bank()
    for number in range(6):  # more than there was room for
        row = bank.add()
        bank.begin(np.array([row]), number, mark(100 + number), point(100 + number))
        write(bank, range(row + 1), number + 1, *range(10 * number, 10 * number + row + 1))
    before = [told(bank, 9, row) for row in range(6)]
    assert before[5] == ({6: 105, 0: 55}, {4: 105, 3: 55})
    assert bank.drop(1) == 5
    assert bank.drop(4) == 4
    assert [told(bank, 9, row) for row in range(4)] == [before[0], before[5], *before[2:4]]
    row = bank.add()
    bank.begin(np.array([row]), 9, mark(7), point(7))
    assert told(bank, 10, row) == ({6: 7}, {1: 7})


def test_a_new_prompt_takes_the_place_of_the_old_one():
    bank = new_bank()
    bank.begin(np.array([bank.add()]), 0, mark(0), point(0))
    write(bank, [0], 1, 1)
    bank.renew(np.array([0]), 2, mark(2), point(2))
    assert told(bank, 3, 0) == ({6: 2, 0: 1}, {1: 2, 2: 1})
    bank.begin(np.array([0]), 3, mark(3), point(3))
    assert told(bank, 4, 0) == ({6: 3}, {1: 3})


def test_full_banks_need_not_say_what_is_there():
    bank = new_bank()
    bank.begin(np.array([bank.add()]), 0, mark(0), point(0))
    for now in range(1, 16):
        assert "memory_there" in bank.read(now)
        write(bank, [0], now, now)
    assert "memory_there" not in bank.read(16)
    assert "pointer_there" not in bank.read(16)
