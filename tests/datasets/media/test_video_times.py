from __future__ import annotations

from fractions import Fraction

import pytest

from datasets.media.video import writing_video
from datasets.media.video_facts import read_facts
from datasets.media.video_times import frame_times
from tests.support.media.drawn import draw

MS, TICK = Fraction(1, 1000), Fraction(1, 90_000)


@pytest.mark.parametrize(
    ("ticks", "tick", "header", "rate"),
    [
        ([0, 33, 67, 100], MS, Fraction(30), 30),  # rounded to milliseconds
        ([0, 40, 80, 120], MS, Fraction(50), 25),  # the header is wrong
        ([0, 40, 80, 120], MS, None, 25),
        ([7], MS, Fraction(12), 12),
        ([0, None, 80, 120], MS, Fraction(12), 12),  # a time is unknown
        ([0, 40, 40, 120], MS, Fraction(12), 12),  # a time is repeated
        ([index * 3003 for index in range(900)], TICK, Fraction(30000, 1001), 30000 / 1001),
    ],
)
def test_a_constant_rate_has_no_frame_times(ticks, tick, header, rate):
    assert frame_times(ticks, tick, header) == (pytest.approx(rate), None)


def test_a_varying_rate_is_that_of_the_median_interval():
    ticks = [500, 540, 580, 700, 740]
    assert frame_times(ticks, MS, Fraction(17)) == (25, (0.0, 0.04, 0.08, 0.2, 0.24))


def test_without_times_and_header_the_rate_is_unknown():
    with pytest.raises(ValueError, match="the frame rate is unknown"):
        frame_times([None, None], MS, Fraction(0))


def test_a_written_video_keeps_its_frame_times(tmp_path):
    times = (0.0, 0.04, 0.0712, 0.5, 0.54, 0.58)
    with writing_video(tmp_path / "v.mp4", 25, 48, 64, timestamps=times) as write:
        for number, _ in enumerate(times):
            write(draw(number))
    found = read_facts(tmp_path / "v.mp4")
    assert found.timestamps == pytest.approx(times, abs=1 / 90_000)
    assert found.frame_rate == pytest.approx(25)
