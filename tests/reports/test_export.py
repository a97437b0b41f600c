"""Exported tables, with names that contain special characters of each format."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import fields

import pytest

from reports.export import files, to_csv, to_latex, to_markdown
from reports.results import Run, Variant
from tests.support.paths import ROOT

COLUMNS = [
    {"name": "HOTA", "label": "HOTA", "unit": "ratio", "better": "up", "meaning": ""},
    {"name": "CLR_FN", "label": "CLR_FN", "unit": "count", "better": "down", "meaning": ""},
]
FPS = {"name": "fps", "label": "fps", "unit": "fps", "better": "up", "meaning": ""}
HOSTILE = ["<script>alert(1)</script>", "a | b", "50 % & #1_$x$ {~^}\\", "*b* `c` [d](http://e)"]
HOSTILE += ['"quoted", comma', "two\nlines", "=cmd()", "@sum", "[2cm] x", "\u202eright to left"]


def blank(kind, **values):
    """Return a dataclass with the given fields; the others are empty."""
    return kind(**{each.name: {} for each in fields(kind)} | values)


def run_of(*titles, totals=None, speed=None):
    totals = totals or [{"HOTA": 0.5, "CLR_FN": 1060}, *[{"HOTA": 0.25, "CLR_FN": 20}] * 20]
    variants = [
        blank(
            Variant,
            entry={"name": f"v{n}", "title": title, "timed": False, "source": ""},
            total=totals[n],
            speed=speed,
        )
        for n, title in enumerate(titles)
    ]
    plan = {"dataset": "d", "protocol": "mot17", "title": "A set", "sequences": []}
    return blank(
        Run, plan=plan, columns=COLUMNS, similarity="box", variants=variants, missing_results=[]
    )


def cells_of_latex(line):
    return [cell.strip() for cell in line.removesuffix(r"\\").split(" & ")]


def test_csv_has_unrounded_numbers():
    assert to_csv(run_of("a", "b, c")) == (
        'variant,title,HOTA,CLR_FN,timed\nv0,a,0.5,1060,\nv1,"b, c",0.25,20,\n'
    )


def test_latex_is_a_tabular_with_the_best_values_in_bold():
    assert to_latex(run_of("a", "b")) == "\n".join(
        [
            r"% A set, protocol mot17; needs \usepackage{booktabs}",
            r"\begin{tabular}{lrr}",
            r"\toprule",
            r"Variant & HOTA (\%) $\uparrow$ & FN $\downarrow$ \\",
            r"\midrule",
            r"a & \textbf{50.00} & 1\,060 \\",
            r"b & 25.00 & \textbf{20} \\",
            r"\bottomrule",
            "\\end{tabular}\n",
        ]
    )


def test_markdown_is_a_table_with_the_best_values_in_bold():
    assert to_markdown(run_of("a", "b")).splitlines() == [
        "Scores of A set, protocol mot17",
        "",
        "| Variant | HOTA (%) ↑ | FN ↓ |",
        "| --- | ---: | ---: |",
        "| a | **50.00** | 1\u2009060 |",
        "| b | 25.00 | **20** |",
    ]


def test_a_missing_total_is_empty_in_csv_and_a_dash_elsewhere():
    run = run_of("a", "b", totals=[None, {"HOTA": 0.5, "CLR_FN": 1}])
    assert to_csv(run).splitlines()[1] == "v0,a,,,"
    assert "a & -- & --" in to_latex(run)
    assert "| a | – | – |" in to_markdown(run)


def test_a_variant_not_timed_frame_by_frame_is_labelled():
    speed = {"columns": [FPS], "values": {"fps": 30.0}, "timed": {"label": "whole process"}}
    run = run_of("a", speed=speed)
    assert to_csv(run).splitlines()[1] == "v0,a,0.5,1060,30.0,whole process"
    assert "30 (whole process)" in to_latex(run)
    assert "30 (whole process)" in to_markdown(run)


@pytest.mark.parametrize("title", HOSTILE)
def test_csv_preserves_a_name_and_contains_no_formula(title):
    (_, row) = csv.reader(io.StringIO(to_csv(run_of(title))))
    assert row[1] == (f"'{title}" if title[0] in "=@" else title)
    assert len(row) == 5


@pytest.mark.parametrize("title", HOSTILE)
def test_a_name_stays_in_one_cell_of_latex(title):
    lines = to_latex(run_of(title)).splitlines()
    assert len(lines) == 8
    name, *numbers = cells_of_latex(lines[5])
    assert numbers == ["50.00", r"1\,060"]
    bare = name
    for known in (r"\textbackslash{}", r"\textasciitilde{}", r"\textasciicircum{}"):
        bare = bare.replace(known, "")
    for known in (r"\textless{}", r"\textgreater{}", r"\textbar{}", "{[}", "{]}", "{*}"):
        bare = bare.replace(known, "")
    for letter in "{}$&#_%":
        bare = bare.replace(f"\\{letter}", "")
    assert not set(bare) & set("\\{}$&#^_%~<>|[]*\n\u202e")


@pytest.mark.parametrize("title", HOSTILE)
def test_a_name_stays_in_one_cell_of_markdown_and_is_no_html(title):
    lines = to_markdown(run_of(title)).splitlines()
    assert len(lines) == 5
    row = lines[-1]
    for letter in r"\`*_{}[]|~$:":
        row = row.replace(f"\\{letter}", "")
    assert row.count("|") == 4
    assert not set(row) & set("<>`*[]_\u202e")


def test_the_title_of_a_data_set_stays_on_one_line():
    run = run_of("a")
    run.plan["title"] = "evil\n\\input{secret}"
    assert to_latex(run).splitlines()[0].startswith("% evil \\input{secret}")
    assert to_latex(run).splitlines()[1] == r"\begin{tabular}{lrr}"
    assert to_markdown(run).splitlines()[1] == ""


def test_files_are_named_after_data_set_and_protocol():
    found = files(run_of("a"))
    assert [each["name"] for each in found] == ["d_mot17.csv", "d_mot17.tex", "d_mot17.md"]
    assert found[0]["text"] == to_csv(run_of("a"))


def test_a_missing_result_is_named_and_nothing_is_written(tmp_path):
    entry = {
        "name": "sort",
        "title": "SORT",
        "timed": False,
        "depends_on": [],
        "streaming": [],
        "origin": "",
    }
    plan = {"dataset": "d", "protocol": "mot17", "title": "A set", "clock": [], "sequences": ["s"]}
    plan_json = json.dumps({"runs": [plan | {"variants": [entry]}]})
    command = [
        sys.executable,
        "-m",
        "reports.export",
        "--plan",
        plan_json,
        "--folder",
        tmp_path / "t",
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    expected = "python -m reports.export: error: d: no result of sort on s: not run\n"
    assert (done.returncode, done.stderr) == (2, expected)
    assert not list(tmp_path.iterdir())
