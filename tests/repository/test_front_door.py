"""What a reader meets first: the examples of README.md, every link, and how to cite."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.paths import ROOT
from tests.support.workflow.workdir import make_workdir
from trackers.contract import load_method
from trackers.options import REQUIRED

README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "config/*.md", "docs/**/*.md", "trackers/**/*.md")
    for path in ROOT.glob(pattern)
)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def anchors(path: Path) -> set[str]:
    """Return the anchors of the headings of a document, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", path.read_text()), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", LINK.sub("", each)) for each in headings]
    return {each.strip().lower().replace(" ", "-") for each in plain}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(document):
    links = LINK.findall(FENCED.sub("", (ROOT / document).read_text()))
    for link in (each for each in links if "://" not in each):
        name, _, anchor = link.partition("#")
        path = Path(os.path.normpath(ROOT / Path(document).parent / name)) if name else None
        path = path or ROOT / document
        assert path.is_relative_to(ROOT), f"{document}: {link} leads out of the repository"
        assert path.exists(), f"{document}: {link}: there is no such file"
        assert not anchor or anchor in anchors(path), f"{document}: {link}: no such heading"


def test_every_document_and_method_is_in_the_index():
    index = ROOT / "docs" / "index.md"
    named = {
        Path(os.path.normpath(index.parent / link.partition("#")[0]))
        for link in LINK.findall(index.read_text())
    }
    methods = [path.parent for path in ROOT.glob("trackers/methods/*/method.yaml")]
    wanted = {*ROOT.glob("docs/*.md"), *(folder / "README.md" for folder in methods)} - {index}
    assert wanted - named == set()


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("trackers/methods/*/README.md")), ids=lambda path: path.parent.name
)
def test_the_options_that_a_method_describes_have_these_defaults(path):
    known = load_method(path.parent.name).declared
    rows = path.read_text().split("| option | default | meaning |\n|---|---|---|\n")[1]
    for row in rows.split("\n\n")[0].splitlines():
        names, defaults = (cell.replace("`", "").split(", ") for cell in row.split(" | ")[:2])
        for name, default in zip(names, defaults, strict=True):
            option = known[name.strip("| ")]
            expected = REQUIRED if default == "required" else yaml.safe_load(default)
            assert option.default == expected, f"{name}: {option.default}"


def test_the_example_is_scored_as_the_readme_shows():
    command, shown = re.search(
        r"```\n(python -m metrics\.evaluate .*?docs/example/results)\n```\n\n```text\n(.*?)```",
        README,
        re.DOTALL,
    ).groups()
    words = [sys.executable, *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == shown


@pytest.mark.slow
def test_the_comparison_of_the_readme_is_run_on_the_example(tmp_path):
    workdir = make_workdir(tmp_path)
    (config,) = re.findall(r"```yaml\n(datasets:\n.*?)```", README, re.DOTALL)
    workdir.write("config/street.yaml", config)
    target = ("--cores", "all", "reports/summary.html", "--configfile", "config/street.yaml")
    done = workdir.run(*target)
    assert done.returncode == 0, done.stderr
    assert "My tracker" in workdir.page()


def test_the_citation_is_that_of_the_newest_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert citation["license"] == "Apache-2.0"
    versions = re.findall(
        r"^## (\d+\.\d+\.\d+)\W+(\d{4}-\d\d-\d\d)",
        (ROOT / "CHANGELOG.md").read_text(),
        re.MULTILINE,
    )
    found = str(citation["version"]), str(citation["date-released"])
    assert found in versions[:1] or not versions
