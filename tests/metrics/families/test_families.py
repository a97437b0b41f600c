from __future__ import annotations

import numpy as np
import pytest

from metrics.families import clear, count, hota, identity, vace
from tests.support.metrics.hand import apart, pairing


def scores(family, truth, prediction, **options):
    return family.summarize(family.evaluate(pairing(truth, prediction, **options)))


ALONE = [(t, 1, 0) for t in range(4)]  # one object


def test_a_perfect_prediction_scores_one_in_every_family():
    for family, names in ((hota, "HOTA DetA AssA LocA"), (clear, "MOTA MOTP"), (identity, "IDF1")):
        found = scores(family, ALONE, ALONE)
        assert {name: found[name] for name in names.split()} == pytest.approx(
            dict.fromkeys(names.split(), 1)
        )


def test_one_identity_switch_halves_association():
    found = scores(hota, ALONE, [(0, 1, 0), (1, 1, 0), (2, 2, 0), (3, 2, 0)])
    assert found["AssA"] == pytest.approx(0.5)
    assert found["DetA"] == pytest.approx(1)
    assert found["HOTA"] == pytest.approx(0.5**0.5)


def test_a_late_start_lowers_detection_and_association():
    found = scores(hota, ALONE, ALONE[1:])
    assert (found["DetA"], found["AssA"]) == pytest.approx((0.75, 0.75))
    assert (found["AssRe"], found["AssPr"]) == pytest.approx((0.75, 1))


def test_localisation_determines_the_number_of_alphas_with_a_match():
    shifted = [(t, 1, apart(0.52)) for t in range(4)]
    found = scores(hota, ALONE, shifted)
    assert found["DetA"] == pytest.approx(10 / 19)  # 0.05, 0.10, ..., 0.50
    assert found["LocA"] == pytest.approx((10 * 0.52 + 9 * 1) / 19)
    assert found["HOTA(0)"] == pytest.approx(1)
    assert found["LocA(0)"] == pytest.approx(0.52)


def test_the_global_alignment_decides_the_matching_within_a_frame():
    # in frame 3 track 2 has the larger IoU, but track 1 fits the object over the whole sequence
    truth = [(t, 1, 0) for t in range(6)]
    prediction = [(t, 1, 1) for t in range(6)] + [(3, 2, 0)]
    partial = hota.evaluate(pairing(truth, prediction))
    assert partial.accuracy[0] == pytest.approx(6)  # all six matches belong to one pair of tracks


def test_hota_of_a_total_adds_counts():
    one = hota.evaluate(pairing(ALONE, ALONE))
    other = hota.evaluate(pairing([*ALONE[:1], (1, 1, 500)], ALONE[:1]))
    total = hota.summarize(hota.combine([one, other]))
    # 5 TP and 1 FN; association is the mean over TP of 1, 1, 1, 1 and 1/2
    assert total["HOTA"] == pytest.approx((5 / 6 * 4.5 / 5) ** 0.5)


def test_clear_counts_each_error_once():
    truth = [(t, 1, 0) for t in range(5)] + [(t, 2, 100) for t in range(5)]
    prediction = [(0, 1, 0), (1, 1, 0), (3, 9, 0), (4, 9, 0), (2, 5, 300)]
    prediction += [(t, 7, 100) for t in range(5)]
    found = scores(clear, truth, prediction)
    counts = {k: found[k] for k in ("CLR_TP", "CLR_FN", "CLR_FP", "IDSW", "Frag", "MT", "PT", "ML")}
    assert counts == {
        "CLR_TP": 9, "CLR_FN": 1, "CLR_FP": 1, "IDSW": 1, "Frag": 1, "MT": 1, "PT": 1, "ML": 0
    }  # fmt: skip
    assert found["MOTA"] == pytest.approx((9 - 1 - 1) / 10)


def test_a_match_of_the_previous_frame_is_preferred():
    truth = [(0, 1, 0), (1, 1, 0)]
    prediction = [
        (0, 1, 2),
        (1, 1, 2),
        (1, 2, 0),
    ]  # track 2 fits better, 1 was there before
    assert scores(clear, truth, prediction)["IDSW"] == 0
    assert scores(clear, truth, [(0, 3, 2), *prediction[1:]])["IDSW"] == 1


def test_an_iou_of_one_half_is_a_match_and_less_is_not():
    assert scores(clear, [(0, 1, 0)], [(0, 1, 10 / 3)])["CLR_TP"] == 1
    assert scores(clear, [(0, 1, 0)], [(0, 1, 3.34)])["CLR_TP"] == 0


def test_a_frame_without_predictions_fragments_no_track():
    visible = [(t, 1, 0) for t in (0, 1, 3, 4)]
    other = [(t, 2, 300) for t in range(5)]
    assert scores(clear, [(t, 1, 0) for t in range(5)], visible)["Frag"] == 0
    assert scores(clear, [(t, 1, 0) for t in range(5)], visible + other)["Frag"] == 1


def test_mostly_tracked_is_more_than_80_per_cent():
    truth = [(t, 1, 0) for t in range(10)]
    assert scores(clear, truth, truth[:8])["MT"] == 0
    assert scores(clear, truth, truth[:9])["MT"] == 1
    assert scores(clear, truth, truth[:2])["PT"] == 1
    assert scores(clear, truth, truth[:1])["ML"] == 1


def test_identity_maps_whole_tracks():
    truth = [(t, 1, 0) for t in range(5)]
    prediction = [(0, 1, 0), (1, 1, 0), (2, 2, 0), (3, 2, 0), (4, 2, 0)]
    found = scores(identity, truth, prediction)
    assert (found["IDTP"], found["IDFN"], found["IDFP"]) == (3, 2, 2)
    assert found["IDF1"] == pytest.approx(0.6)


def test_count_covers_the_scored_rows():
    found = scores(count, ALONE, [*ALONE[:2], (0, 4, 100)], frame_count=9)
    assert found == {"Dets": 3, "GT_Dets": 4, "IDs": 2, "GT_IDs": 1, "Frames": 9}


@pytest.mark.parametrize("family", [hota, clear, identity, count])
def test_exactly_the_declared_columns_are_summarized(family):
    found = scores(family, ALONE, ALONE)
    assert set(found) == {column.name for column in family.COLUMNS}
    assert all(np.isfinite(value) for value in found.values())


@pytest.mark.parametrize("family", [hota, clear, identity, count])
def test_the_total_of_one_sequence_equals_the_sequence(family):
    partial = family.evaluate(pairing(ALONE, ALONE[1:]))
    assert family.summarize(family.combine([partial])) == family.summarize(partial)


@pytest.mark.slow
@pytest.mark.parametrize("last", [4, 6_000_000])  # dense, and sparse in a very long video
def test_vace_counts_shared_frames_in_short_and_very_long_videos(last):
    truth = [*ALONE, (last, 1, 0)]
    found = scores(vace, truth, [(0, 1, 0), (1, 1, 0), (2, 2, 0), (3, 2, 0), (last, 2, 0)])
    assert found["STDA"] == pytest.approx(3 / 5)  # track 2: intersection 3 frames, union 5
    assert found["ATA"] == pytest.approx(3 / 5 / 1.5)
