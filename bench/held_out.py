"""Score options of a variant on synthetic sequences that no demo model was trained on.

    python -m bench.held_out sam2_prompted --options '{"exclusive": true}' '{"memory": "sam2"}'

Options chosen this way are not chosen on the test split: the sequences belong to the train split,
after those used in training. Each set of options is laid over those of config/trackers.yaml; two
lines show its combined scores and its mask HOTA on each sequence.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from datasets.formats.parquet import read_tracks
from datasets.io.files import write_json
from datasets.io.flags import json_value
from datasets.io.program import run_main
from datasets.run_layout import TRUTH
from datasets.sequences.sequence_json import open_sequence
from datasets.synthesis.scripts import SCENARIOS
from metrics.combine import combine_scores
from metrics.score import score_tracks
from trackers.contract import load_method, load_tracker
from trackers.run import track
from trackers.training.sequences import prepare

_VARIANTS = Path("config/trackers.yaml")
_PROTOCOL, _FAMILIES = "youtube_vis", ("hota", "identity", "vis_ap", "jf_te")
_SHOWN = ("HOTA", "DetA", "AssA", "LocA", "IDF1", "AP50", "J&F")


def sequences(workdir: Path, first: int, count: int) -> list[Path]:
    """Return the sequences of every scenario from number `first` on, made if absent."""
    numbers = range(first, first + count)
    return [prepare(workdir, f"{each}-{number}") for number in numbers for each in SCENARIOS]


def score(method: str, options: dict[str, Any], paths: list[Path]) -> dict[str, Any]:
    """Return the combined scores of a tracker and its HOTA on each sequence, in %."""
    tracker, kind = load_tracker(method, options), load_method(method).with_options(options)
    scores = {}
    for path in paths:
        found = track(tracker, kind, open_sequence(path))
        truth = read_tracks(path.with_name(TRUTH))
        scores[path.parent.name] = score_tracks(truth, found, _PROTOCOL, _FAMILIES)
    together = combine_scores([*scores.values()])["values"]
    return {
        "options": options,
        "together": {name: _percent(together, name) for name in _SHOWN},
        "HOTA": {name: _percent(each["values"], "HOTA") for name, each in scores.items()},
    }


def _percent(values: dict[str, float | None], name: str) -> float | None:
    value = values[name]
    return None if value is None else round(100 * value, 1)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("variant", help="a variant of config/trackers.yaml")
    parser.add_argument(
        "--options", type=json_value, nargs="+", default=[{}], help="sets of options, JSON"
    )
    parser.add_argument("--first", type=int, default=30, help="number of the first sequences")
    parser.add_argument("--count", type=int, default=2, help="sequences of each scenario")
    parser.add_argument("--workdir", type=Path, default=Path(".cache/bench/held_out"))
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    known = yaml.safe_load(_VARIANTS.read_text())["variants"]
    if args.variant not in known:
        parser.error(f"variant: expected one of {list(known)}, found {args.variant!r}")
    entry = known[args.variant]
    paths, found = sequences(args.workdir, args.first, args.count), []
    for options in args.options:
        found.append(score(entry["method"], entry["options"] | options, paths))
        print(options, found[-1]["together"], found[-1]["HOTA"], sep="\n", flush=True)
    if args.output:
        about = {"date": date.today().isoformat(), "variant": args.variant}
        write_json(args.output, about | {"found": found})


if __name__ == "__main__":
    sys.exit(run_main(main))
