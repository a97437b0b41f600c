"""Identity timelines agree with the events and with the scores."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets.formats.mot_text import read_tracks
from datasets.sequences.mot_folder import find_sequence, read_prepared
from metrics.events import COUNTED_AS, events_of, list_events, write_events
from metrics.families import clear
from metrics.score import make_pairings
from reports.gallery.timelines import LOST, Timelines, count_events, read_timelines, to_json
from tests.support.metrics.hand import pairing
from tests.support.paths import ROOT

A, B = 0.0, 50.0  # far apart


def timelines(folder, **events) -> dict[str, Timelines]:
    path = folder / "events.parquet"
    write_events(path, {("s", name): list_events(each) for name, each in events.items()})
    return read_timelines(path)


def counted(found) -> dict[str, float]:
    """Return the counts of CLEAR of a pairing, by the name of the event."""
    values = clear.summarize(clear.evaluate(found))
    return {event: values[name] for event, name in COUNTED_AS.items() if event != "match"}


def test_an_object_has_a_segment_per_matching_track_and_a_track_one_per_false_alarm(
    tmp_path,
):
    truth = [(frame, 7, A) for frame in range(6)]
    prediction = [(0, 1, A), (1, 1, A), (3, 1, A), (4, 2, A), (5, 2, A), (2, 9, B), (3, 9, B)]
    found = timelines(tmp_path, person=pairing(truth, prediction))["person"]
    assert found.objects == ((7, 0, 2, 1, 2, 1, LOST, 3, 1, 1, 4, 2, 2),)
    assert found.tracks == ((9, 2, 2),)
    assert found.fragmentations == ((7, 3),)
    assert count_events(found) == {"miss": 1, "false_alarm": 2, "switch": 1, "fragmentation": 1}


def test_a_frame_without_predictions_ends_a_segment_and_is_no_fragmentation(tmp_path):
    found = pairing([(0, 7, A), (1, 7, A), (2, 7, A)], [(0, 1, A), (2, 1, A)])
    line = timelines(tmp_path, person=found)["person"]
    assert line.objects == ((7, 0, 1, 1, 1, 1, LOST, 2, 1, 1),)
    assert count_events(line)["fragmentation"] == counted(found)["fragmentation"] == 0


def test_nothing_to_match_gives_no_timelines(tmp_path):
    assert timelines(tmp_path, person=pairing([], [], frame_count=3)) == {}


def test_each_class_has_its_own_timelines(tmp_path):
    one, other = pairing([(0, 7, A)], []), pairing([], [(0, 3, A)])
    found = timelines(tmp_path, cat=one, dog=other)
    assert to_json(found) == {
        "cat": {"objects": ((7, 0, 1, LOST),), "tracks": (), "fragmentations": ()},
        "dog": {"objects": (), "tracks": ((3, 0, 1),), "fragmentations": ()},
    }


@pytest.mark.slow
def test_timelines_count_what_clear_counts_on_random_tracks(tmp_path):
    rng = np.random.default_rng(3)
    for _ in range(60):
        truth, prediction = (
            [
                (frame, track, float(rng.integers(0, 60)))
                for frame in range(12)
                for track in range(4)
                if rng.random() < 0.7 and frame != 5
            ]
            for _ in range(2)
        )
        found = pairing(truth, prediction, frame_count=12)
        assert count_events(timelines(tmp_path, person=found)["person"]) == counted(found)


@pytest.mark.parametrize("number", ["05", "09"])
def test_timelines_of_mot17_count_what_clear_counts(shared, tmp_path, number):
    root, name = shared / "mot17", f"MOT17-{number}-FRCNN"
    prepared = read_prepared("mot17", root, find_sequence(root / "train", name))
    assert prepared.truth is not None
    tracks = read_tracks(root / "results" / "lif_t" / f"{name}.txt", prepared.truth.extent)
    pairings = make_pairings(prepared.truth, tracks, "mot17")
    path = tmp_path / "events.parquet"
    write_events(path, {(name, key): each for key, each in events_of(pairings).items()})
    found = read_timelines(path)
    assert {key: count_events(each) for key, each in found.items()} == {
        key: counted(each) for key, each in pairings.items()
    }


def results() -> list[Path]:
    """Return the events of the default run, if it was made here."""
    found = sorted(ROOT.glob("results/*/*/*/*/events.parquet"))
    return [path for path in found if path.with_name("score.json").is_file()]


@pytest.mark.skipif(not results(), reason="no results here: `make report` makes them")
def test_timelines_of_a_run_count_what_its_scores_count():
    for path in results():
        found = read_timelines(path)
        score = json.loads(path.with_name("score.json").read_text())
        for name, each in score["classes"].items():
            part = each["partials"]["clear"]
            expected = [
                part[key] for key in ("false_negatives", "false_positives", "switches", "fragments")
            ]
            counts = count_events(found[name]).values() if name in found else [0] * 4
            assert list(counts) == expected, path


def test_reading_timelines_loads_no_pandas(tmp_path):
    timelines(tmp_path, person=pairing([(0, 7, A)], [(0, 1, A)]))
    code = (
        "import sys; from pathlib import Path;"
        "from reports.gallery.timelines import read_timelines;"
        f"read_timelines(Path({str(tmp_path / 'events.parquet')!r}));"
        "sys.exit('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0
