"""Every video and image folder of the manifest is read as it was drawn, or refused in words.

Frames are compared with what was drawn, not with what was read before.
"""

from __future__ import annotations

import gc
import hashlib
import re

import numpy as np
import pytest

from datasets.io.mended import describe_mended, take_mended
from datasets.media.frames import decode_frames, sequence_frame, sequence_frames
from datasets.own import read_own
from datasets.sequences.sequence_json import read_sequence, write_prepared
from tests.support.media import drawn
from tests.support.media.cases import Case
from tests.support.media.manifest_folders import FOLDERS
from tests.support.media.manifest_videos import ANOTHER_SIZE, NO_FRAMES, VIDEOS

RUNS = 12
CASES = [*VIDEOS, *FOLDERS]


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setenv("SVT_LOG", "0")  # the encoder of AV1 writes to standard error
    take_mended()


def test_the_manifest_has_at_least_forty_cases_with_names_of_their_own():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_was_drawn_is_read_or_refused(case: Case, tmp_path):
    path = case.make(tmp_path / case.name)
    if case.error:
        with pytest.raises(ValueError, match=re.compile(case.error)) as error:
            read_own(path, "own")
        assert str(path) in str(error.value)
        return
    write_prepared(tmp_path / "out" / "sequence.json", read_own(path, "own"))
    found, said = read_sequence(tmp_path / "out" / "sequence.json"), describe_mended(take_mended())
    frames = list(sequence_frames(found))
    assert tuple(drawn.read(frame, grey=case.grey) for frame in frames) == case.numbers
    off = [
        drawn.difference(*each, grey=case.grey) for each in zip(frames, case.numbers, strict=True)
    ]
    assert max(off) <= case.near
    assert (found.extent.height, found.extent.width) == frames[0].shape[:2] == case.size
    assert found.frame_rate == pytest.approx(case.rate, rel=0.002)  # of whole milliseconds
    assert found.timestamps == case.times
    assert found.damaged is None
    assert np.array_equal(sequence_frame(found, len(frames) - 1), frames[-1])
    for note in case.notes:
        assert note in said
    assert bool(said) == bool(case.notes)


@pytest.mark.parametrize("case", VIDEOS, ids=lambda case: case.name)
def test_a_video_that_was_not_prepared_is_checked_too(case: Case, tmp_path):
    path = case.make(tmp_path / case.name)
    if not case.error:
        shown = [drawn.read(image, grey=case.grey) for _, image in decode_frames(path)]
        assert tuple(shown) == case.numbers
    elif case.error not in (NO_FRAMES, ANOTHER_SIZE):
        with pytest.raises(ValueError, match=re.escape(str(path))):
            list(decode_frames(path))


@pytest.fixture
def _few_objects():
    """Make garbage collection fast: objects that exist already are left out."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


DAMAGED = [case for case in VIDEOS if re.match(r"(damaged|checksum|cut(?! index))\b", case.name)]


@pytest.mark.usefixtures("_few_objects")
@pytest.mark.parametrize("case", DAMAGED, ids=lambda case: case.name)
def test_twelve_passes_over_a_damaged_video_give_the_same_frames(case: Case, tmp_path):
    path = case.make(tmp_path / case.name)
    found = set()
    for number in range(RUNS):
        sequence = read_own(path, "own", accept_damaged=True).sequence
        digest = hashlib.sha256(repr(sequence).encode())
        for frame in sequence_frames(sequence):
            digest.update(frame.tobytes())
            if number % 3 == 0:
                gc.collect()  # memory of earlier frames must not show in a damaged one
        found.add(digest.hexdigest())
    assert len(found) == 1
    assert sequence.damaged is not None
    assert "accepted" in (said := describe_mended(take_mended())) or "left out" in said
