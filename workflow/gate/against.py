"""Compare the working tree with another commit on this machine, in accuracy and speed.

    python -m workflow.gate.against --commit HEAD~1 --configfile config/mine.yaml

No baseline is needed. The other commit runs in a git worktree with its own code and config. Both
sides are timed in turns by the code of this working tree, which also reaches the verdict.
docs/regression.md has the rules.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from datasets.io.files import read_json, write_json
from datasets.io.git import ROOT, git_commit
from datasets.io.program import REFUSED, run_main
from datasets.run_layout import RUN, TRACKS
from metrics.comparison.compare import SAME
from metrics.gate.checks import NEW, NOT_COMPARED
from metrics.gate.snapshot import timed_variants
from metrics.gate.subject import PLAN_FILE, VERDICT_FILES, forget_verdict
from workflow.gate.other_worktree import (
    check_out,
    hold_comparison_lock,
    interpreter,
    resolve_commit,
)
from workflow.gate.turns import Side, Timed, take_turns

_CONFIGS = ("datasets", "engines", "trackers", "config")  # as in the Snakefile
_SAME_RUN = ("method", "options", "code", "lock", "files", "engines")  # of run.json


@dataclass(frozen=True)
class Comparison:
    """The comparison of the working tree with another commit.

    Args:
        here: Root of the working tree.
        commit: Full id of the other commit.
        configs: Config files laid over the default, relative to the root.
    """

    here: Path
    commit: str
    configs: tuple[str, ...] = ()

    def run(self) -> None:
        """Run both sides, time them in turns, and write the verdict.

        Raises:
            ValueError: A side could not be run.
        """
        forget_verdict(self.here)
        (self.here / PLAN_FILE).unlink(missing_ok=True)
        print(f"comparing this working tree ({git_commit()}) with {self.commit[:12]}", flush=True)
        there = check_out(self.here, self.commit)
        python = interpreter(self.here, there)
        snapshot = self._run_other(there, python)
        failed = run_snakemake(sys.executable, self.here, "accuracy", self.configs)
        if not (self.here / PLAN_FILE).is_file():
            raise ValueError("this working tree could not be run, see above")
        plan = read_json(self.here / PLAN_FILE)
        turns = there.with_suffix(".turns.json")
        write_json(turns, self._time(plan, (Side(there, python), Side(self.here))))
        self._write_verdict(plan, snapshot, turns, failed=failed)

    def _run_other(self, there: Path, python: str) -> Path:
        """Run the other side; return the file of its accuracy, in the form of a baseline."""
        snapshot, overlay = (there.with_suffix(f".{name}") for name in ("json", "yaml"))
        snapshot.unlink(missing_ok=True)
        configs = [
            name if (there / name).is_file() else str((self.here / name).resolve())
            for name in self.configs
        ]
        own: dict[str, Any] = {"regression": {"timed": [], "baseline": str(snapshot)}}
        if moved := self._roots(there, configs):
            own["datasets"] = moved
        overlay.write_text(yaml.safe_dump(own))
        _link(self.here / "data" / "weights", there / "data" / "weights")
        run_snakemake(python, there, "baseline", (*configs, str(overlay)))
        if not snapshot.is_file():
            raise ValueError(
                f"{self.commit[:12]} could not be run, see above and {there}/logs: "
                "nothing to compare with"
            )
        return snapshot

    def _roots(self, there: Path, configs: list[str]) -> dict[str, dict[str, str]]:
        """Return the roots of data sets that are found only from this working tree's root."""
        found = read_config(there, configs).get("datasets", {})
        return {
            name: {"root": str((self.here / entry["root"]).resolve())}
            for name, entry in found.items()
            if entry.get("root") and not (there / entry["root"]).exists()
            if (self.here / entry["root"]).exists()
        }

    def _time(self, plan: Mapping[str, Any], sides: tuple[Side, Side]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for run, variant in timed_variants(plan):
            entry = next(each for each in run["variants"] if each["name"] == variant)
            timed = Timed(variant, run["dataset"], run["clock"], entry["timing"])
            turns = time_variant(
                sides, timed, plan["processes"], plan["slowdown_tolerance"], self.commit
            )
            if turns is not None:
                found.setdefault(run["dataset"], {})[variant] = turns
        return found

    def _write_verdict(
        self, plan: Mapping[str, Any], snapshot: Path, turns: Path, *, failed: bool
    ) -> None:
        verdict, markdown, junit = (self.here / path for path in VERDICT_FILES)
        flags = {
            "plan": json.dumps(plan),
            "baseline": snapshot.relative_to(self.here),
            "turns": turns,
            "output": verdict,
        }
        _python(self.here, "metrics.gate.verdict", flags, *(["--unfinished"] if failed else []))
        shown = {"verdict": verdict, "markdown": markdown, "junit": junit}
        _python(self.here, "reports.regression", shown)
        history = read_config(self.here, list(self.configs))["regression"]["history"]
        command = [sys.executable, "-m", "metrics.gate", f"--verdict={verdict}"]
        subprocess.run([*command, f"--history={history}"], cwd=self.here, check=False)


def time_variant(
    sides: tuple[Side, Side], timed: Timed, pairs: int, tolerance: float, commit: str
) -> dict[str, Any] | None:
    """Return the relative step times of a variant, or why there are none; None if it did not run.

    Args:
        sides: The reference side, and the side under test.
    """
    records = []
    for side in sides:
        places = [side.result(timed.variant, timed.dataset, name) for name in timed.sequences]
        whole = all((place / name).is_file() for place in places for name in (RUN, TRACKS))
        records.append([read_json(place / RUN) for place in places] if whole else None)
    if records[1] is None:
        return None
    if records[0] is None:
        return {"verdict": NEW, "why": f"{commit[:12]} does not have it"}
    if all(_same_run(*both) for both in zip(*records, strict=True)):
        return {"verdict": SAME, "why": "same code, options, libraries and networks: not timed"}
    print(f"timing {timed.variant} on both sides in turns", flush=True)
    try:
        return take_turns(sides, timed, pairs, tolerance)
    except RuntimeError as error:
        return {"verdict": NOT_COMPARED, "why": str(error)}


def _same_run(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(name) == other.get(name) for name in _SAME_RUN)


def run_snakemake(python: str, root: Path, target: str, configs: tuple[str, ...]) -> bool:
    """Run a target of a working tree in its own environment; return whether it failed."""
    binary = Path(python).parent
    command = [str(binary / "snakemake"), "--cores", "all", "--quiet", "host", "reason", "rules"]
    command += ["--keep-going", target, *(["--configfile", *configs] if configs else [])]
    environment = os.environ | {"PATH": f"{binary}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=root, env=environment, check=False).returncode != 0


def read_config(root: Path, configs: list[str]) -> dict[str, Any]:
    """Return the config of a working tree, merged as by its Snakefile."""
    found: dict[str, Any] = {}
    names = [f"config/{name}.yaml" for name in _CONFIGS]
    for name in (*names, *configs):
        found = _merge(found, yaml.safe_load((root / name).read_text()) or {})
    return found


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two mappings recursively; values of `above` win."""
    both = {name for name in above if isinstance(below.get(name), dict)}
    merged = {n: _merge(below[n], above[n]) for n in both if isinstance(above[n], dict)}
    return {**below, **above, **merged}


def _link(target: Path, place: Path) -> None:
    """Link a folder of downloads, so that the other side finds them."""
    if target.is_dir() and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target.resolve())


def _python(root: Path, module: str, flags: Mapping[str, object], *others: str) -> None:
    command = [sys.executable, "-m", module, *(f"--{key}={flags[key]}" for key in flags), *others]
    subprocess.run(command, cwd=root, check=True)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commit", required=True, help="a branch, a tag or an id")
    parser.add_argument("--configfile", nargs="*", default=[], help="laid over the default config")
    args = parser.parse_args()
    forget_verdict()
    with hold_comparison_lock(ROOT):
        commit = resolve_commit(ROOT, args.commit)
        Comparison(ROOT, commit, tuple(args.configfile)).run()


if __name__ == "__main__":
    sys.exit(run_main(main, crashed=REFUSED))
