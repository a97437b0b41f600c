"""How often `make regression AGAINST=<commit>` is right, in replays on the machine as it is.

    make regression AGAINST=HEAD~1
    python -m bench.regression.gate_against --against HEAD~1 --replays 10
        --output bench/gate_against.json

The first command leaves the worktree of the other commit and the tracks of both sides. Each replay
times one box tracker and one tracker with networks in turns with the other commit, as the gate
does: once unchanged, once with each step 10 % longer. A replay of accuracy removes random boxes
until HOTA is 1 point lower. The file is written after each replay; replays in it are kept.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml

from bench.material.gate_material import DATASET, SEQUENCES, Workdir, plan_of
from datasets.formats.parquet import read_tracks
from datasets.io.files import read_json, write_json
from datasets.io.git import ROOT
from datasets.io.program import run_main
from metrics.gate.checks import STEP_TIME, Check, overall_verdict
from metrics.gate.snapshot import take_snapshot
from metrics.gate.verdict import compare_snapshots
from trackers.profiling import system_load
from trackers.profiling.machine import describe_machine
from workflow.gate.other_worktree import resolve_commit, worktree_folder
from workflow.gate.turns import Side, Timed, take_turns

_VARIANTS = {"sort": "boxes", "masktrack_rcnn": "networks"}
_SLOWER, _LOSS = 0.10, 0.010


@dataclass(frozen=True)
class Replays:
    """The replays of one comparison.

    Args:
        sides: The other commit, and the working tree.
        regression: Section `regression` of the config.
        workdir: Sequences and tracks of the working tree, from which replays remove boxes.
    """

    sides: tuple[Side, Side]
    regression: Mapping[str, Any]
    workdir: Workdir

    def time(self, variant: str, slower: float) -> dict[str, Any]:
        """Return the verdict on the speed of a variant slowed by a share of its step time."""
        here = self.sides[1]
        if slower:
            program = ("-P", "-m", "bench.material.slowed_clock", "--slower", str(slower))
            here = replace(here, program=program)
        limits = limits_of(self.regression, variant)
        timed = Timed(variant, DATASET, [SEQUENCES[0]], limits)
        begin, before = perf_counter(), system_load.now()
        turns = take_turns(
            (self.sides[0], here), timed, limits["processes"], self.regression["slowdown_tolerance"]
        )
        seconds, meanwhile = perf_counter() - begin, system_load.between(before, system_load.now())
        checks = self._check(variant, {DATASET: {variant: turns}})
        return {
            "kind": f"{_VARIANTS[variant]}, {slower:.0%} slower" if slower else "unchanged",
            **_verdict(checks, next(each for each in checks if each.metric == STEP_TIME)),
            "seconds": round(seconds, 1),
            "load": meanwhile["load"],
            "pairs": turns["pairs"],
        }

    def lose(self, variant: str, seed: int) -> dict[str, Any]:
        """Return the verdict on tracks that lost boxes; the tracks are restored afterwards."""
        whole = self.workdir.tracks(variant)
        before = take_snapshot(self._plan(variant), self.workdir.path)
        for name, tracks in self.workdir.worse(variant, _LOSS, seed).items():
            self.workdir.score(variant, name, tracks)
        checks = self._check(variant, {}, before)
        for name, tracks in whole.items():
            self.workdir.score(variant, name, tracks)
        found = _verdict(checks, next(each for each in checks if each.metric == "HOTA"))
        return {"kind": "1 HOTA lower", **found}

    def _check(
        self, variant: str, turns: Mapping[str, Any], baseline: Mapping[str, Any] | None = None
    ) -> list[Check]:
        plan = self._plan(variant, timed=bool(turns))
        now = take_snapshot(plan, self.workdir.path)
        return compare_snapshots(baseline or now, now, plan, turns)

    def _plan(self, variant: str, *, timed: bool = False) -> dict[str, Any]:
        plan = plan_of(self.regression, [variant])
        for entry in plan["runs"][0]["variants"]:
            entry["timed"] = timed
        return plan


def limits_of(regression: Mapping[str, Any], variant: str) -> dict[str, Any]:
    """Return the timing limits of a variant; those with networks have their own."""
    own = regression["networks"] if _VARIANTS[variant] == "networks" else {}
    return {**regression, **own}


def _verdict(checks: list[Check], one: Check) -> dict[str, Any]:
    return {"variant": one.variant, "verdict": overall_verdict(checks), "check": vars(one)}


def _prepare(workdir: Workdir, side: Side) -> None:
    for name in SEQUENCES:
        place = workdir.sequence(name).parent
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(side.root / "data" / DATASET / name)
        for variant in _VARIANTS:
            tracks = read_tracks(side.result(variant, DATASET, name) / "tracks.parquet")
            workdir.score(variant, name, tracks)


def summary(replays: list[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return the number of each verdict, by variant and kind of change."""
    found: dict[str, Counter[str]] = {}
    for each in replays:
        key = f"{each['variant']}: {each['kind']}"
        found.setdefault(key, Counter())[each["verdict"]] += 1
    return {key: dict(count) for key, count in found.items()}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", required=True, help="the commit compared with")
    parser.add_argument("--replays", type=int, default=10, help="replays of each kind")
    parser.add_argument("--workdir", type=Path, default=Path(".cache/bench/gate_against"))
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    commit = resolve_commit(ROOT, args.against)
    regression = yaml.safe_load(Path("config/config.yaml").read_text())["regression"]
    trial = Replays(
        (Side(worktree_folder(ROOT, commit)), Side(ROOT)), regression, Workdir(args.workdir)
    )
    _prepare(trial.workdir, trial.sides[1])
    content: dict[str, Any] = (
        read_json(args.output)
        if args.output.is_file()
        else {"what": parser.description, "date": str(date.today()), "against": commit}
        | {"machine": describe_machine(), "regression": regression, "replays": []}
    )
    for number in range(len(content["replays"]), args.replays):
        begin = perf_counter()
        one = [
            trial.time(variant, slower) for slower in (0.0, _SLOWER) for variant in _VARIANTS
        ] + [trial.lose(variant, number) for variant in _VARIANTS]
        content["replays"].append({"seconds": round(perf_counter() - begin, 1), "verdicts": one})
        found = [each for replay in content["replays"] for each in replay["verdicts"]]
        content["summary"] = summary(found)
        write_json(args.output, content)
        print(number, content["replays"][-1]["seconds"], content["summary"], flush=True)


if __name__ == "__main__":
    sys.exit(run_main(main))
