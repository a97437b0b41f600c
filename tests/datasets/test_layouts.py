from __future__ import annotations

import numpy as np

from datasets import mots_text, rle
from datasets.layout import load_layout

INFO = "[Sequence]\nimHeight=4\nimWidth=5\nseqLength=3\nframeRate=25\n"
RUN = rle.encode(np.ones((1, 4, 5), bool))[0].decode()


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_frames_of_mots_challenge_count_from_one(tmp_path):
    written(tmp_path / "truth" / "a" / "seqinfo.ini", INFO)
    written(tmp_path / "truth" / "a" / "gt" / "gt.txt", f"1 2001 2 4 5 {RUN}\n")
    written(tmp_path / "results" / "a.txt", f"3 7 2 4 5 {RUN}\n")
    mots = load_layout("mots")
    assert mots.list_sequences(tmp_path / "truth") == ["a"]
    truth, prediction = mots.read_pair(tmp_path / "truth", tmp_path / "results", "a")
    assert (truth.frame.tolist(), prediction.frame.tolist()) == ([0], [2])
    assert truth.extent == prediction.extent == mots_text.mots_extent(4, 5, 3)
