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


def test_memory_is_the_maximum_over_sequences_or_unknown():
    found = summarize_timings([timing([1], peak=3e6), timing([1], peak=5e6)])
    assert found["values"]["memory_MB"] == 5
    found = summarize_timings([timing([1], peak=3e6), timing([1], peak=None)])
    assert found["values"]["memory_MB"] is None


def test_timings_of_two_machines_are_refused():
    with pytest.raises(ValueError, match="expected one machine, found 2"):
        summarize_timings([timing([1]), timing([1], machine="other")])


def test_timings_with_different_numbers_of_repeats_are_refused():
    with pytest.raises(ValueError, match=r"expected the same number .*, found \[1, 2\]"):
        summarize_timings([timing([1]), timing([1], [1])])


def test_a_whole_process_has_a_rate_and_no_step_time():
    whole = [timing([2e9], timed="process") | {"frames": 100}, timing([1e9], timed="process")]
    found = summarize_timings(whole)
    assert found["values"]["fps"] == pytest.approx(101 / 3)
    assert found["values"]["p50_ms"] is found["values"]["p95_ms"] is None
    assert found["timed"]["label"] == "whole process"
    assert found["frames"] == 101


def test_timings_of_different_or_unknown_kinds_are_refused():
    with pytest.raises(ValueError, match=r"timed: expected .*, found \['process', 'step'\]"):
        summarize_timings([timing([1]), timing([1], timed="process")])
    with pytest.raises(ValueError, match=r"timed: expected .*, found \['guess'\]"):
        summarize_timings([timing([1], timed="guess")])


@pytest.mark.parametrize(("name", "min_steps"), [*MIN_STEPS.items()])
def test_a_percentile_is_reported_from_its_minimum_number_of_steps(name, min_steps):
    share = float(name[1:3])
    steps = np.arange(1, min_steps + 1) * 1e6
    reported = summarize_timings([timing(steps)])["values"][name]
    assert reported == pytest.approx(1 + (min_steps - 1) * share / 100)
    assert summarize_timings([timing(steps[1:])])["values"][name] is None


@pytest.mark.parametrize(("name", "min_steps"), [*MIN_STEPS.items()])
def test_the_minimum_number_of_steps_leaves_more_than_one_step_above(name, min_steps):
    beyond = 1 - float(name[1:3]) / 100

    def at_most_one(count):
        return (1 - beyond) ** count + count * beyond * (1 - beyond) ** (count - 1)

    assert at_most_one(min_steps) <= 0.01 < at_most_one(min_steps - 1)


def test_percentiles_are_over_the_steps_of_all_passes():
    passes = [np.full(11, 2e6)] * 6
    assert summarize_timings([timing(*passes)])["values"]["p90_ms"] == pytest.approx(2)


def test_a_linear_fit_separates_the_time_of_a_frame_from_that_of_its_objects():
    objects = [0, 1, 2, 5, 9]
    steps = [3e6 + 0.5e6 * n for n in objects]
    values = summarize_timings([timing(steps, steps) | {"objects": objects}])["values"]
    assert values["frame_ms"] == pytest.approx(3)
    assert values["object_ms"] == pytest.approx(0.5)
    alike = summarize_timings([timing(steps) | {"objects": [4] * 5}])["values"]
    assert alike["frame_ms"] is alike["object_ms"] is None


def test_the_slope_of_memory_excludes_the_first_pass():
    memory = [[5e8] * 40, *np.arange(80).reshape(2, 40) * 1e4 + 1e8]
    steps = timing(*[np.ones(40)] * 3)
    values = summarize_timings([steps | {"memory": np.array(memory).tolist()}])["values"]
    assert values["memory_slope"] == pytest.approx(10)  # MB per 1,000 frames
    few = steps | {"memory": [memory[0], [1e8] * 40]}
    assert summarize_timings([few])["values"]["memory_slope"] is None


def test_energy_and_throughput_cover_all_sequences():
    one = timing([1e6] * 10, [1e6] * 10) | {"energy_mj": [500, 700], "offline_ns": [1e9, 3e9]}
    other = timing([1e6] * 5, [1e6] * 5) | {"energy_mj": [200, 400], "offline_ns": [1e9, 3e9]}
    values = summarize_timings([one, other])["values"]
    assert values["energy_J"] == pytest.approx(1.8 / 30)
    assert values["offline_fps"] == pytest.approx((15 / 2 + 15 / 6) / 2)
    lone = summarize_timings([one, timing([1e6] * 5, [1e6] * 5)])["values"]
    assert lone["energy_J"] is lone["offline_fps"] is None


def test_gpu_memory_is_the_maximum_over_frames():
    steps = timing([1, 1], [1, 1])
    values = summarize_timings([steps | {"gpu_memory": [[1e6, 4e6], [2e6, 3e6]]}])["values"]
    assert values["gpu_memory_MB"] == 4
    unknown = steps | {"gpu_memory": [[None, None], [None, None]]}
    assert summarize_timings([unknown])["values"]["gpu_memory_MB"] is None


def test_the_time_by_the_gpu_clock_has_its_own_column():
    steps = timing([1, 1, 1])
    assert summarize_timings([steps])["values"]["device_ms"] is None
    found = summarize_timings([steps | {"device_ns": [[3e6, 1e6, 2e6]]}])
    assert found["values"]["device_ms"] == 2


def warnings(**facts):
    return [(warning.what, warning.size) for warning in find_timing_warnings(facts)]


def test_a_quiet_machine_gives_no_warning():
    assert warnings(load={"wall_s": 10.0, "others_s": 1.0, "stolen_s": 0.2}, warm=True) == []
    assert warnings() == []  # the timing of an external program has none of these fields


def test_a_busy_machine_gives_a_warning():
    found = warnings(load={"wall_s": 10.0, "others_s": 11.2, "stolen_s": 0.3})
    assert found == [
        ("other processes kept the machine busy", "1.1 cores"),
        ("other guests of the host took CPU time", "3 % of a core"),
    ]


def test_a_tracker_that_is_not_warm_gives_a_warning():
    assert warnings(warm=False) == [("step times were still falling when the warm-up ended", "")]


def test_time_outside_all_stages_gives_a_warning():
    whole = {"end_to_end_ns": [100, 100], "stage_ns": {"decode": [20, 20], "rest": [70, 80]}}
    assert unaccounted(whole) == pytest.approx(0.05)
    assert warnings(**whole) == [("frame time outside all stages", "5 %")]
    assert warnings(end_to_end_ns=[100], stage_ns={"rest": [98]}) == []


def state(**changes):
    quiet = {"graphics_mhz": 1950, "graphics_most_mhz": 1980, "slowed_by": [], "others": 0}
    return quiet | changes


def test_a_throttled_gpu_gives_a_warning():
    assert warnings(gpu_state=[state(), state()]) == []
    assert warnings(gpu_state=[None]) == []
    found = warnings(gpu_state=[state(slowed_by=["power cap"]), state(others=1, graphics_mhz=990)])
    assert found == [
        ("the GPU was throttled", "power cap"),
        ("other processes used the GPU", ""),
        ("the GPU clock was below its maximum", "50 %"),
    ]
