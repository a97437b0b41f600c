"""Targets made on demand: annotated videos, tables, Snakemake's own report."""

from __future__ import annotations

import av
import numpy as np
import pytest

from datasets.io.files import read_json
from datasets.media.frames import write_image
from tests.support.workflow.workdir import TARGET, Workdir

pytestmark = pytest.mark.slow
VIDEOS = "reports/media/synthetic/crossing"


@pytest.fixture(scope="module")
def workdir(small_run, tmp_path_factory) -> Workdir:
    """A working directory in which the small run has finished, without its page."""
    workdir = small_run.copy(tmp_path_factory.mktemp("extras") / "workdir")
    (workdir.path / TARGET).unlink()
    return workdir


def make(workdir, *targets, more=()):
    command = [each for each in workdir.command(*more, "--") if each != TARGET]
    done = workdir.run(*command[1:], *targets)
    assert done.returncode == 0, done.stderr
    return done


def size_and_frames(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        return stream.width, sum(1 for _ in container.decode(stream))


def test_videos_of_one_variant_and_of_all_with_the_ground_truth_are_made_on_demand(workdir):
    make(workdir, f"{VIDEOS}/sort.mp4", f"{VIDEOS}/side_by_side.mp4")
    assert size_and_frames(workdir.path / VIDEOS / "sort.mp4") == (384, 100)
    assert size_and_frames(workdir.path / VIDEOS / "side_by_side.mp4") == (3 * 384, 100)
    assert not (workdir.path / TARGET).exists()


def test_tables_are_written_and_the_page_is_in_snakemakes_report(workdir):
    make(workdir, TARGET, "reports/tables")
    names = {path.name for path in (workdir.path / "reports/tables").glob("[!.]*")}
    assert names == {f"synthetic_mot15.{suffix}" for suffix in ("csv", "tex", "md")}
    make(workdir, TARGET, more=("--report", "report.html"))
    text = (workdir.path / "report.html").read_text()
    assert '"Comparison"' in text
    assert "data:text/html" in text


def test_streaming_is_scored_and_drawn_for_every_frame_rate(workdir, look):
    workdir.write(
        "config/late.yaml",
        "run: [{dataset: synthetic, variants: [sort], clock: [crossing]}]\n"
        "clock: {scenarios: [single_stream, offline, streaming], rates: [0.01, 1000000]}\n",
    )
    make(workdir, TARGET, more=("--configfile", "config/small.yaml", "config/late.yaml"))
    totals = {
        rate: read_json(workdir.path / f"results/sort{rate}/synthetic/mot15/combined.json")[
            "values"
        ]
        for rate in ("", "@0.01fps", "@1000000fps")
    }
    assert totals["@0.01fps"] == totals[""]  # SORT has 100 s per frame
    assert totals["@1000000fps"]["HOTA"] < totals[""]["HOTA"]
    found = look(workdir.path / TARGET)
    assert found.page.locator("#streaming svg, #streaming canvas").is_visible()
    values = found.page.evaluate(
        "bench.data.runs[0].late.sort.map(each => [each.rate, each.values.HOTA])"
    )
    assert values == [[0.01, totals[""]["HOTA"]], [1000000, totals["@1000000fps"]["HOTA"]]]
    assert found.page.evaluate("bench.data.runs[0].speed.sort.values.offline_fps") > 0
    assert found.console_messages == []


def test_streaming_without_frame_rates_is_refused(workdir):
    workdir.write("config/none.yaml", "clock: {scenarios: [single_stream, streaming]}\n")
    done = workdir.snakemake("--configfile", "config/small.yaml", "config/none.yaml")
    assert done.returncode == 1
    assert "clock.rates: missing" in done.stdout + done.stderr


FORGETFUL = '''
import numpy as np

from trackers.contract import TrackerOutput


def build(*, seed: int = 5):
    return Forgetful(seed)


class Forgetful:
    """Drops a third of the detections, chosen by the seed."""

    def __init__(self, seed):
        self._seed = seed

    def start(self, sequence):
        self._draw = np.random.default_rng(self._seed)

    def step(self, frame):
        found = frame.detections.take(self._draw.random(len(frame.detections.box)) < 0.67)
        return TrackerOutput(np.arange(len(found.box)), found.box, found.score, found.class_id)
'''


def test_repeated_runs_have_different_seeds_and_all_count(workdir, look):
    place = "trackers/methods/forgetful"
    workdir.write(f"{place}/tracker.py", FORGETFUL)
    workdir.write(f"{place}/__init__.py", "")
    workdir.write(
        f"{place}/method.yaml", "title: Forgetful\nsource: this test\ninputs: [detections]\n"
    )
    run = "{dataset: synthetic, variants: [forgetful, sort], runs: 3}"
    workdir.write(
        "config/runs.yaml", f"run: [{run}]\nvariants: {{forgetful: {{method: forgetful}}}}\n"
    )
    make(workdir, TARGET, more=("--configfile", "config/small.yaml", "config/runs.yaml"))
    seeds = [
        read_json(workdir.path / f"results/forgetful{run}/synthetic/crossing/run.json")["options"]
        for run in ("", "@run2", "@run3")
    ]
    assert seeds == [{}, {"seed": 6}, {"seed": 7}]
    found = read_json(workdir.path / "results/comparisons/synthetic/mot15.json")
    assert found["runs"] == {"forgetful": 3, "sort": 1}


NAME = "-1q7kZ4 it's [1]"  # a possible name of a YouTube video in a user's folder
OWN = f"""
run: [{{dataset: own, variants: [sort]}}]
variants: {{sort: {{title: --SORT}}}}
datasets:
  own:
    {{title: Own, reader: mot_folder, root: own, licence: own, protocol: plain,
      options: {{split: .}}, sequences: ["{NAME}"]}}
"""


def test_a_name_with_a_leading_dash_spaces_and_quotes_passes_every_rule(workdir):
    folder = f"own/{NAME}"
    info = "frameRate=10\nseqLength=2\nimWidth=64\nimHeight=48\nimExt=.jpg\nimDir=img1\n"
    workdir.write(f"{folder}/seqinfo.ini", f"[Sequence]\nname=x\n{info}")
    workdir.write(f"{folder}/gt/gt.txt", "1,1,3,5,10,20,1,1,1\n2,1,4,5,10,20,1,1,1\n")
    workdir.write(f"{folder}/det/det.txt", "1,-1,3,5,10,20,0.9\n2,-1,4,5,10,20,0.9\n")
    for frame in ("000001.jpg", "000002.jpg"):
        write_image(workdir.path / folder / "img1" / frame, np.zeros((48, 64, 3), np.uint8))
    workdir.write("config/own.yaml", OWN)
    targets = [
        "results/comparisons/own/plain.json", "results/sort/own/plain/crosscheck.json",
        "reports/media/own/tracks/sort",
        f"reports/media/own/{NAME}/side_by_side.mp4",
    ]  # fmt: skip
    make(workdir, *targets, more=("--configfile", "config/small.yaml", "config/own.yaml"))
    assert all((workdir.path / each).exists() for each in targets)
    inputs = read_json(workdir.path / targets[1])["crosscheck_inputs"]
    used = [each for each in inputs if each["reference"] == "trackeval"]
    assert [(each["truth_given"], each["results_given"]) for each in used] == [(True, False)]
