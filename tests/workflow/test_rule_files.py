"""The files of rules: named as their stage, with a header, and no code that no tool checks."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

RULES = ROOT / "workflow" / "rules"
FILES = sorted(RULES.glob("*.smk"))
SHARED = RULES / "common.smk"  # Snakemake's own convention


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
