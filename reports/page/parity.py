"""How far each engine is from PyTorch, network by network, as `trackers.sam2.parity` found."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.io.files import read_json


@dataclass(frozen=True)
class Agreement:
    """One network on one engine, the worst of its calls.

    Args:
        error: Largest difference of a number, over the largest of that array; None where a number
            is not finite.
        mask_iou: The least, None for a network that gives no masks.
        agrees: Whether all calls do.
    """

    error: float | None
    mask_iou: float | None
    agrees: bool


@dataclass(frozen=True)
class Parity:
    """One engine.

    Args:
        model: As config/engines.yaml calls it.
        engine: What ran the networks.
        networks: In the order they were called.
    """

    model: str
    engine: str
    precision: str
    networks: Mapping[str, Agreement]


def read_parity(path: Path) -> Parity:
    """Return what engines/<model>/<precision>/parity_<engine>.json says."""
    calls: dict[str, list[Mapping[str, Any]]] = {}
    for call in read_json(path)["calls"]:
        calls.setdefault(call["network"], []).append(call)
    return Parity(
        path.parts[-3],
        path.stem.removeprefix("parity_"),
        path.parts[-2],
        {name: _worst(each) for name, each in calls.items()},
    )


def _worst(calls: Many[Mapping[str, Any]]) -> Agreement:
    finite = all(call["finite"] for call in calls)
    errors = [
        difference / max(call["largest"][name], 1e-12)
        for call in calls
        if call["finite"]
        for name, difference in call["differences"].items()
    ]
    ious = [call["mask_iou"] for call in calls if "mask_iou" in call]
    return Agreement(
        max(errors) if finite else None,
        min(ious) if ious else None,
        all(call["agrees"] for call in calls),
    )
