"""Export the verdict table as CSV, LaTeX and Markdown.

    python -m reports.export --plan '{"runs": [...]}' --folder reports/tables

Writes <dataset>_<protocol>.csv, .tex and .md for each run. The CSV holds the numbers exactly as in
the score files; LaTeX and Markdown hold formatted numbers with the best ones in bold.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

from datasets.io.flags import json_value
from datasets.io.folders import replacing_folder
from datasets.io.program import run_main
from reports.page.table import Cell, Table, headline
from reports.results import Run, read_run

_UNITS = {"ratio": "%", "ms": "ms", "MB": "MB"}
_ARROWS = {"up": "↑", "down": "↓", None: ""}
# First characters that make a spreadsheet run a cell as a formula, with their full-width forms
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_CONTROL = re.compile(  # control characters, and those that change the text direction
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+"
)
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "–": "--",
    "\N{MINUS SIGN}": "$-$",
    "\N{THIN SPACE}": r"\,",
    **{each: f"\\{each}" for each in "{}$&#_%"},
    **{each: f"{{{each}}}" for each in "[]*"},  # special after the end of a row
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~$:])")  # special within a line


def to_csv(run: Run) -> str:
    """Return a CSV with one row per variant and unrounded numbers; a missing number is empty."""
    table, text = headline(run), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["variant", "title", *(column["name"] for column in table.columns), "timed"])
    for row in table.rows:
        names = [_escape_formula(row.variant.entry[key]) for key in ("name", "title")]
        values = ["" if cell.value is None else cell.value for cell in row.cells]
        writer.writerow([*names, *values, _escape_formula(_timing_label(row.cells))])
    return text.getvalue()


def to_latex(run: Run) -> str:
    """Return a LaTeX tabular for the package booktabs."""
    table = headline(run)
    lines = [
        f"% {_one_line(_caption(run))}; needs \\usepackage{{booktabs}}",
        f"\\begin{{tabular}}{{l{'r' * len(table.columns)}}}",
        "\\toprule",
        *_table_lines(table, " & ".join, _latex, r"\textbf{{{}}}".format, r" \\"),
        "\\bottomrule",
        "\\end{tabular}",
    ]
    lines.insert(4, "\\midrule")
    return "\n".join(lines) + "\n"


def to_markdown(run: Run) -> str:
    """Return a GitHub Markdown table below a line that names the data set and protocol."""
    table = headline(run)
    head, *body = _table_lines(
        table, lambda cells: f"| {' | '.join(cells)} |", _markdown, "**{}**".format
    )
    rule = f"| --- |{' ---: |' * len(table.columns)}"
    return "\n".join([f"Scores of {_markdown(_caption(run))}", "", head, rule, *body]) + "\n"


_FORMATS = (
    ("CSV", "text/csv", "csv", to_csv),
    ("LaTeX", "text/x-tex", "tex", to_latex),
    ("Markdown", "text/markdown", "md", to_markdown),
)


def files(run: Run) -> list[dict[str, str]]:
    """Return the `format`, MIME `type`, `name` and `text` of each file of a run."""
    name = f"{run.plan['dataset']}_{run.plan['protocol']}"
    return [
        {"format": title, "type": kind, "name": f"{name}.{suffix}", "text": write(run)}
        for title, kind, suffix, write in _FORMATS
    ]


def _read_complete(plan: Mapping[str, Any]) -> Run:
    """Return a run. Raise FileNotFoundError if a result is missing."""
    run = read_run(plan, Path(), None)
    for missing in run.missing_results:
        what = f"{missing.variant} on {missing.sequence}: {missing.job}"
        raise FileNotFoundError(f"{run.plan['dataset']}: no result of {what}")
    return run


def _table_lines(
    table: Table,
    join: Callable[[list[str]], str],
    escape: Callable[[str], str],
    embolden: Callable[[str], str],
    end: str = "",
) -> list[str]:
    """Return the heading and one line per variant."""
    lines = [join(["Variant", *(escape(_heading(column)) for column in table.columns)]) + end]
    for row in table.rows:
        cells = [escape(row.variant.entry["title"])]
        for cell in row.cells:
            text = escape(f"{cell.text} ({cell.mark})" if cell.mark else cell.text)
            cells.append(embolden(text) if cell.best else text)
        lines.append(join(cells) + end)
    return lines


def _heading(column: Mapping[str, Any]) -> str:
    label = re.sub("_(ms|MB)$|^CLR_", "", column["label"])
    unit = f" ({_UNITS[column['unit']]})" if column["unit"] in _UNITS else ""
    return f"{label}{unit} {_ARROWS[column['better']]}".strip()


def _caption(run: Run) -> str:
    return f"{run.plan['title']}, protocol {run.plan['protocol']}"


def _timing_label(cells: Many[Cell]) -> str:
    return next((cell.mark for cell in cells if cell.mark), "")


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def _escape_formula(text: str) -> str:
    """Return a text that a spreadsheet shows as text instead of running it as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in _one_line(text))


def _markdown(text: str) -> str:
    plain = _one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", plain)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--plan", type=json_value, required=True, help="JSON, as for reports.render"
    )
    parser.add_argument(
        "--folder", type=Path, required=True, help="output folder, replaced as a whole"
    )
    args = parser.parse_args()
    made = [each for plan in args.plan["runs"] for each in files(_read_complete(plan))]
    with replacing_folder(args.folder) as part:
        for each in made:
            data = each["text"].encode("utf-8", "backslashreplace")
            (part / each["name"]).write_bytes(data)


if __name__ == "__main__":
    sys.exit(run_main(main))
