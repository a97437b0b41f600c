"""The files of rules: named as their stage, with a header, and no code that no tool checks."""

from __future__ import annotations

import re

import pytest

from datasets import run_layout
from datasets.run_layout import RunLayout
from tests.support.paths import ROOT

RULES = ROOT / "workflow" / "rules"
FILES = sorted(RULES.glob("*.smk"))
SHARED = RULES / "common.smk"  # Snakemake's own convention
OF_METHODS = sorted((ROOT / "trackers" / "methods").glob("*/*.smk"))


def test_the_snakefile_includes_every_file_of_rules_once():
    included = re.findall(r'^include: "(.*)"$', (ROOT / "Snakefile").read_text(), re.MULTILINE)
    assert sorted(included) == [path.relative_to(ROOT).as_posix() for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_rules_opens_with_what_it_needs_and_makes(path):
    header = re.match(r'"""(.*?)"""', path.read_text(), re.DOTALL)
    assert header, path
    assert re.search(r"^Needs ", header[1], re.MULTILINE)
    assert re.search(r"\b[Mm]akes ", header[1])


@pytest.mark.parametrize("path", [path for path in FILES if path != SHARED], ids=lambda p: p.stem)
def test_a_file_of_rules_has_rules_and_no_functions(path):
    text = path.read_text()
    assert re.search(r"^(use )?rule \w+", text, re.MULTILINE), path
    assert not re.search(r"\b(def|lambda)\b", text.split('"""', 2)[2]), path


def test_the_shared_file_defines_no_more_than_what_rules_of_methods_are_given():
    defined = re.findall(r"^def (\w+)", SHARED.read_text(), re.MULTILINE)
    assert defined == ["variant_option"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_lines_of_rules_are_as_long_as_those_of_code_at_most(path):
    assert max(map(len, path.read_text().splitlines())) <= 100


def layout() -> set[str]:
    """Return where RunLayout says that files lie, as patterns of a rule."""
    of, variant, dataset, sequence, protocol = (
        RunLayout(), "{variant}", "{dataset}", "{sequence}", "{protocol}",
    )  # fmt: skip
    beside = ("TRACKS", "RUN", "TIMING", "STREAMING")
    paths = [
        of.dataset(variant, dataset),
        of.comparison(dataset, protocol),
        *(of.sequence(variant, dataset, sequence, getattr(run_layout, name)) for name in beside),
        *(of.dataset(variant, dataset, name) for name in (run_layout.SPEED, run_layout.HEATMAP)),
        *(
            of.score(variant, dataset, sequence, protocol, name)
            for name in (run_layout.SCORE, run_layout.EVENTS)
        ),
        *(
            of.combined(variant, dataset, protocol, name)
            for name in (run_layout.COMBINED, run_layout.CROSSCHECK)
        ),
        of.sequence(variant, dataset, sequence, "relative_step_time_{process}.json"),
        of.sequence(variant, dataset, sequence, "benchmark.jsonl"),
    ]
    return {path.as_posix() for path in paths}


@pytest.mark.parametrize(
    "path", [*FILES, *OF_METHODS], ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_results_lie_where_the_layout_of_a_run_says(path):
    named = re.findall(r'"(results/[^"]*)"', path.read_text())
    # results of `sort@run2` and `sort@25fps` lie as those of a variant of that name
    found = {re.sub(r"@(run\{number\}|\{rate\}fps)", "", each) for each in named}
    names = {each.rsplit("/", 1)[1] for each in layout()}
    known = {each for each in found if path in FILES or each.rsplit("/", 1)[1] in names}
    assert known <= layout(), known - layout()


def test_the_rules_of_tracking_and_scoring_name_their_results():
    named = set(re.findall(r'"(results/[^"]*)"', "".join(path.read_text() for path in FILES)))
    assert len(named & layout()) >= 10
