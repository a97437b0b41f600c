"""The recipes of CONTRIBUTING.md, followed in a copy of the repository exactly as written."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.paths import ROOT
from tests.support.workflow.workdir import make_workdir

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
RECIPES = ("A file format", "A metric family", "A protocol", "A data set reader")
PROGRAMS = {"python": [sys.executable], "pytest": [sys.executable, "-m", "pytest", "-q"]}
RUFF = [sys.executable, "-m", "ruff"]
BLOCK = re.compile(
    r"(?:^`(?P<file>\S+)`(?:, [^\n]*)?:\n\n)?^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.M | re.S
)


def blocks(title: str) -> list[re.Match[str]]:
    """Return the fenced blocks below a heading, with the file each is of, if it is of one."""
    section = TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    return list(BLOCK.finditer(section))


def changed(text: str, diff: str) -> str:
    """Return a text with the changes of a diff without line numbers, each of which fits once."""
    for hunk in diff.split("@@\n"):
        lines = hunk.splitlines()
        old, new = ("\n".join(x[1:] for x in lines if x[0] != sign) for sign in "+-")
        assert text.count(old) == 1, f"expected once, found {text.count(old)} times: {old}"
        text = text.replace(old, new)
    return text


def commands(title: str) -> Iterator[list[str]]:
    """Yield the words of each command of a recipe."""
    for block in blocks(title):
        for line in block["body"].replace("\\\n", "").splitlines() if not block["kind"] else ():
            program, *rest = shlex.split(line)
            yield [*PROGRAMS[program], *rest]


@pytest.mark.slow
@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_works_exactly_as_written(title, tmp_path):
    folder, written = make_workdir(tmp_path).path, []
    for block in filter(lambda block: block["file"], blocks(title)):
        path, body = folder / block["file"], block["body"]
        path.write_text(changed(path.read_text(), body) if block["kind"] == "diff" else body)
        written += [block["file"]] if path.suffix == ".py" else []
    lint = [[*RUFF, "check", *written], [*RUFF, "format", "--check", *written]]
    for words in [*lint, *commands(title)]:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}\n{done.stderr}"


def test_every_recipe_has_files_and_commands():
    for title in RECIPES:
        assert any(block["file"] for block in blocks(title)), title
        assert [*commands(title)], title
