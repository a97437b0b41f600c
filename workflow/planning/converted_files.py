"""The files that ground truth and tracks were converted from, which other tools can read.

The cross-check hands them to the reference tools, so that it sees faults of our reading.
"""

from __future__ import annotations

from pathlib import Path

from metrics.crosscheck.given_files import KINDS
from metrics.family import load_protocol
from trackers.contract import fill_path
from workflow.planning.inputs import Inputs
from workflow.planning.plan import Plan

# by reader and by result format: kind of the files, see KINDS
_READERS = {
    **dict.fromkeys(("mot17", "mot_folder", "tud"), "mot"),
    "kitti_mots": "kitti_mots",
    "davis": "davis",
}
_FORMATS = {
    **dict.fromkeys(("mot", "mot15"), "mot"),
    "kitti": "kitti",
    "mots": "kitti_mots",
    "mots_challenge": "mots",
    "davis": "davis",
}
_TRUTH = "gt.txt"


def converted_truth(plan: Plan, dataset: str, protocol: str) -> list[Path]:
    """Return the ground truth file of each sequence; none if no reference reads them."""
    entry = plan.datasets[dataset]
    if _READERS.get(entry.entry["reader"]) != _kind(protocol):
        return []
    return [_truth_file(entry.label_files(name)) for name in entry.sequences]


def converted_results(plan: Plan, variant: str, dataset: str, protocol: str) -> list[Path]:
    """Return the result file of each sequence; none if no reference reads them."""
    found, data = plan.variant(variant), plan.datasets[dataset]
    imported = found.method_name == "imported"
    if "@" in variant or not (imported or found.has_result_file):  # late frames change its tracks
        return []
    form = found.options["format"] if imported else found.result_format
    if _FORMATS.get(form) != _kind(protocol):
        return []
    if imported:
        return [fill_path(found.options["results"], data.root, name) for name in data.sequences]
    inputs = Inputs(plan)
    return [Path(inputs.result_file(variant, dataset, name)) for name in data.sequences]


def _kind(protocol: str) -> str:
    return KINDS.get(load_protocol(protocol).layout, "")


def _truth_file(files: list[Path]) -> Path:
    """Return the file of the ground truth, or the folder of a file for each frame."""
    named = [path for path in files if path.name == _TRUTH] or files
    return named[0] if named[0].suffix == ".txt" else named[0].parent
