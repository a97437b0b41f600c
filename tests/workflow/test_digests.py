from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from trackers.contract import load_method
from workflow import digests
from workflow.environment import read_pins

LOCK = (ROOT / "requirements.lock").read_text()


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Iterator[Path]:
    """A copy of the code behind the digests."""
    for stage in ("datasets", "trackers", "metrics"):
        shutil.copytree(ROOT / stage, tmp_path / stage)
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    monkeypatch.setattr(digests, "_ROOT", tmp_path)
    digests.clear_caches()
    yield tmp_path
    digests.clear_caches()


def digest(*modules):
    digests.clear_caches()
    return digests.code_digest(*modules)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edited", "changes"),
    [
        ("trackers/run.py", True),
        ("trackers/feed.py", True),  # imported by run
        ("datasets/masks/coco_rle.py", True),  # imported by feed
        ("datasets/__init__.py", False),  # imported too, but only a comment is added: see below
        ("trackers/timing/clock.py", False),
        ("trackers/methods/sort/tracker.py", False),
        ("metrics/score.py", False),
    ],
)
def test_a_digest_changes_with_imported_code_only(copy, edited, changes):
    before = digest("trackers.run")
    path = copy / edited
    path.write_text(path.read_text() + ("\nX = 1\n" if changes else "\n# a comment\n"))
    assert (digest("trackers.run") != before) is changes
    if edited.startswith(("trackers/clock", "trackers/methods", "metrics")):
        path.write_text(path.read_text() + "\nX = 1\n")
        assert digest("trackers.run") == before


@pytest.mark.slow
@pytest.mark.parametrize("edited", ["sam2/demo.yaml", "methods/sam2_prompted/method.yaml"])
def test_yaml_beside_a_module_counts_with_it(copy, edited):
    module = "trackers.methods.sam2_prompted.tracker"
    before, other = digest(module), digest("trackers.methods.sort.tracker")
    path = copy / "trackers" / edited
    path.write_text(path.read_text() + "\n")
    assert digest(module) != before
    assert digest("trackers.methods.sort.tracker") == other


@pytest.mark.slow
def test_the_code_of_a_nested_method_counts(copy):
    method = load_method("detected")
    assert method.nested_methods({"detector": "d", "tracker": "sort"}) == ["sort"]
    assert method.nested_methods({"detector": "d"}) == []
    before = digests.method_digest("trackers.run", "detected", "sort")
    alone = digests.method_digest("trackers.run", "detected")
    path = copy / "trackers" / "methods" / "sort" / "tracker.py"
    path.write_text(path.read_text() + "\nX = 1\n")
    digests.clear_caches()
    assert digests.method_digest("trackers.run", "detected", "sort") != before
    assert digests.method_digest("trackers.run", "detected") == alone


@pytest.mark.slow
def test_another_version_of_a_library_changes_the_digest(copy):
    before = digest("trackers.run")
    (copy / "requirements.lock").write_text("numpy==0")
    assert digest("trackers.run") != before


def test_a_module_that_does_not_exist_has_no_digest():
    with pytest.raises(ValueError, match=r"no such modules: \['trackers.rnu'\]"):
        digests.code_digest("trackers.rnu")


@pytest.mark.slow
def test_a_parent_package_counts(copy):
    before = digest("trackers.run")
    (copy / "datasets" / "__init__.py").write_text("X = 1\n")
    assert digest("trackers.run") != before


def test_one_module_of_opencv_is_installed():
    assert [name for name in read_pins(LOCK) if name.startswith("opencv")] == [
        "opencv-python-headless"
    ]
