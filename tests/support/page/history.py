"""Made-up history of the gate for the runs of page_workdir."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

WORDS = ("SAME", "AMBIGUOUS", "WORSE", "BETTER")


def write_history(path: Path, run: str, variants: tuple[str, ...], count: int = 6) -> None:
    """Write `count` verdicts on two metrics of each variant, and a truncated line."""
    rng = np.random.default_rng(0)
    dataset = run.split("/", maxsplit=1)[0]
    lines = []
    for number in range(count):
        word = WORDS[number % len(WORDS)]
        checks: list[dict[str, Any]] = [
            {
                "run": name, "variant": variant, "metric": metric, "unit": unit, "verdict": word,
                "found": float(rng.uniform(0.5, 0.6)), "change": 0.0, "low": -0.02, "high": 0.02,
            }
            for variant in variants
            for name, metric, unit in (
                (run, "HOTA", "ratio"), (dataset, "relative step time", "work"),
            )
        ]  # fmt: skip
        content = {
            "date": f"2026-11-{number + 1:02}T12:00:00+00:00", "commit": f"{number:x}" * 12,
            "verdict": "regression" if word == "WORSE" else "pass", "checks": checks,
        }  # fmt: skip
        lines.append(json.dumps(content))
    path.write_text("\n".join([*lines, '{"cut']) + "\n")
