"""The plan of small configs."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from tests.support.paths import ROOT
from trackers.contract import Method
from trackers.options import Option
from workflow.digests import code_digest, method_digest
from workflow.planning import entries
from workflow.planning.flags import Flags
from workflow.planning.inputs import Inputs, expand
from workflow.planning.job_digests import JobDigests
from workflow.planning.plan import Plan, any_of
from workflow.planning.wildcards import from_wildcards

RUN = {"dataset": "synthetic", "variants": ["sort", "deepsort"], "clock": ["crowd"]}


def make_plan(run=(RUN,), **changed) -> Plan:
    """Return a plan of two data sets and five variants."""
    return Plan(
        {
            "run": list(run),
            "families": ["hota"],
            "clock": {"scenarios": ["single_stream", "offline"]},
            "regression": {"timed": ["sort", "tud_results"], "processes": 2},
            "datasets": {
                "synthetic": {
                    "reader": "synthetic",
                    "protocol": "mot15",
                    "sequences": ["crossing", "crowd"],
                },
                "own": {
                    "reader": "mot_folder",
                    "root": str(ROOT / "tests"),
                    "scene": "MOT-[0-9]+",
                    "protocol": "plain",
                    "prompts": "{root}/first/{sequence}.json",
                    "families": ["clear"],
                    "options": {"split": "."},
                    "sequences": ["-1q it's"],
                },
            },
            "variants": {
                "sort": {"method": "sort", "title": "--SORT", "options": {"max_age": 2}},
                "deepsort": {"method": "deepsort"},
                "tud_results": {"method": "imported", "options": {"results": "{root}/{sequence}"}},
                "prompted": {
                    "method": "sam2_prompted",
                    "options": {"networks": "engines/demo/fp32", "weights": "LICENSE"},
                },
                "command": {"method": "external", "options": {"command": ["true"]}},
            },
            **changed,
        }
    )


def test_streamed_and_repeated_runs_belong_to_their_variant():
    plan = make_plan()
    names = ("sort", "sort@25fps", "sort@run2")
    assert [plan.variant(name).name for name in names] == ["sort"] * 3


def test_variants_with_a_tracker_run_frame_by_frame_and_others_by_rules_of_their_methods():
    plan = make_plan()
    assert plan.stepped == ["sort", "deepsort", "tud_results", "prompted"]
    assert plan.variants_of("external") == ["command"]
    assert plan.variants_of("oc_sort") == []


def test_a_variant_of_an_unknown_method_is_refused_with_its_key():
    plan = make_plan(variants={"odd": {"method": "nope"}})
    with pytest.raises(
        ValueError, match=r"variants\.odd: method: expected one of .*, found 'nope'"
    ):
        list(plan.stepped)


def test_a_pattern_of_names_matches_only_these():
    assert re.fullmatch(any_of(["a.b", "c"]), "a.b")
    assert not re.fullmatch(any_of(["a.b", "c"]), "axb")
    assert not re.fullmatch(any_of([]), "")


def test_families_come_from_the_run_else_the_data_set_else_the_config():
    own = {"dataset": "own", "variants": ["sort"]}
    plan = make_plan([RUN, RUN | {"protocol": "plain", "families": ["count"]}, own])
    assert plan.families("synthetic", "mot15") == ["hota"]
    assert plan.families("synthetic", "plain") == ["count"]
    assert plan.families("own", "plain") == ["clear"]
    assert plan.families("synthetic", "not_run") == ["hota"]


def test_only_frame_by_frame_variants_have_repeated_runs():
    plan = make_plan([RUN | {"variants": ["sort", "command"], "runs": 3}])
    assert plan.repeated_runs("synthetic", "mot15") == ["sort@run2", "sort@run3"]
    assert plan.repeated_runs("synthetic", "plain") == []


def test_a_variant_scored_by_two_protocols_is_listed_once():
    plan = make_plan([RUN, RUN | {"protocol": "plain", "variants": ["deepsort"]}])
    assert plan.variants_on("synthetic") == ["sort", "deepsort"]
    assert plan.protocols_of("synthetic", "deepsort") == ["mot15", "plain"]
    assert plan.protocols_of("synthetic", "sort") == ["mot15"]


def test_imported_results_and_runs_without_a_clock_are_not_timed():
    plan = make_plan([RUN, {"dataset": "own", "variants": ["sort"]}])
    timed, other = plan.runs
    assert plan.is_timed(timed, "sort")
    assert not plan.is_timed(timed, "tud_results")
    assert not plan.is_timed(other, "sort")
    assert plan.timed_sequences("synthetic") == ["crowd"]
    with pytest.raises(ValueError, match="run: own: clock: expected the names"):
        plan.timed_sequences("own")


def test_the_gate_times_the_listed_variants_that_can_be_timed():
    plan = make_plan()
    assert plan.is_timed_by_gate(plan.runs[0], "sort")
    assert not plan.is_timed_by_gate(plan.runs[0], "deepsort"), "not listed"
    assert not plan.is_timed_by_gate(plan.runs[0], "tud_results"), "not timed"


def test_a_streamed_variant_has_a_name_for_each_frame_rate():
    clock = {"scenarios": ["single_stream", "streaming"], "rates": [25, 12.5]}
    plan = make_plan(clock=clock)
    assert plan.streaming_names(plan.runs[0], "sort") == ["sort@25fps", "sort@12.5fps"]
    assert plan.streaming_names(plan.runs[0], "command") == []
    assert plan.clock_scenarios() == ["single_stream"]
    plan = make_plan(clock=clock | {"scenarios": ["offline"]})
    assert plan.streaming_names(plan.runs[0], "sort") == []


def test_patterns_are_filled_with_every_combination():
    assert expand("{a}/{b}", a=["1", "2"], b="x") == ["1/x", "2/x"]
    assert expand("{a}/{b}", a=["1", "2"], b=["x", "y"]) == ["1/x", "1/y", "2/x", "2/y"]
    assert expand("{a}", a=[]) == []


def test_files_named_by_options_are_inputs_and_networks_even_before_they_exist():
    inputs = Inputs(make_plan())
    assert list(map(str, inputs.files("prompted", "synthetic", "crowd"))) == [
        "engines/demo/fp32/networks.json",
        "LICENSE",
    ]
    assert inputs.files("sort", "synthetic", "crowd") == []
    assert inputs.files("tud_results", "own", "-1q it's") == [], "left to the tracker"


def test_prompts_are_inputs_of_methods_that_need_them():
    inputs = Inputs(make_plan())
    prompts = ["data/synthetic/crowd/prompts.parquet"]
    assert inputs.prompts("prompted", "synthetic", "crowd") == prompts
    assert inputs.prompts("sort", "synthetic", "crowd") == []


def test_the_page_needs_totals_events_and_the_speed_of_timed_variants():
    plan = make_plan([RUN | {"variants": ["tud_results", "sort"]}])
    of_one = "results/{}/synthetic/{}/mot15/events.parquet"
    assert list(Inputs(plan).page()) == [
        "results/comparisons/synthetic/mot15.json",
        "results/tud_results/synthetic/mot15/combined.json",
        *(of_one.format("tud_results", name) for name in ("crossing", "crowd")),
        "results/sort/synthetic/mot15/combined.json",
        "results/sort/synthetic/speed.json",
        *(of_one.format("sort", name) for name in ("crossing", "crowd")),
    ]


def test_the_gate_needs_step_times_of_each_process_and_all_scores():
    inputs = Inputs(make_plan())
    scores, times = set(inputs.accuracy()), set(inputs.gate()) - set(inputs.accuracy())
    assert len(scores) == 2 * 2 * 2 + 2  # scores and tracks, and the ground truth
    assert times == {
        f"results/sort/synthetic/crowd/relative_step_time_{number}.json" for number in (0, 1)
    }


def test_compared_tracks_include_repeated_runs():
    inputs = Inputs(make_plan([RUN | {"variants": ["sort"], "runs": 2}]))
    assert inputs.compared_tracks("synthetic", "mot15") == [
        f"results/{name}/synthetic/{sequence}/tracks.parquet"
        for sequence in ("crossing", "crowd")
        for name in ("sort", "sort@run2")
    ]


def test_a_flag_is_joined_to_its_value_which_may_begin_with_a_dash():
    flags = Flags(make_plan([{"dataset": "own", "variants": ["sort"]}]))
    assert flags.sequences("own") == ["--sequences=-1q it's"]
    assert flags.titles("own") == ["--titles=--SORT"]
    assert flags.scene("own") == ["--scene=MOT-[0-9]+"]
    assert flags.scene("synthetic") == []
    assert flags.prompts("own", "a") == [f"--prompts={ROOT}/tests/first/a.json"]
    assert flags.prompts("synthetic", "crowd") == []


def test_a_repeated_run_has_a_different_seed_if_the_method_takes_one(monkeypatch):
    seeded = {"method": "imported", "options": {"results": "x"}}
    flags = Flags(make_plan(variants={"sort": {"method": "sort"}, "own": seeded}))
    assert json.loads(flags.options_of_run("sort", "2")) == {}
    declared = {name: Option(default=value) for name, value in [("results", None), ("seed", 5)]}
    takes_a_seed = Method("Seeded", "a test", declared=declared)
    monkeypatch.setattr(entries, "_read_method", lambda _: takes_a_seed)
    assert json.loads(flags.options_of_run("own", "3")) == {"results": "x", "seed": 7}


def test_an_option_comes_from_the_config_else_the_default():
    flags = Flags(make_plan())
    assert flags.option("max_age")("sort") == 2
    assert flags.option("min_hits")("sort@25fps") == 3


def test_the_digest_of_a_variant_covers_its_program_and_its_method():
    digests = JobDigests(make_plan())
    assert digests.track("sort") == method_digest("trackers.run", "sort")
    assert digests.clock("sort") == method_digest("trackers.timing.clock", "sort")
    assert digests.combine("own", "plain") == code_digest(
        "metrics.combine", "metrics.families.clear"
    )


def test_the_origin_of_a_score_changes_with_options_families_and_frame_rate():
    plain = JobDigests(make_plan())
    other = JobDigests(make_plan(families=["clear"]))
    kinds = [("sort", plain), ("deepsort", plain), ("sort@25fps", plain), ("sort", other)]
    found = [digests.origin("synthetic", "mot15", name) for name, digests in kinds]
    assert len(set(found)) == 4
    assert found[0] == JobDigests(make_plan()).origin("synthetic", "mot15", "sort")


def test_a_function_of_wildcards_is_called_once_per_combination_of_values():
    calls = []

    def place(dataset: str, sequence: str) -> list[str]:
        calls.append((dataset, sequence))
        return [f"{dataset}/{sequence}"]

    function = from_wildcards(place)
    for variant in ("sort", "bytetrack"):
        wildcards = SimpleNamespace(variant=variant, dataset="own", sequence="a")
        assert function(wildcards) == ["own/a"]
    assert function(SimpleNamespace(dataset="own", sequence="b")) == ["own/b"]
    assert calls == [("own", "a"), ("own", "b")]


def test_the_items_of_a_generator_are_kept_for_every_call():
    function = from_wildcards(Inputs(make_plan()).page)
    assert function(SimpleNamespace()) == function(SimpleNamespace()) != []


def test_a_function_that_fails_is_called_again():
    function = from_wildcards(make_plan().timed_sequences)
    for _ in range(2):
        with pytest.raises(ValueError, match="run: own: clock: expected the names"):
            function(SimpleNamespace(dataset="own"))
