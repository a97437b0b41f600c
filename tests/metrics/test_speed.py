from __future__ import annotations

import numpy as np
import pytest

from metrics.speed import MIN_STEPS, summarize_timings
from metrics.timing_warnings import find_timing_warnings, unaccounted


def timing(*passes, machine="m", peak=2e6, timed="step"):
    return {
        "timed": timed,
        "frames": len(passes[0]),
        "step_ns": [list(p) for p in passes],
        "peak_memory": peak,
        "machine": {"processor": machine},
    }


def test_frames_per_second_are_frames_over_time_in_the_median_repeat():
    one = timing([1e6, 3e6], [2e6, 2e6], [4e6, 4e6])
    other = timing([1e6], [1e6], [2e6])
    found = summarize_timings([one, other])
    assert found["values"]["fps"] == pytest.approx(3 / 5e-3)
    assert found["fps_range"] == pytest.approx([3 / 10e-3, 3 / 5e-3])
    assert (found["frames"], found["repeats"]) == (3, 3)


def test_memory_is_that_of_the_sequence_that_took_most_or_unknown():
    found = summarize_timings([timing([1], peak=3e6), timing([1], peak=5e6)])
    assert found["values"]["memory_MB"] == 5
    found = summarize_timings([timing([1], peak=3e6), timing([1], peak=None)])
    assert found["values"]["memory_MB"] is None


def test_timings_of_two_machines_are_not_mixed():
    with pytest.raises(ValueError, match="one machine expected, found 2"):
        summarize_timings([timing([1]), timing([1], machine="other")])


def test_timings_of_unequal_repeats_are_not_mixed():
    with pytest.raises(ValueError, match=r"equally many repeats expected, found \[1, 2\]"):
        summarize_timings([timing([1]), timing([1], [1])])


def test_of_a_whole_process_there_is_a_rate_and_no_time_of_a_step():
    whole = [timing([2e9], timed="process") | {"frames": 100}, timing([1e9], timed="process")]
    found = summarize_timings(whole)
    assert found["values"]["fps"] == pytest.approx(101 / 3)
    assert found["values"]["p50_ms"] is found["values"]["p95_ms"] is None
    assert found["timed"]["label"] == "whole process"
    assert found["frames"] == 101


def test_what_is_timed_is_not_mixed_and_is_known():
    with pytest.raises(ValueError, match=r"to be timed, found \['process', 'step'\]"):
        summarize_timings([timing([1]), timing([1], timed="process")])
    with pytest.raises(ValueError, match=r"to be timed, found \['guess'\]"):
        summarize_timings([timing([1], timed="guess")])


@pytest.mark.parametrize(("name", "fewest"), [*MIN_STEPS.items()])
def test_a_percentile_is_told_from_its_fewest_steps_on(name, fewest):
    share = float(name[1:3])
    steps = np.arange(1, fewest + 1) * 1e6
    told = summarize_timings([timing(steps)])["values"][name]
    assert told == pytest.approx(1 + (fewest - 1) * share / 100)
    assert summarize_timings([timing(steps[1:])])["values"][name] is None


@pytest.mark.parametrize(("name", "fewest"), [*MIN_STEPS.items()])
def test_fewest_is_the_first_count_that_leaves_more_than_one_step_above(name, fewest):
    beyond = 1 - float(name[1:3]) / 100

    def at_most_one(count):
        return (1 - beyond) ** count + count * beyond * (1 - beyond) ** (count - 1)

    assert at_most_one(fewest) <= 0.01 < at_most_one(fewest - 1)


def test_steps_of_all_passes_and_sequences_count_together():
    passes = [np.full(11, 2e6)] * 6
    assert summarize_timings([timing(*passes)])["values"]["p90_ms"] == pytest.approx(2)


def test_the_line_tells_a_frame_from_its_objects():
    objects = [0, 1, 2, 5, 9]
    steps = [3e6 + 0.5e6 * n for n in objects]
    values = summarize_timings([timing(steps, steps) | {"objects": objects}])["values"]
    assert values["frame_ms"] == pytest.approx(3)
    assert values["object_ms"] == pytest.approx(0.5)
    alike = summarize_timings([timing(steps) | {"objects": [4] * 5}])["values"]
    assert alike["frame_ms"] is alike["object_ms"] is None


def test_memory_that_grows_has_a_slope_and_the_first_pass_is_not_in_it():
    held = [[5e8] * 40, *np.arange(80).reshape(2, 40) * 1e4 + 1e8]
    steps = timing(*[np.ones(40)] * 3)
    values = summarize_timings([steps | {"memory": np.array(held).tolist()}])["values"]
    assert values["memory_slope"] == pytest.approx(10)  # MB in 1,000 frames
    few = steps | {"memory": [held[0], [1e8] * 40]}
    assert summarize_timings([few])["values"]["memory_slope"] is None


def test_energy_and_throughput_are_of_all_sequences():
    one = timing([1e6] * 10, [1e6] * 10) | {"energy_mj": [500, 700], "offline_ns": [1e9, 3e9]}
    other = timing([1e6] * 5, [1e6] * 5) | {"energy_mj": [200, 400], "offline_ns": [1e9, 3e9]}
    values = summarize_timings([one, other])["values"]
    assert values["energy_J"] == pytest.approx(1.8 / 30)
    assert values["offline_fps"] == pytest.approx((15 / 2 + 15 / 6) / 2)
    lone = summarize_timings([one, timing([1e6] * 5, [1e6] * 5)])["values"]
    assert lone["energy_J"] is lone["offline_fps"] is None


def test_memory_on_a_gpu_is_the_most_of_all_frames():
    steps = timing([1, 1], [1, 1])
    values = summarize_timings([steps | {"gpu_memory": [[1e6, 4e6], [2e6, 3e6]]}])["values"]
    assert values["gpu_memory_MB"] == 4
    unknown = steps | {"gpu_memory": [[None, None], [None, None]]}
    assert summarize_timings([unknown])["values"]["gpu_memory_MB"] is None


def test_the_clock_of_a_gpu_has_a_column_of_its_own():
    steps = timing([1, 1, 1])
    assert summarize_timings([steps])["values"]["device_ms"] is None
    found = summarize_timings([steps | {"device_ns": [[3e6, 1e6, 2e6]]}])
    assert found["values"]["device_ms"] == 2


def said(**facts):
    return [(warning.what, warning.size) for warning in find_timing_warnings(facts)]


def test_a_quiet_machine_gives_no_doubt():
    assert said(load={"wall_s": 10.0, "others_s": 1.0, "stolen_s": 0.2}, warm=True) == []
    assert said() == []  # another program's timing tells nothing


def test_a_busy_machine_is_said_so():
    found = said(load={"wall_s": 10.0, "others_s": 11.2, "stolen_s": 0.3})
    assert found == [
        ("other processes kept the machine busy", "1.1 cores"),
        ("the host gave time to others", "3 % of a core"),
    ]


def test_a_tracker_that_was_not_warm_is_said_so():
    assert said(warm=False) == [("it was still becoming faster when the warm-up ended", "")]


def test_stages_that_do_not_add_up_are_said_so():
    whole = {"end_to_end_ns": [100, 100], "stage_ns": {"decode": [20, 20], "rest": [70, 80]}}
    assert unaccounted(whole) == pytest.approx(0.05)
    assert said(**whole) == [("time of a frame is in no stage", "5 %")]
    assert said(end_to_end_ns=[100], stage_ns={"rest": [98]}) == []


def state(**changes):
    quiet = {"graphics_mhz": 1950, "graphics_most_mhz": 1980, "slowed_by": [], "others": 0}
    return quiet | changes


def test_a_gpu_that_was_slowed_down_is_said_so():
    assert said(gpu_state=[state(), state()]) == []
    assert said(gpu_state=[None]) == []
    found = said(gpu_state=[state(slowed_by=["power cap"]), state(others=1, graphics_mhz=990)])
    assert found == [
        ("the GPU was slowed down", "power cap"),
        ("other processes were on the GPU", ""),
        ("the GPU's clock was not at its highest", "50 %"),
    ]
