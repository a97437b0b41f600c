"""Tables of runs, for docs/gpu.md and for the terminal.

    python -m bench.gpu.table --document docs/gpu.md bench/gpu/results/*.json

replaces two sections of a document, each between its markers: `runs`, the tables of all runs on
GPUs, and `precisions`, what each precision costs in accuracy on a CPU.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.gpu.record import NOT_SELECTED, read_record
from datasets.io.files import replacing
from datasets.io.program import run_main

NO_RUN = "No run on a real GPU has been reported yet."
NO_RECORD = "There is no record of a run on a CPU."
_STAGES = {  # stages of the tables, and those of the product that they sum
    "decode": ("decode",),
    "upload": ("upload",),
    "encode": ("encode",),
    "track": ("track", "prompt"),
    "memorize": ("memorize",),
    "report": ("masks", "pack"),
}
_TOOLS = {"ours": "this repository", "official": "official", "vos_optimized": "`vos_optimized`"}
Row = Sequence[str]
Record = Mapping[str, Any]


def sections(records: Sequence[Record]) -> dict[str, str]:
    """Return the sections of a document by name, as Markdown.

    Runs on GPUs that are not `full` are left out, and those without a GPU that can be used; of runs
    on a CPU the last one is shown.
    """
    useful = [each for each in records if each["steps"][0]["ended"] == "done"]
    on_gpu = [each for each in useful if each["size"] == "full" and each["device"] != "cpu"]
    on_cpu = [each for each in useful if each["device"] == "cpu"]
    return {
        "runs": "\n\n".join(_section(each) for each in on_gpu) or NO_RUN,
        "precisions": _precisions(on_cpu[-1]) if on_cpu else NO_RECORD,
    }


def _precisions(record: Record) -> str:
    """Return the table of what each precision costs, from steps against float32."""
    found: dict[str, dict[str, Record]] = {}
    for step in record["steps"]:
        kind, _, name = step["name"].partition(": demo ")
        if name and kind in ("masks", "networks"):
            found.setdefault(name, {})[kind] = step
    rows = [_precision(name, kinds) for name, kinds in found.items()]
    of_session = [f"masks of a session: {each} IoU" for each in ("lowest", "mean")]
    of_network = "masks of one network: lowest IoU", "largest error of a predicted IoU"
    head = ("PyTorch", *of_session, *of_network)
    facts = found["fp32 eager"]["masks"]["facts"]
    of_what = f"{facts['frames']} frames with {facts['objects']} objects"
    processor = record["steps"][0]["facts"]["machine"]["processor"]
    return f"{_table(head, rows)}\n\n({of_what}; {processor}, {record['date']}.)"


def _precision(name: str, kinds: Mapping[str, Record]) -> Row:
    masks = kinds["masks"].get("facts", {})
    calls = kinds["networks"].get("rows", ())
    lowest = min((each["mask_iou"] for each in calls if "mask_iou" in each), default=None)
    errors = (each["differences"]["iou"] for each in calls if "iou" in each.get("differences", {}))
    values = (masks.get("min_iou"), masks.get("mean_iou"), lowest, max(errors, default=None))
    return name, *("failed" if each is None else f"{each:.4f}" for each in values)


def summary(record: Record) -> str:
    """Return the tables of a run for the terminal, as Markdown."""
    return _section(record)


def _section(record: Record) -> str:
    tables = [
        _table(("correctness", "result", "limit"), _correctness(record)),
        _table(("model", "objects", *_TOOLS.values(), "ratio", "peak memory"), _speed(record)),
        _table(("milliseconds per frame", "objects", *_STAGES, "rest"), _stages(record)),
        _table(("masktracker, end to end", "objects", "fps", *_STAGES, "rest"), _method(record)),
        _table(("step without result", "reason"), _missing(record)),
    ]
    return "\n\n".join([_heading(record), *(each for each in tables if each)])


def _heading(record: Record) -> str:
    facts: Mapping[str, Any] = next((step.get("facts", {}) for step in record["steps"]), {})
    machine, gpu = facts.get("machine", {}), facts.get("gpu", {})
    late = sum(step["ended"] == "not reached" for step in record["steps"])
    parts = [
        f"driver {machine['driver']}" if "driver" in machine else "",
        f"PyTorch {facts['torch']['version']}" if "torch" in facts else "",
        f"commit {record['commit']}",
        f"size {record['size']}" if record["size"] != "full" else "",
        f"run {record['ended']}",
        f"{late} steps not reached" if late else "",
    ]
    name = gpu.get("name") or machine.get("processor", record["device"])
    return f"### {name}, {record['date']}\n\n{', '.join(filter(None, parts))}"


def _correctness(record: Record) -> Iterable[Row]:
    """Yield a row for each step that compares results."""
    for step in record["steps"]:
        facts = step.get("facts", {})
        if "agrees" not in facts:
            continue
        ious = [row["mask_iou"] for row in step.get("rows", ()) if "mask_iou" in row]
        worst = facts.get("min_iou", min(ious, default=None))
        measured = {
            "lowest mask IoU": facts.get("min_mask_iou", worst),
            "mean": facts.get("mean_iou"),
            "largest difference of boxes in pixels": facts.get("largest_box_difference_px"),
            "largest difference of vectors": facts.get("largest_difference"),
        }
        texts = [f"{name} {value:.4g}" for name, value in measured.items() if value is not None]
        verdict = "agrees" if facts["agrees"] else "**does not agree**"
        yield step["what"], ", ".join([verdict, *texts]), str(facts.get("limit", ""))


def _speed(record: Record) -> Iterable[Row]:
    """Yield frames per second of each tool, by model and number of objects."""
    found: dict[tuple[str, int], dict[str, Mapping[str, Any]]] = {}
    for step in record["steps"]:
        facts = step.get("facts", {})
        for row in _timed_rows(step) if "tool" in facts else ():
            found.setdefault((facts["model"], row["objects"]), {})[facts["tool"]] = row
    for (model, objects), tools in found.items():
        fps = {tool: 1e3 / row["frames"]["median_ms"] for tool, row in tools.items()}
        both = {"ours", "official"} <= fps.keys()
        ratio = f"{fps['ours'] / fps['official']:.2f}" if both else ""
        peak = (tools.get("ours", {}).get("peak_mib") or {}).get("allocated")
        speeds = [f"{fps[tool]:.1f} fps" if tool in fps else "" for tool in _TOOLS]
        yield model, str(objects), *speeds, ratio, f"{peak:.0f} MiB" if peak else ""


def _stages(record: Record) -> Iterable[Row]:
    for step in record["steps"]:
        facts = step.get("facts", {})
        for row in step.get("rows", ()) if facts.get("tool") == "ours" else ():
            if "stages_ms" in row:
                yield facts["model"], str(row["objects"]), *_by_stage(row["stages_ms"])


def _method(record: Record) -> Iterable[Row]:
    for step in record["steps"]:
        facts = step.get("facts", {})
        for row in _timed_rows(step) if "method" in facts else ():
            stages = _by_stage(row["stages_ms"])
            yield facts["model"], str(row["objects"]), f"{row['fps']:.1f}", *stages


def _timed_rows(step: Record) -> Iterable[Mapping[str, Any]]:
    """Yield the rows of a step for which the memory of the device was large enough."""
    return (row for row in step.get("rows", ()) if "frames" in row)


def _by_stage(spent: Mapping[str, float]) -> Iterable[str]:
    """Yield the milliseconds of each stage of the tables, and of all others."""
    named = [name for names in _STAGES.values() for name in names]
    for names in _STAGES.values():
        yield f"{sum(spent.get(name, 0.0) for name in names):.1f}"
    yield f"{sum(ms for name, ms in spent.items() if name not in named):.1f}"


def _missing(record: Record) -> Iterable[Row]:
    for step in record["steps"]:
        if step["ended"] in ("done", "not reached") or step.get("reason") == NOT_SELECTED:
            continue
        reason = step.get("reason", "").replace("|", "/")
        yield step["name"], f"{step['ended']}: {reason}" if reason else step["ended"]


def _table(head: Row, rows: Iterable[Row]) -> str:
    """Return a Markdown table; nothing without rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines])


def replace_sections(text: str, new: Mapping[str, str]) -> str:
    """Return a document with the text between the markers of each section replaced.

    Raises:
        ValueError: A section has not both markers, in order.
    """
    for name, section in new.items():
        first, last = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
        before, begin, rest = text.partition(first)
        _, end, after = rest.partition(last)
        if not begin or not end:
            raise ValueError(f"expected the lines {first} and {last}, found not both")
        text = f"{before}{first}\n\n{section}\n\n{last}{after}"
    return text


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", type=Path, nargs="*", help="JSON files of runs")
    parser.add_argument("--document", type=Path, help="Markdown file with markers; else printed")
    args = parser.parse_args()
    records = [read_record(path) for path in args.records]
    if args.document is None:
        print("\n\n".join(summary(each) for each in records) or NO_RUN)
        return
    try:
        text = replace_sections(args.document.read_text(), sections(records))
    except ValueError as error:
        raise ValueError(f"{args.document}: {error}") from error
    with replacing(args.document) as part:
        part.write_text(text)


if __name__ == "__main__":
    sys.exit(run_main(main))
