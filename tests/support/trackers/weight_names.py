"""Names and shapes of a network's weights, as lists of official checkpoints hold them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any


def weight_lines(state: Mapping[str, Any]) -> list[str]:
    """Return a line for each weight, its name and its shape, such as `conv1.bn.bias 64`."""
    return sorted(f"{name} {'x'.join(map(str, each.shape))}" for name, each in state.items())


def digest(lines: list[str]) -> str:
    """Return the digest of lines, as in the lists."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
