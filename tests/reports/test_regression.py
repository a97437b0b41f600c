"""The gate's verdict as Markdown and as JUnit XML."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from datasets.io.files import write_json
from reports.regression import junit, main, markdown


def check(verdict, metric="HOTA", **changed):
    return {
        "run": "d/mot15", "variant": "sort", "metric": metric, "verdict": verdict,
        "unit": "ratio", "baseline": 0.6, "found": 0.58, "change": -0.02, "low": -0.03,
        "high": -0.01, "tolerance": 0.005, "why": "", **changed,
    }  # fmt: skip


NOTHING = dict.fromkeys(("baseline", "found", "change", "low", "high", "tolerance"))
STEP_TIME = {"unit": "work", "run": "d", "baseline": 1.234567, "found": 1.358}
CHECKS = [
    check("SAME", "MOTA"),
    check("AMBIGUOUS", "relative step time", **STEP_TIME, change=-0.1, low=-0.123, high=0.01),
    check("NOT COMPARED", "results", **NOTHING, why="classes <a|b>"),
    check("WORSE"),
    check("MISSING", "results", variant="b\x00\n&", **NOTHING, why="none"),
]


def verdict(word="regression", checks=CHECKS):
    baseline = {"path": "config/baselines/default.json", "commit": "abc", "date": "then"}
    return {"verdict": word, "commit": "def", "baseline": baseline, "checks": checks}


def test_junit_xml_has_the_counts_of_its_cases():
    root = ElementTree.fromstring(junit(verdict()))
    assert [suite.get("name") for suite in root] == ["d/mot15", "d"]
    for suite in root:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    assert (root[0].get("failures"), root[0].get("skipped")) == ("2", "1")
    failure = root.find(".//testcase[@name='sort HOTA']/failure")
    assert failure.get("message") == (
        "WORSE: baseline 60.00, now 58.00, change -2.00, 95 % interval -3.00 to -1.00, "
        "tolerance 0.50"
    )


def test_markdown_lists_the_differing_checks_worst_first():
    lines = markdown(verdict()).splitlines()
    assert lines[0] == "## Regression"
    assert "1 SAME, 1 AMBIGUOUS, 1 NOT COMPARED, 1 WORSE, 1 MISSING." in lines[2]
    rows = [line for line in lines if line.startswith("| ")][1:]
    assert rows[0] == (
        "| **WORSE** | d/mot15 | sort | HOTA | 60.00 | 58.00 | -2.00 | -3.00 to -1.00 |  |"
    )
    assert "**MISSING**" in rows[1]
    assert rows[2].startswith(
        "| AMBIGUOUS | d | sort | relative step time | 1.235 | 1.358 | -10.0 % | -12.3 % to"
    )
    assert r"classes &lt;a\|b>" in rows[3]
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("word", "heading"), [("pass", "## No regression"), ("undecided", "## Undecided")]
)
def test_without_differing_checks_there_is_no_table(word, heading):
    text = markdown(verdict(word, [check("SAME")]))
    assert text.startswith(heading)
    assert "|---" not in text


def test_markdown_says_that_the_baseline_is_missing():
    content = verdict("undecided", [check("NOT COMPARED", "results", **NOTHING, why="gone")])
    content["baseline"] = {"path": "b.json", "commit": None, "date": None}
    assert "compared with `b.json`, which is not a baseline. 1 NOT COMPARED." in markdown(content)


@pytest.mark.parametrize("letter", ["\0", "\x1b", "\uffff", "\ufffe", "\ud800", "\r\n"])
def test_no_character_of_a_name_breaks_the_xml_or_a_row_of_the_table(tmp_path, monkeypatch, letter):
    name = f"a\\|b{letter}<c>"
    content = verdict(checks=[check("WORSE", variant=name, run=name, why=name)])
    paths = {flag: tmp_path / flag for flag in ("verdict", "markdown", "junit")}
    write_json(paths["verdict"], content)
    words = [word for flag, path in paths.items() for word in (f"--{flag}", str(path))]
    monkeypatch.setattr("sys.argv", ["regression", *words])
    main()
    (suite,) = ElementTree.parse(paths["junit"]).getroot()
    assert suite.get("name").startswith("a\\|b")
    row = paths["markdown"].read_text(encoding="utf-8").splitlines()[-1]
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 10
