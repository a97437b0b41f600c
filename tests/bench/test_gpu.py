"""`make bench-gpu`: how a run is recorded, whatever happens to it, and shown."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.gpu import __main__ as program
from bench.gpu import anonymous, processes, table
from bench.gpu.context import Context, Settings
from bench.gpu.plan import FIRST, SCALES, Step, steps
from bench.gpu.record import Record, faults, read_record
from bench.gpu.run import Limits, run_steps
from bench.gpu.steps import masks
from tests.support.paths import ROOT
from tests.support.waiting import wait_until

SUPPORT = "tests.support.gpu_steps"
KINDS = ("masks", "networks")


def step(name: str, function: str, budget_s: float = 600, **arguments: object) -> Step:
    return Step(name, f"what {name} does", f"{SUPPORT}:{function}", budget_s, arguments)


def run(path: Path, planned: list[Step], **limits) -> dict[str, dict]:
    """Return the steps in the JSON file of a run, by name."""
    settings = Settings("cpu", "smoke", str(path.parent))
    run_steps(Record(path, {}, planned), settings, planned, Limits(**{"budget_s": 3600, **limits}))
    return {each["name"]: each for each in read_record(path)["steps"]}


@pytest.mark.slow
def test_a_step_that_fails_crashes_or_hangs_is_recorded_and_the_next_one_runs(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(processes, "_GRACE", 0.1)
    planned = [
        step(FIRST, "succeed", value=3),
        step("failing", "fail"),
        step("lacking", "lack"),
        step("needing", "need"),
        step("crashing", "crash"),
        step("hanging", "hang", budget_s=1),
        step("last", "succeed"),
    ]
    found = run(tmp_path / "run.json", planned)
    assert {name: each["ended"] for name, each in found.items()} == {
        FIRST: "done",
        "failing": "failed",
        "lacking": "absent",
        "needing": "absent",
        "crashing": "crashed",
        "hanging": "cut",
        "last": "done",
    }
    assert found[FIRST]["facts"] == {"value": 3}
    assert found["failing"]["rows"][0]["iou"] == "nan"
    assert ".../secret.pt: expected a checkpoint" in found["failing"]["reason"]
    assert "No module named 'a_library'" in found["needing"]["reason"]
    assert found["crashing"]["reason"] == "SIGSEGV: the last words"
    assert found["hanging"]["reason"] == "stopped after 1 s"
    first, failing, last = (found[n]["rows"][0]["pid"] for n in (FIRST, "failing", "last"))
    assert first == failing != last
    assert faults(read_record(tmp_path / "run.json")) == ["failing", "crashing"]


def test_a_run_ends_where_its_first_step_does_not_succeed(tmp_path):
    planned = [step(FIRST, "succeed"), step("next", "succeed")]
    found = run(tmp_path / "run.json", planned, budget_s=0)
    assert found[FIRST]["reason"] == "the 0 s are used up"
    assert found["next"]["ended"] == "not reached"
    assert read_record(tmp_path / "run.json")["ended"] == f"without results: {FIRST} skipped"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "ended"), [(signal.SIGKILL, "running"), (signal.SIGTERM, "terminated")]
)
def test_a_run_that_is_killed_leaves_what_it_had(number, ended, tmp_path):
    path = tmp_path / "run.json"
    process = subprocess.Popen(
        [sys.executable, "-m", SUPPORT, str(path)], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    worker = wait_for_row(path, "hanging", process)
    process.send_signal(number)
    assert process.wait() != 0
    record = read_record(path)
    first, hanging = record["steps"]
    assert record["ended"] == ended
    assert first["facts"] == {"value": 5}
    assert hanging["ended"] == "running"
    wait_until(lambda: is_gone(worker))


def wait_for_row(path: Path, name: str, running: subprocess.Popen[Any]) -> int:
    """Return the process id in the first row of a step, once it has one."""

    def rows() -> list[dict[str, Any]]:
        steps = json.loads(path.read_text())["steps"] if path.exists() else []
        return [row for each in steps if each["name"] == name for row in each.get("rows", [])]

    wait_until(lambda: bool(rows()), running)
    pid: int = rows()[0]["pid"]
    return pid


def is_gone(pid: int) -> bool:
    """Return whether a process has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_nothing_private_is_left_in_a_text(monkeypatch):
    monkeypatch.setattr(anonymous.socket, "gethostname", lambda: "gpu7.example.org")
    monkeypatch.setattr(anonymous.getpass, "getuser", lambda: "jane")
    texts = {
        "/home/jane/a b.pt, /data/x/y.pt": ".../a b.pt, .../y.pt",
        "~/models/tiny.pt: no such file": ".../tiny.pt: no such file",
        "on gpu7.example.org, gpu7 and gpu70 by jane": "on <name>, <name> and gpu70 by <name>",
        "3 frames/s at 1/2 in trackers/run.py:7": "3 frames/s at 1/2 in trackers/run.py:7",
    }
    assert anonymous.anonymous(list(texts)) == [*texts.values()]
    assert anonymous.anonymous({"a": [{"b": "/tmp/x/c"}], "n": 1}) == {
        "a": [{"b": ".../c"}],
        "n": 1,
    }


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("size", SCALES)
def test_every_step_names_a_function_that_takes_its_arguments(device, size):
    planned = steps(device, SCALES[size])
    assert planned[0].name == FIRST
    assert len({each.name for each in planned}) == len(planned)
    for each in planned:
        module, name = each.function.split(":")
        tree = ast.parse((ROOT / module.replace(".", "/")).with_suffix(".py").read_text())
        (function,) = (x for x in tree.body if isinstance(x, ast.FunctionDef) and x.name == name)
        names, defaults = [x.arg for x in function.args.args][1:], len(function.args.defaults)
        assert {*names[: len(names) - defaults]} <= {*each.arguments} <= {*names}, each.name


SMOKE = (
    *("masks: demo fp32 eager", "official masks: demo", "objects: demo ours"),
    *("objects: demo official", "objects: demo vos_optimized", "method: demo"),
    *("re-identification", "ONNX Runtime", "TensorRT"),
)


@pytest.mark.slow
def test_the_whole_script_runs_on_a_cpu(tmp_path, monkeypatch, capfd):
    path, before = tmp_path / "run.json", signal.getsignal(signal.SIGTERM)
    arguments = ["--device", "cpu", "--size", "smoke", "--output", str(path), "--steps", *SMOKE]
    monkeypatch.setattr(sys, "argv", ["bench.gpu", *arguments])
    try:
        assert program.main() == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    record = read_record(path)
    found = {each["name"]: each for each in record["steps"]}
    absent = {"objects: demo vos_optimized", "ONNX Runtime", "TensorRT"}
    assert record["ended"] == "finished"
    for name in (FIRST, *SMOKE):
        assert found[name]["ended"] == ("absent" if name in absent else "done"), found[name]
    assert found["masks: demo fp32 eager"]["facts"]["min_iou"] == 1
    assert found["official masks: demo"]["facts"]["objects_with_mask"] > 0
    ours, official, method = (found[name]["rows"][0] for name in (*SMOKE[2:4], "method: demo"))
    assert ours["frames"]["count"] == official["frames"]["count"] == 1
    stages = {"decode", "upload", "encode", "track", "memorize", "masks"}
    assert stages <= {*ours["stages_ms"]}
    assert stages | {"pack"} <= {*method["stages_ms"]}
    shown = capfd.readouterr().out
    assert f"{1e3 / ours['frames']['median_ms']:.1f} fps" in shown
    private = [str(ROOT), str(tmp_path), sys.prefix, *anonymous.private_names()]
    assert not [each for each in private if each in path.read_text()]


def logits_of(pixel: float) -> dict:
    return {0: {1: np.array([[-9.0, 10.0, pixel]])}}


@pytest.mark.parametrize(
    ("pixel", "precision", "agrees"),
    [
        (-5, "fp32", True),
        (0.019, "fp32", True),  # half of the mask, but its logit is near 0 beside 10
        (0.03, "fp32", False),
        (-5, "bf16", True),
        (0.019, "bf16", False),
    ],
)
def test_masks_agree_up_to_undecided_pixels_in_float32_and_on_average_otherwise(
    pixel, precision, agrees
):
    facts: dict = {}
    context = Context(Settings("cpu", "smoke", ""), 0, facts.update)
    masks.report_masks(context, logits_of(-0.01), logits_of(pixel), precision)
    assert facts["facts"]["agrees"] is agrees


def test_a_name_that_is_taken_gets_a_number(tmp_path):
    first = program.free_path(tmp_path, "gpu")
    first.touch()
    second = program.free_path(tmp_path, "gpu")
    second.touch()
    assert second.stem == f"{first.stem}-2"
    assert program.free_path(tmp_path, "gpu").stem == f"{first.stem}-3"


def record_of(tmp_path: Path) -> dict:
    """Return a record with a correct result, times of two tools, and a step without result."""
    names = ["masks", "objects: tiny ours", "objects: tiny official", "TensorRT"]
    path = tmp_path / "h200.json"
    head = {"date": "2026-12-02", "commit": "abc", "device": "cuda", "size": "full"}
    record = Record(path, head, [step(name, "succeed") for name in [FIRST, *names]])
    record.add(FIRST, {"facts": {"gpu": {"name": "NVIDIA H200"}, "machine": {"driver": "580"}}})
    record.add(FIRST, {"ended": "done"})
    record.add(
        "masks", {"facts": {"min_iou": 0.98765, "mean_iou": 0.995, "limit": 0.9, "agrees": True}}
    )
    for tool, ms in (("ours", 20.0), ("official", 50.0)):
        name = f"objects: tiny {tool}"
        row = {"objects": 16, "frames": {"median_ms": ms}, "peak_mib": {"allocated": 2048.0}}
        row |= {"stages_ms": {"decode": 4.0, "track": 7.0, "prompt": 1.0, "rest": 2.0}}
        record.add(name, {"facts": {"model": "tiny", "tool": tool}})
        record.add(name, {"row": row})
        record.add(name, {"row": {"objects": 32, "out_of_memory": "CUDA out of memory."}})
        record.add(name, {"ended": "done"})
    record.add("TensorRT", {"ended": "absent", "reason": "not installed"})
    record.end("finished")
    return read_record(path)


def test_a_run_becomes_tables(tmp_path):
    lines = table.sections([record_of(tmp_path)])["runs"].splitlines()
    assert lines[0] == "### NVIDIA H200, 2026-12-02"
    assert "| what masks does | agrees, lowest mask IoU 0.9877, mean 0.995 | 0.9 |" in lines
    assert "| tiny | 16 | 50.0 fps | 20.0 fps |  | 2.50 | 2048 MiB |" in lines
    assert "| tiny | 16 | 4.0 | 0.0 | 0.0 | 8.0 | 0.0 | 0.0 | 2.0 |" in lines
    assert "| TensorRT | absent: not installed |" in lines


def test_a_run_of_another_size_or_without_a_gpu_is_not_in_the_document(tmp_path):
    record = record_of(tmp_path)
    toy, useless = record | {"size": "toy"}, record | {"steps": [{"ended": "failed"}]}
    assert table.sections([toy, useless]) == {"runs": table.NO_RUN, "precisions": table.NO_RECORD}


def test_a_run_on_a_cpu_shows_what_each_precision_costs(tmp_path):
    names = [f"{kind}: demo {each}" for each in ("fp32 eager", "bf16 eager") for kind in KINDS]
    record = Record(
        tmp_path / "cpu.json",
        {"date": "2026-12-02", "device": "cpu", "size": "toy"},
        [step(name, "succeed") for name in (FIRST, *names)],
    )
    record.add(FIRST, {"facts": {"machine": {"processor": "a CPU"}}, "ended": "done"})
    exact = {"frames": 8, "objects": 4, "min_iou": 1.0, "mean_iou": 1.0}
    record.add(names[0], {"facts": exact})
    record.add(names[2], {"facts": exact | {"min_iou": 0.91, "mean_iou": 0.975}})
    for iou, error in ((0.96, 0.002), (0.98, 0.003)):
        record.add(names[3], {"row": {"mask_iou": iou, "differences": {"iou": error}}})
    lines = table.sections([record.content])["precisions"].splitlines()
    assert lines[2:] == [
        "| fp32 eager | 1.0000 | 1.0000 | failed | failed |",
        "| bf16 eager | 0.9100 | 0.9750 | 0.9600 | 0.0030 |",
        "",
        "(8 frames with 4 objects; a CPU, 2026-12-02.)",
    ]


def test_the_document_holds_the_tables_of_the_runs_that_are_kept():
    paths = sorted(program.RESULTS.glob("*.json"))
    text = (ROOT / "docs" / "gpu.md").read_text()
    records = [read_record(path) for path in paths]
    assert table.replace_sections(text, table.sections(records)) == text


def test_a_document_without_markers_is_refused():
    with pytest.raises(ValueError, match=r"expected the lines <!-- begin: runs -->"):
        table.replace_sections("# A title", {"runs": "text"})


def test_a_file_that_is_no_record_is_refused(tmp_path):
    path = tmp_path / "other.json"
    path.write_text('{"schema": 7}')
    with pytest.raises(ValueError, match=r"other\.json: schema: expected 1, found 7"):
        read_record(path)
