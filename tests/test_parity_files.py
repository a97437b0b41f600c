"""Layout, protocol and metrics together equal TrackEval 1.3.0 on files of the same layout."""

from __future__ import annotations

from pathlib import Path

import trackeval_oracle
from corrupt import corrupt
from parity import assert_equal, scores_of_files

from datasets import mots_text

INFO = "[Sequence]\nimHeight={}\nimWidth={}\nseqLength={}\nframeRate=25\n"


def write_info(folder: Path, height: int, width: int, frame_count: int) -> None:
    (folder / "gt").mkdir(parents=True)
    (folder / "seqinfo.ini").write_text(INFO.format(height, width, frame_count))


def test_mots_challenge_equals_trackeval(shared, tmp_path):
    truth, results, lengths = tmp_path / "truth", tmp_path / "results", {}
    for name in ("0012", "0015"):
        source = shared / "kitti_mots" / "instances_txt" / f"{name}.txt"
        height, width, last = mots_text.read_size(source)
        lengths[name] = last + 1
        rows = mots_text.read_tracks(source, mots_text.mots_extent(height, width, last + 1))
        write_info(truth / name, height, width, last + 1)
        mots_text.write_tracks(truth / name / "gt" / "gt.txt", rows, first_frame=1)
        mots_text.write_tracks(results / f"{name}.txt", corrupt(rows, int(name)), first_frame=1)
    theirs = trackeval_oracle.score_mots_challenge(truth, results, lengths, tmp_path / "room")
    ours = scores_of_files("mots", truth, results)["pedestrian"]
    assert ours["COMBINED"]["values"]["IDSW"] > 0
    assert_equal(ours, theirs)
