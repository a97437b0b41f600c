"""How well the demo SAM 2 follows people it was not trained on, and how it fails.

    python -m bench.sam2_following --memory present --output bench/sam2_following.json

The worlds are of the train split, after those that the weights were trained on: what is chosen by
them says nothing about the test split. Everybody is shown by a box in the first frame in which he
is seen. From the next one on each person in each frame counts as

    followed   a mask of IoU 0.5 or more with the true one
    swapped    one that fits another person better
    vague      one that fits nobody
    lost       no mask, and there should be one
    ghost      a mask of nobody who is there
    hidden     rightly no mask
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from tqdm import tqdm

from datasets.files import write_json
from datasets.synthesis.scene import play
from datasets.synthesis.scripts import SCENARIOS
from trackers.engines.runner import Runner
from trackers.parts.dense_masks import tight_boxes
from trackers.sam2.loading import load_networks
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session

_TRAIN, _SEED = 0, 1  # of `datasets/readers/synthetic.py`
_FITS = 0.5


def follow(session: Session, scenario: str, number: int) -> Iterator[tuple[float, str]]:
    """Yield J of each person in each frame, and what it counts as."""
    which = list(SCENARIOS).index(scenario)
    draw = np.random.Generator(np.random.PCG64([_SEED, _TRAIN, which, number]))
    session.start()
    for image, labels in play(draw, SCENARIOS[scenario](draw)):
        truth = {label.identity: label.mask for label in labels}
        session.look(image)
        known = session.identities
        masks = dict(zip(known, session.masks(), strict=True))
        yield from (judge(masks[name], truth, name) for name in known)
        new = [name for name in truth if name not in masks]
        if new:
            boxes = tight_boxes(np.stack([truth[name] for name in new]))[1]
            session.prompt({n: Prompt(box=box) for n, box in zip(new, boxes, strict=True)})
        session.remember()


def judge(mask: np.ndarray, truth: dict[int, np.ndarray], name: int) -> tuple[float, str]:
    """Return J of a mask of a person, and what it counts as."""
    if name not in truth:
        return (0.0, "ghost") if mask.any() else (1.0, "hidden")
    fits = {other: (mask & own).sum() / (mask | own).sum() for other, own in truth.items()}
    if not mask.any():
        return 0.0, "lost"
    if fits[name] >= _FITS:
        return float(fits[name]), "followed"
    best = max(fits, key=lambda other: fits[other])
    return float(fits[name]), "swapped" if best != name and fits[best] >= _FITS else "vague"


def summary(found: list[tuple[float, str]]) -> dict[str, Any]:
    """Return mean J, that of who is followed, and the share of each kind, in %."""
    kinds = Counter(kind for _, kind in found)
    shares = {kind: round(100 * count / len(found), 1) for kind, count in sorted(kinds.items())}
    good = [fits for fits, kind in found if kind == "followed"]
    return {
        "mean_j": round(100 * fmean(fits for fits, _ in found), 1),
        "mean_j_followed": round(100 * fmean(good), 1) if good else None,
        "shares": shares,
    }


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", default="trackers/weights/sam2_demo.safetensors")
    parser.add_argument("--memory", default="present")
    parser.add_argument("--overlap", default="none")
    parser.add_argument("--exclusive", action="store_true")
    parser.add_argument("--first", type=int, default=30, help="number of the first world")
    parser.add_argument("--count", type=int, default=3, help="worlds of each scenario")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    session = Session(
        load_networks("demo", given.weights, Runner()),
        given.memory,
        given.overlap,
        exclusive=given.exclusive,
    )
    every = [
        (scenario, number)
        for scenario in SCENARIOS
        for number in range(given.first, given.first + given.count)
    ]
    found = {
        (scenario, number): list(follow(session, scenario, number))
        for scenario, number in tqdm(every, unit="world", disable=None)
    }
    told = {
        "date": date.today().isoformat(),
        "weights": given.weights,
        "memory": given.memory,
        "overlap": given.overlap,
        "exclusive": given.exclusive,
        "worlds": [given.first, given.first + given.count - 1],
        "all": summary([each for rows in found.values() for each in rows]),
        **{
            name: summary([each for key, rows in found.items() if key[0] == name for each in rows])
            for name in SCENARIOS
        },
    }
    for name in ("all", *SCENARIOS):
        print(name, told[name])
    if given.output:
        write_json(given.output, told)


if __name__ == "__main__":
    main()
