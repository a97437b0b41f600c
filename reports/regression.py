"""Write the gate's verdict as Markdown for a pull request and as JUnit XML for CI.

    python -m reports.regression --verdict results/regression/verdict.json
        --markdown results/regression/verdict.md --junit results/regression/junit.xml

In JUnit XML a regression is a failure, and a check without a verdict counts as skipped.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from datasets.io.files import read_json, replacing
from datasets.io.program import run_main

_OMITTED = ("SAME",)  # verdicts that the Markdown table omits
_FAILED, _UNDECIDED = ("WORSE", "MISSING"), ("AMBIGUOUS", "NOT COMPARED")
_HEADINGS = {
    "pass": "No regression",
    "regression": "Regression",
    "undecided": "Undecided",
}
# characters that XML 1.0 does not allow, see its section 2.2
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LINE_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def markdown(verdict: Mapping[str, Any]) -> str:
    """Return a verdict as Markdown: heading, counts, and a table of checks that are not SAME."""
    checks = verdict["checks"]
    listed = [check for check in checks if check["verdict"] not in _OMITTED]
    lines = [
        f"## {_HEADINGS[verdict['verdict']]}",
        "",
        f"Commit `{verdict['commit']}` compared with {_baseline_text(verdict['baseline'])}."
        f" {_counts(checks)}.",
    ]
    if listed:
        lines += [
            "",
            "| verdict | run | variant | metric | baseline | now | change | 95 % interval | note |",
        ]
        lines += [
            "|---|---|---|---|--:|--:|--:|--:|---|",
            *map(_row, sorted(listed, key=_severity)),
        ]
    return "\n".join([*lines, ""])


def junit(verdict: Mapping[str, Any]) -> str:
    """Return a verdict as JUnit XML: one suite per run, one case per check."""
    root = ElementTree.Element("testsuites", name="regression")
    for run in dict.fromkeys(check["run"] for check in verdict["checks"]):
        checks = [check for check in verdict["checks"] if check["run"] == run]
        suite = ElementTree.SubElement(root, "testsuite", _suite_counts(run, checks))
        for check in checks:
            _add_case(suite, check)
    ElementTree.indent(root)
    return ElementTree.tostring(root, "unicode", xml_declaration=True) + "\n"


def _suite_counts(run: str, checks: list[Mapping[str, Any]]) -> dict[str, str]:
    words = [check["verdict"] for check in checks]
    return {
        "name": _legal(run or "baseline"),
        "tests": str(len(checks)),
        "failures": str(sum(word in _FAILED for word in words)),
        "skipped": str(sum(word in _UNDECIDED for word in words)),
        "errors": "0",
    }


def _add_case(suite: ElementTree.Element, check: Mapping[str, Any]) -> None:
    name = " ".join(filter(None, [check["variant"], check["metric"]]))
    class_name = _legal(f"{check['run'] or 'baseline'}.{check['variant']}")
    case = ElementTree.SubElement(suite, "testcase", name=_legal(name), classname=class_name)
    kind = {**dict.fromkeys(_FAILED, "failure"), **dict.fromkeys(_UNDECIDED, "skipped")}
    if check["verdict"] in kind:
        message = _legal(f"{check['verdict']}: {_summary(check)}")
        ElementTree.SubElement(case, kind[check["verdict"]], message=message)


def _legal(text: str) -> str:
    return _ILLEGAL.sub(_REPLACEMENT, text)


def _summary(check: Mapping[str, Any]) -> str:
    if check["change"] is None:
        return str(check["why"])
    baseline, now = (_value(check, check[key]) for key in ("baseline", "found"))
    parts = [f"baseline {baseline}, now {now}, change {_change(check, check['change'])}"]
    if check["low"] is not None:
        parts.append(f"95 % interval {_interval(check)}")
    parts.append(f"tolerance {_change(check, check['tolerance']).lstrip('+')}")
    return ", ".join(parts + ([check["why"]] if check["why"] else []))


def _baseline_text(baseline: Mapping[str, Any]) -> str:
    if baseline["commit"] is None:
        return f"`{baseline['path']}`, which is not a baseline"
    return f"the baseline of `{baseline['commit']}` ({baseline['date']}, `{baseline['path']}`)"


def _counts(checks: list[Mapping[str, Any]]) -> str:
    words = [check["verdict"] for check in checks]
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def _severity(check: Mapping[str, Any]) -> int:
    order = (*_FAILED, *_UNDECIDED)
    return order.index(check["verdict"]) if check["verdict"] in order else len(order)


def _row(check: Mapping[str, Any]) -> str:
    cells = [
        f"**{check['verdict']}**" if check["verdict"] in _FAILED else check["verdict"],
        *(check[key] for key in ("run", "variant", "metric")),
        *(_value(check, check[key]) for key in ("baseline", "found")),
        "" if check["change"] is None else _change(check, check["change"]),
        "" if check["low"] is None else _interval(check),
        check["why"],
    ]
    return "| " + " | ".join(_cell(each) for each in cells) + " |"


def _cell(text: str) -> str:
    line = _LINE_BREAKS.sub(" ", text)
    return line.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _value(check: Mapping[str, Any], value: float | None) -> str:
    if value is None:
        return ""
    return f"{100 * value:.2f}" if check["unit"] == "ratio" else f"{value:.4g}"


def _change(check: Mapping[str, Any], value: float) -> str:
    """Return a change in points of a ratio or per cent of a relative step time; + is better."""
    if check["unit"] == "ratio":
        return f"{100 * value:+.2f}"
    return f"{100 * value:+.1f} %" if check["unit"] == "work" else f"{value:+.4g}"


def _interval(check: Mapping[str, Any]) -> str:
    return f"{_change(check, check['low'])} to {_change(check, check['high'])}"


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verdict", type=Path, required=True, help="verdict.json of the gate")
    parser.add_argument("--markdown", type=Path, required=True, help="output file")
    parser.add_argument("--junit", type=Path, required=True, help="output file, XML")
    args = parser.parse_args()
    verdict = read_json(args.verdict)
    for path, text in ((args.markdown, markdown(verdict)), (args.junit, junit(verdict))):
        with replacing(path) as part:
            part.write_text(text, encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(run_main(main))
