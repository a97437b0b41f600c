"""Read how closely each engine agrees with PyTorch, by network, from `trackers.sam2.parity`."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.io.files import read_json


@dataclass(frozen=True)
class Agreement:
    """The agreement of one network on one engine, over the worst of its calls.

    Args:
        error: Maximum difference relative to the array's maximum; None if a value is not finite.
        mask_iou: Minimum IoU of a mask; None for a network without masks.
        agrees: Whether all calls agree.
    """

    error: float | None
    mask_iou: float | None
    agrees: bool


@dataclass(frozen=True)
class Parity:
    """The agreement of one engine with PyTorch.

    Args:
        model: Name of the model in config/engines.yaml.
        engine: Kind of engine that ran the networks.
        networks: Agreement by network, in order of their first call.
    """

    model: str
    engine: str
    precision: str
    networks: Mapping[str, Agreement]


def read_parity(path: Path) -> Parity:
    """Return the content of engines/<model>/<precision>/parity_<engine>.json."""
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
