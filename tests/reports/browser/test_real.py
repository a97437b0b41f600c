"""The page of real results: a default run in this folder, and MOT17."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from datasets.io.files import read_json
from datasets.layout import load_layout
from tests.support.page.browsing import grave_findings
from tests.support.page.page_workdir import (
    Wanted,
    render_workdir,
    variant_entry,
    write_results,
)
from tests.support.page.verdict import values
from tests.support.paths import ROOT

MOT17 = Wanted(
    "mot17",
    "mot17",
    ("hota", "clear", "identity", "count", "slices"),
    {"lif_t": "Lif_T", "half": "Half of it"},
    sequences=("MOT17-09-FRCNN", "MOT17-13-FRCNN"),
    title="MOT17",
    boxes=True,
)


@pytest.fixture(scope="module")
def mot17(shared, tmp_path_factory):
    """The page of two MOT17 sequences: a tracker's results, and every other row of them."""
    folder, read = shared / "mot17", load_layout("mot16").read_pair
    pairs = {
        name: read(folder / "train", folder / "results" / "lif_t", name) for name in MOT17.sequences
    }
    outputs = {("lif_t", name): output for name, (_, output) in pairs.items()}
    for name, (_, output) in pairs.items():
        outputs["half", name] = output.take(np.arange(0, len(output), 2))
    workdir = tmp_path_factory.mktemp("mot17")
    truths = {name: truth for name, (truth, _) in pairs.items()}
    return render_workdir(workdir, [write_results(workdir, MOT17, truths, outputs)])


@pytest.fixture(scope="module")
def default(tmp_path_factory):
    """The page of the default run in this folder."""
    config = {}
    for name in ("datasets", "trackers", "config"):
        config |= yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    runs = [entry_of(config, each) for each in config["run"]]
    if not any(variant["origin"] for run in runs for variant in run["variants"]):
        pytest.skip("no results of a default run: run make report")
    workdir = tmp_path_factory.mktemp("default")
    for name in ("data", "results", "logs"):
        (workdir / name).symlink_to(ROOT / name)
    page = render_workdir(workdir, runs)
    if "This run did not finish" in page.read_text():
        pytest.skip("the default run has not finished: run make report")
    return page


def entry_of(config, entry):
    """Return the plan's entry of an entry of the config; results of any origin are accepted."""
    about = config["datasets"][entry["dataset"]]
    protocol = entry.get("protocol", about["protocol"])
    entries = []
    for name in entry["variants"]:
        place = ROOT / "results" / name / entry["dataset"] / about["sequences"][0] / protocol
        there = (place / "score.json").is_file()
        origin = read_json(place / "score.json")["origin"] if there else ""
        title = config["variants"][name].get("title", name)
        entries.append(variant_entry(name, title, origin=origin, timed="clock" in entry))
    return {
        **{key: about[key] for key in ("title", "licence", "sequences")},
        "dataset": entry["dataset"], "protocol": protocol, "clock": entry.get("clock", []),
        "variants": entries,
    }  # fmt: skip


@pytest.fixture(params=["mot17", "default"])
def real(request):
    return request.getfixturevalue(request.param)


def test_the_page_shows_the_totals_of_python_without_console_messages(look, real):
    found = look(real)
    for run in found.page.evaluate("bench.data.runs"):
        found.page.evaluate("run => bench.state.set({run})", run["id"])
        shown = values(found.page)
        assert any(run["totals"].values())
        for variant in run["variants"]:
            total, row = run["totals"][variant["name"]] or {}, shown[variant["title"]]
            scored = {name: value for name, value in row.items() if name in total}
            assert scored == pytest.approx({name: total[name] for name in scored}, abs=1e-9)
        assert not found.page.locator("#gallery-check.banner").count()
    assert found.console_messages == []
    assert [each for each in found.requests if not each.startswith((real.as_uri(), "data:"))] == []


def test_axe_finds_nothing_serious(look, real):
    assert grave_findings(look(real).page) == []


@pytest.mark.slow
def test_the_page_is_below_five_megabytes(real):
    assert real.stat().st_size < 5e6
