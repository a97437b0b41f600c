from __future__ import annotations

from dataclasses import replace

import pytest

from reports.page.table import format_value, headline, leading, timed_differently
from reports.results import Run, Variant

COLUMNS = [
    {"name": "HOTA", "label": "HOTA", "unit": "ratio", "better": "up", "meaning": ""},
    {"name": "IDSW", "label": "IDSW", "unit": "count", "better": "down", "meaning": ""},
]


def variant(name, total):
    entry = {"name": name, "title": name, "source": "", "timed": False}
    return Variant(entry, total, {}, {}, {}, None, {}, {}, {}, {})


def cells(*totals):
    variants = [variant(str(n), total) for n, total in enumerate(totals)]
    run = Run({"dataset": "d", "sequences": []}, COLUMNS, "", "box", [], variants, [], {})
    return [row.cells for row in headline(run).rows]


def test_the_best_of_each_column_is_marked_by_its_own_direction():
    rows = cells({"HOTA": 0.5, "IDSW": 3}, {"HOTA": 0.6, "IDSW": 7})
    assert [[cell.best for cell in row] for row in rows] == [[False, True], [True, False]]


def test_two_equal_best_values_are_both_marked():
    rows = cells({"HOTA": 0.6}, {"HOTA": 0.6}, {"HOTA": 0.1})
    assert [row[0].best for row in rows] == [True, True, False]


def test_among_equal_values_none_is_best():
    assert not any(row[0].best for row in cells({"HOTA": 0.6}, {"HOTA": 0.6}))


def test_a_missing_total_is_a_dash_and_sorts_last():
    rows = cells(None, {"HOTA": 0.6, "IDSW": 1})
    assert [(cell.text, cell.value) for cell in rows[0]] == [("–", None), ("–", None)]


def timed(name, fps, label=""):
    columns = [
        {"name": "fps", "label": "fps", "unit": "fps", "better": "up", "meaning": ""},
        {"name": "memory_MB", "label": "memory", "unit": "MB", "better": "down", "meaning": ""},
    ]
    speed = {"columns": columns, "values": {"fps": fps, "memory_MB": fps}}
    what = {"timed": {"name": "any", "label": label, "meaning": ""}}
    return replace(variant(name, {"HOTA": fps / 1000}), speed=speed | what)


def test_speed_of_another_kind_is_marked_and_never_best():
    variants = [timed("a", 90.0), timed("b", 30.0), timed("c", 500.0, "whole process")]
    run = Run({"dataset": "d", "sequences": []}, COLUMNS, "", "box", [], variants, [], {})
    rows = [row.cells for row in headline(run).rows]
    assert [[cell.best for cell in (row[0], row[2], row[3])] for row in rows] == [
        [False, True, False],
        [False, False, True],
        [True, False, False],
    ]
    assert [row[2].mark for row in rows] == ["", "", "whole process"]
    assert not any(row[3].mark for row in rows)
    assert timed_differently(run) == {"whole process": [variants[2]]}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.40004, "ratio", "40.00"),
        (1234567, "count", "1\u2009234\u2009567"),
        (0.25, "count", "0.25"),
        (2889.6, "fps", "2\u2009890"),
        (0.34211, "ms", "0.342"),
        (12.345, "ms", "12.3"),
        (None, "ratio", "–"),
    ],
)
def test_numbers_are_formatted_by_unit(value, unit, text):
    assert format_value(value, unit) == text


def named(*names, **labels):
    return [
        {"name": name, "label": labels.get(name, name), "unit": "ratio", "better": "up"}
        for name in names
    ]


def heads(columns):
    run = Run({"dataset": "d", "sequences": []}, columns, "", "box", [], [], [], {})
    return leading(run)["name"], [column["name"] for column in headline(run).columns]


def test_the_first_family_leads_and_its_columns_come_first():
    assert heads(named("J&F", "J-Decay", "J-Mean", "DetA", "HOTA")) == (
        "J&F",
        ["J&F", "HOTA", "DetA"],
    )
    assert heads(named("HOTA", "J-Mean", "J&F"))[0] == "HOTA"


def test_smota_is_compared_for_masks_only():
    assert heads(named("HOTA", "sMOTA"))[1] == ["HOTA"]
    assert heads(named("HOTA", "sMOTA", sMOTA="sMOTSA"))[1] == ["HOTA", "sMOTA"]
