"""The verdicts of the gate over commits, if there is a history."""

from __future__ import annotations

import json

import pytest

from reports.page.history import page_part, read_history
from tests.support.page.page_workdir import BOXES, MASKS

ROWS = """[...document.querySelectorAll("#trend-table tbody tr")]
    .map(row => [...row.cells].map(cell => cell.textContent))"""


@pytest.fixture
def page(look, made):
    found = look(made).page
    found.wait_for_selector("#trend-figure svg")
    return found


def test_every_verdict_is_a_row_and_every_number_a_point(page, made):
    history = read_history(made.parent.parent / "history.jsonl")
    rows = page.evaluate(ROWS)
    assert len(rows) == len(history.verdicts) == 6
    first = history.verdicts[0]["checks"]
    values = [each["found"] for each in first if each["metric"] == "HOTA"]
    assert rows[0] == [
        "1: 00000000", "2026-11-01 12:00", "pass", *(f"{100 * each:.2f} SAME" for each in values)
    ]  # fmt: skip
    assert rows[2][2:] == ["regression", *(cell for cell in rows[2][3:] if cell.endswith(" WORSE"))]
    assert page.inner_text("#trend-unreadable").startswith("1 of the history's lines")


def test_another_metric_can_be_shown(page):
    assert page.eval_on_selector_all("#trend-metric option", "all => all.map(e => e.value)") == [
        "HOTA",
        "relative step time",
    ]
    before = page.evaluate(ROWS)
    page.select_option("#trend-metric", "relative step time")
    page.wait_for_selector("#trend-figure svg")
    assert page.evaluate(ROWS)[0][3] != before[0][3]


def test_a_hidden_variant_is_not_in_the_trend(page):
    page.evaluate("bench.state.set({hide: new Set(['a'])})")
    heads = page.evaluate(ROWS.replace("tbody", "thead"))
    assert heads == [["Verdict", "Date", "Result", "Beta"]]


def test_a_run_without_verdicts_has_no_trend(page):
    page.evaluate("run => bench.state.set({run})", f"{BOXES.dataset}-{BOXES.protocol}")
    assert page.is_hidden("#trend")


def test_without_a_history_there_is_no_trend(tmp_path):
    assert page_part(read_history(tmp_path / "none.jsonl"), [MASKS.dataset]) is None


def test_the_interval_of_a_relative_step_time_is_a_share_of_it(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text(
        '{"date": "d", "commit": "c", "verdict": "pass", "checks": [{"run": "d", "variant": "a", '
        '"metric": "relative step time", "unit": "work", "found": 4.0, "low": -0.1, "high": 0.0, '
        '"verdict": "SAME"}]}\n'
    )
    found = page_part(read_history(path), ["d"])
    assert found["points"]["relative step time"]["a"] == [
        [0, 4.0, pytest.approx(3.8), pytest.approx(4.2), "SAME"]
    ]


def test_the_words_of_older_lines_are_replaced(tmp_path):
    path = tmp_path / "history.jsonl"
    check = {"run": "d", "variant": "a", "metric": "pace", "unit": "work", "found": 4.0}
    check |= {"low": None, "high": None, "verdict": "NOT JUDGED"}
    line = {"date": "d", "commit": "c", "verdict": "could not judge", "checks": [check]}
    path.write_text(json.dumps(line) + "\n")
    found = page_part(read_history(path), ["d"])
    assert found["verdicts"][0]["verdict"] == "undecided"
    assert found["points"]["relative step time"]["a"][0][-1] == "NOT COMPARED"
