"""What documents show: commands that exist, with flags that they take and files that there are."""

from __future__ import annotations

import ast
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from datasets.formats.prompt_json import read_tracks
from datasets.types import Extent
from tests.support.paths import ROOT
from trackers.appearance import embedder
from trackers.detectors import card
from trackers.detectors.layouts.table import LAYOUTS
from trackers.weights.fetch import read_catalogue

OURS = ("bench", "datasets", "trackers", "metrics", "reports", "workflow")
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in (
        "README.md",
        "CONTRIBUTING.md",
        "config/*.md",
        "docs/**/*.md",
        "trackers/**/README.md",
    )
    for path in ROOT.glob(pattern)
)
SHELL = ("", "sh", "bash", "console")
WRITTEN = (
    "--output",
    "--video",
    "--frames",
    "--events",
    "--report",
    "--plot",
    "--folder",
    "--workdir",
)
MADE_BY_RULES = (
    "results/", "reports/", "engines/", "data/synthetic/", "data/videos/", "regression",
)  # fmt: skip
OF_THE_USER = {
    *("walk.mp4", "my_tracker", "my_dump", "MOT17/train", "/data/MOT17", "data/my_videos"),
    "MOT15/train",
    *("mine.yaml", "epoch_12.pth", "maskrcnn_resnet50_fpn_coco.pth", "instances_txt/0012.txt"),
    *("results.json", "environments/mine.txt", "first_frame.json"),
}
PATH = re.compile(r"[\w./-]+/[\w./-]+|[\w-]+\.[a-z][a-z0-9]{1,10}")


def commands(document: str) -> Iterator[list[str]]:
    """Yield the words of each command in the fenced blocks of a document."""
    inside, text = None, ""
    for line in (ROOT / document).read_text().splitlines():
        if line.startswith("```"):
            inside = line.strip("`").strip() if inside is None else None
            text = ""
        elif inside in SHELL:
            text += line.removesuffix("\\") + "\n"
            if not line.endswith("\\") and text.count("'") % 2 == 0:
                yield shlex.split(text, comments=True)
                text = ""


def inline(document: str) -> Iterator[list[str]]:
    """Yield the words of each program that is called within a sentence."""
    for text in re.findall(r"`(python -m [^`]*)`", (ROOT / document).read_text()):
        yield shlex.split(text)


def usages() -> Iterator[list[str]]:
    """Yield the words of each call of a program in the docstring of a module."""
    for folder in OURS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
            for text in re.findall(r"^ *(python -m .*?)(?:\n\n|\Z)", docstring, re.M | re.S):
                yield from (shlex.split(each) for each in re.split(r"\n(?= *python -m)", text))


def programs(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the module and arguments of a command that calls a program of ours."""
    ours = words[:2] == ["python", "-m"] and words[2].split(".")[0] in OURS
    if ours and "..." not in words:  # which stands for flags of another program
        yield words[2], words[3:]


def source(module: str) -> str:
    """Return the text of a module, of what `python -m` runs where it is a package, or nothing."""
    stem = ROOT / module.replace(".", "/")
    path = stem / "__main__.py" if stem.is_dir() else stem.with_suffix(".py")
    return path.read_text() if path.is_file() else ""


@cache
def constants(module: str) -> frozenset[str]:
    """Return the text constants of a module; none of one that is not there."""
    tree = ast.parse(source(module))
    found = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return frozenset(each for each in found if isinstance(each, str))


@cache
def texts(module: str) -> frozenset[str]:
    """Return the text constants of a program, and the flags in the modules that it imports."""
    tree = ast.parse(source(module))
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    beside = {text for each in imported for text in constants(each or "")}
    flags = {text for text in beside if text.startswith("--")}
    return constants(module) | flags | {"--debug", "--help"}


def unknown_flags(module: str, arguments: list[str]) -> list[str]:
    known = texts(module)
    flags = [each.split("=")[0] for each in arguments if each.startswith("--")]
    looped = "--" in known  # flags of a loop: f"--{name}"
    return [each for each in flags if each not in known and not (looped and each[2:] in known)]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_programs_in_a_document_exist_and_take_its_flags(document):
    for words in [*commands(document), *inline(document)]:
        for module, arguments in programs(words):
            assert constants(module), f"{document}: there is no program {module}"
            assert unknown_flags(module, arguments) == [], f"{document}: {words}"


@pytest.mark.slow
def test_the_programs_in_docstrings_exist_and_take_their_flags():
    found = [program for words in usages() for program in programs(words)]
    assert len(found) > 30
    for module, arguments in found:
        assert constants(module), module
        assert unknown_flags(module, arguments) == [], f"{module}: {arguments}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_files_in_a_document_are_there_or_made_by_a_command_before_or_of_the_user(document):
    made = {"data/own/walk"}  # as in docs/own_video.md
    for words in commands(document):
        if words[:2] != ["python", "-m"] and words[:1] != ["snakemake"]:
            continue
        named = {path for word in words[3:] for path in PATH.findall(word)}
        outputs = {after for flag, after in pairwise(words) if flag in WRITTEN}
        if words[1:3] == ["-m", "datasets.convert"]:
            outputs.add(words[words.index("--to") + 3])  # after the format, IN and OUT
        for path in named - outputs - OF_THE_USER - made:
            there = (ROOT / path).exists() or path.startswith(MADE_BY_RULES)
            fetched = Path(path).name in read_catalogue() and path.startswith("data/weights/")
            within = any(path.startswith(f"{folder}/") for folder in made)
            assert there or fetched or within, f"{document}: nothing makes {path}: {words}"
        made |= outputs


def test_every_picture_in_the_documents_is_made_by_the_makefile():
    makefile = (ROOT / "Makefile").read_text()
    pictures = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.png")]
    assert pictures
    for picture in pictures:
        assert re.search(rf"--(output|plot)[ =]{re.escape(picture)}\b", makefile), picture


CARDS = {"yolox_nano": card.read_card, "osnet": embedder.read_card}


def test_every_card_that_is_shipped_is_read_and_documented():
    text, paths = (
        (ROOT / "docs/detectors.md").read_text(),
        sorted((ROOT / "config/cards").glob("*")),
    )
    assert {path.stem for path in paths} == CARDS.keys()
    for path in paths:
        network = path.parent / CARDS[path.stem](path).file
        assert Path(os.path.normpath(network)).parent == ROOT / "data" / "weights"
        assert path.relative_to(ROOT).as_posix() in text


def test_the_first_frame_that_is_shipped_is_read_and_documented():
    prompts = read_tracks(ROOT / "config/first_frame.json", Extent(432, 768, 9, {1: "person"}))
    assert prompts.box.tolist() == [[381, 9, 543, 375], [40, 30, 120, 260]]
    assert "config/first_frame.json" in (ROOT / "docs/own_video.md").read_text()


def test_every_layout_and_key_of_a_detector_is_documented():
    text = (ROOT / "docs/detectors.md").read_text()
    assert [name for name in LAYOUTS if f"| `{name}` |" not in text] == []
    keys = [field.name for field in fields(card.Card)]
    assert [key for key in keys if f"`{key}`" not in text] == []
