"""Corruptions of JSON files: changed values, keys and nesting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from tests.support.broken.by_cells import break_run, run_of

ODD = [
    *(None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e308, float("nan"), float("inf"), -float("inf")),
    *(
        2**31,
        2**32,
        2**53,
        2**63,
        -(2**63) - 1,
        2**64,
        2**70,
        10**400,
        -(10**400),
        99999999999999999999,
    ),
    *("", "1", "text", "\0", "é", "\ud800", "a\nb", "a/b", "../a", "/", ".", "x" * 3000, "٣"),
    *([], {}, [[]], [{}], [None], [1, 2, 3], [0.5, "a", None], {"id": 1}, {"counts": "04"}),
    *({"size": [4, 5], "counts": []}, {"size": [4, 5], "counts": [2**64]}, {"size": [4, 5]}),
    *({"size": [4, 5], "counts": [20]}, {"size": [4, 5], "counts": [2**31, 2**31, 20]}),
    *({"size": [4, 5], "counts": [-5, 25]}, {"size": [4, 5], "counts": [5, "15"]}),
    *([[0, 0, 4, 0, 4, 4]], [[0, 0]], [[1e308] * 6], [[0, 0, 65536, 0, 65536, 65536]] * 40),
    *([[-5.5, -5, 99, 0, 4, 1e5]], [[0, 0, 4, 0, float("nan"), 4]], [[[0, 0, 1, 1, 2, 2]]]),
]
Place = tuple[Any, Any]  # a list or object, and the index or key in it


def odd(data: bytes, random: Random) -> bytes:
    """Return content with one value, at any depth, replaced by an unusual one."""
    content = json.loads(data)
    inner, key = _place(content, random)
    inner[key] = deepcopy(random.choice(ODD))
    return _write(content, random)


def many_odd(data: bytes, random: Random) -> bytes:
    content = json.loads(data)
    for _ in range(3):
        inner, key = _place(content, random)
        inner[key] = deepcopy(random.choice(ODD))
    return _write(content, random)


def drop(data: bytes, random: Random) -> bytes:
    content = json.loads(data)
    inner, key = _place(content, random)
    del inner[key]
    return _write(content, random)


def double(data: bytes, random: Random) -> bytes:
    """Return content with an entry of a list repeated, or a value under a second key."""
    content = json.loads(data)
    inner, key = _place(content, random)
    if isinstance(inner, list):
        inner.insert(random.randint(0, len(inner)), inner[key])
    else:
        inner[random.choice(["extra", f"{key} ", key.upper(), "id", "name"])] = inner[key]
    return _write(content, random)


def exchange(data: bytes, random: Random) -> bytes:
    content = json.loads(data)
    (one, first), (two, second) = (_place(content, random) for _ in range(2))
    one[first], two[second] = deepcopy(two[second]), deepcopy(one[first])
    return _write(content, random)


def near(data: bytes, random: Random) -> bytes:
    """Return content with a number that is off by a little, or by a lot."""
    content = json.loads(data)
    places = [(i, k) for i, k in _places(content) if type(i[k]) in (int, float)]
    inner, key = random.choice(places or list(_places(content)))
    changes = [1, -1, 0.5, 1e-9, 2**31, -(2**31), 2**53]
    inner[key] = inner[key] + random.choice(changes) if places else None
    return _write(content, random)


def run_lengths(data: bytes, random: Random) -> bytes:
    """Return content with counts that are not a run length, or are one of another size."""
    content = json.loads(data)
    places = [(inner, key) for inner, key in _places(content) if key == "counts"]
    if not places:
        return odd(data, random)
    inner, key = random.choice(places)
    if isinstance(inner[key], str):
        inner[key] = break_run(inner[key], random)
    else:
        at = random.randrange(len(inner[key]))
        inner[key][at] += random.choice([1, -1, -50, 2**32, 2**64, 0.5])
        inner[key] += random.choice([[], [0], [0, 0], [-1, 1], [2**32]])
    return _write(content, random)


def huge(data: bytes, random: Random) -> bytes:
    """Return content whose images exceed memory, with run lengths that cover them."""
    content = json.loads(data)
    side = random.choice([2**15, 2**15 + 1, 2**16, 2**20, 2**31, 2**40])
    run = random.choice([run_of(side * side).decode(), [side * side], [0, side * side]])
    for inner, key in list(_places(content)):
        if key in ("height", "width"):
            inner[key] = side
        elif key == "size":
            inner[key] = [side, side]
        elif key == "counts":
            inner[key] = run
    return _write(content, random)


def deep(data: bytes, random: Random) -> bytes:
    """Return content with a deeply nested value."""
    content, depth = json.loads(data), random.choice([200, 700, 900, 950, 980, 1000, 100_000])
    inner, key = _place(content, random)
    inner[key] = "here"
    opened, closed = random.choice([("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
    return json.dumps(content).replace('"here"', opened * depth + "1" + closed * depth).encode()


def _write(content: Any, random: Random) -> bytes:
    """Return content as JSON, sometimes indented."""
    return json.dumps(content, indent=random.choice([None, None, 1])).encode()


def _place(content: Any, random: Random) -> Place:
    """Return a random place; all depths are equally likely."""
    places = list(_places(content))
    wanted = random.choice(sorted({depth for *_, depth in _with_depth(content)}))
    return random.choice([p for p, d in zip(places, _depths(content), strict=True) if d == wanted])


def _places(content: Any) -> Iterator[Place]:
    return ((inner, key) for inner, key, _ in _with_depth(content))


def _depths(content: Any) -> Iterator[int]:
    return (depth for *_, depth in _with_depth(content))


def _with_depth(content: Any, depth: int = 0) -> Iterator[tuple[Any, Any, int]]:
    """Yield every place below content, and its depth."""
    keys = list(content) if isinstance(content, dict) else range(len(content))
    for key in keys:
        yield content, key, depth
        if isinstance(content[key], dict | list):
            yield from _with_depth(content[key], depth + 1)


CORRUPTIONS = (
    *(odd, odd, odd, many_odd, drop, double, exchange, near, near, run_lengths, huge, deep),
)
