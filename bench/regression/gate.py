"""How often the gate is right: unchanged runs, lower accuracy, slower trackers.

    python -m bench.regression.gate --workdir .cache/bench/gate --output bench/gate.json

Uses the limits and processes of the default config and two of its variants, on the machine as it
is. Each run measures the relative step times anew. A slower tracker does work of its kind after
each step; a less accurate one loses random boxes until HOTA is lower by the given amount.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml

from bench.material.gate_material import Workdir, measure_step_times, plan_of
from datasets.io.files import write_json
from datasets.io.program import run_main
from metrics.gate.checks import STEP_TIME, Check, overall_verdict
from metrics.gate.snapshot import take_snapshot
from metrics.gate.verdict import Snapshot, compare_snapshots
from trackers.profiling import system_load
from trackers.profiling.machine import describe_machine

_VARIANTS = ("sort", "bytetrack")
_HOTA_LOSSES = (0.002, 0.004, 0.006, 0.010)
_SLOWER = (0.10, 0.05, 0.03)
_LOOP = "while True: sum(range(10_000))"


@dataclass(frozen=True)
class Trial:
    """The gate with one baseline.

    Args:
        workdir: Folder with the results under test.
        regression: Section `regression` of the config.
        baseline: Results to compare with.
    """

    workdir: Workdir
    regression: dict[str, Any]
    baseline: Snapshot

    def checks(self) -> list[Check]:
        """Return the checks of the results in the working directory."""
        plan = plan_of(self.regression, _VARIANTS)
        return compare_snapshots(self.baseline, take_snapshot(plan, self.workdir.path), plan)

    def run(self, slower: float = 0.0) -> dict[str, Any]:
        """Time the trackers anew and return the verdicts."""
        begin, before = perf_counter(), system_load.now()
        measure_step_times(self.workdir, self.regression, _VARIANTS, slower)
        meanwhile = system_load.between(before, system_load.now())
        checks = [each for each in self.checks() if each.metric == STEP_TIME]
        print(
            slower, {each.variant: (each.verdict, _per_cent(each)) for each in checks}, flush=True
        )
        return {
            "seconds": perf_counter() - begin,
            "busy_cores": meanwhile["others_s"] / meanwhile["wall_s"],  # with the trackers
            "verdict": overall_verdict(self.checks()),
            "checks": [vars(each) for each in checks],
        }

    def lose(self, loss: float, seed: int) -> dict[str, Any]:
        """Return the verdict on tracks that lost boxes; the tracks are restored afterwards."""
        variant = _VARIANTS[seed % len(_VARIANTS)]
        whole = self.workdir.tracks(variant)
        for name, tracks in self.workdir.worse(variant, loss, seed).items():
            self.workdir.score(variant, name, tracks)
        checks = [
            each for each in self.checks() if (each.variant, each.metric) == (variant, "HOTA")
        ]
        for name, tracks in whole.items():
            self.workdir.score(variant, name, tracks)
        print(loss, seed, variant, checks[0].verdict, checks[0].change, checks[0].low, flush=True)
        return {"seed": seed, **vars(checks[0])}


def _per_cent(check: Check) -> str:
    assert check.change is not None
    assert check.low is not None
    return f"{-100 * check.change:+.1f} % up to {-100 * check.low:+.1f}"


@contextmanager
def loaded(*, is_loaded: bool) -> Iterator[None]:
    """Keep one more core busy, if `is_loaded`."""
    loop = subprocess.Popen([sys.executable, "-c", _LOOP]) if is_loaded else None
    try:
        yield
    finally:
        if loop:
            loop.kill()
            loop.wait()


def _kinds() -> Iterator[tuple[str, float, bool]]:
    """Yield the name of each kind, the slowdown of the tracker, and whether a core is loaded."""
    yield "unchanged", 0.0, False
    yield "unchanged, a core loaded", 0.0, True
    for share in _SLOWER:
        yield f"{share:.0%} slower", share, False
    yield f"{_SLOWER[0]:.0%} slower, a core loaded", _SLOWER[0], True


def _count_verdicts(runs: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {name: Counter() for name in _VARIANTS}
    for each in runs:
        for check in each["checks"]:
            found[check["variant"]][check["verdict"]] += 1
    return {name: dict(counter) for name, counter in found.items()}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10, help="runs of each kind")
    parser.add_argument("--workdir", type=Path, required=True, help="working directory")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    regression = yaml.safe_load(Path("config/config.yaml").read_text())["regression"]
    workdir = Workdir(args.workdir)
    workdir.prepare(_VARIANTS)
    measure_step_times(workdir, regression, _VARIANTS)
    trial = Trial(workdir, regression, take_snapshot(plan_of(regression, _VARIANTS), workdir.path))
    content: dict[str, Any] = {"what": parser.description, "date": str(date.today())}
    content |= {"machine": describe_machine(), "regression": regression, "losses": {}, "runs": {}}
    content["baseline"] = trial.baseline["speed"]
    for loss in _HOTA_LOSSES:
        content["losses"][str(loss)] = [trial.lose(loss, seed) for seed in range(args.runs)]
    for name, slower, is_loaded in _kinds():
        with loaded(is_loaded=is_loaded):
            runs = [trial.run(slower) for _ in range(args.runs)]
        content["runs"][name] = {"words": _count_verdicts(runs), "runs": runs}
        print(name, content["runs"][name]["words"], flush=True)
        write_json(args.output, content)


if __name__ == "__main__":
    sys.exit(run_main(main))
