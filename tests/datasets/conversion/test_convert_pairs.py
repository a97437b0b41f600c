"""Conversions between all pairs of formats, through the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from datasets.conversion.codec import SourceFacts
from datasets.conversion.registry import FORMATS
from datasets.formats import parquet
from datasets.types import Tracks
from tests.support.datasets.converting import FLAGS, HOLDS_MASKS, RESULTS, common, run, truth_for
from tests.support.paths import ROOT


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_every_format_is_converted_to_every_other(tmp_path, source, target):
    parquet.write_tracks(tmp_path / "a.parquet", common())
    first = ["--rename", "car=pedestrian"] if source == "mot15" else []
    run("parquet", source, tmp_path / "a.parquet", tmp_path / "one", *first)
    renamed = renames(source, target)
    more = flags(source, target, tmp_path) + (["--rename", *renamed] if renamed else [])
    found = run(source, target, tmp_path / "one", tmp_path / "two", *more)
    if FORMATS[target].masks_only and source not in HOLDS_MASKS:
        error = f"error: a: {target} holds only masks, but the input has none\n"
        assert found[::2] == (2, error)
        return
    assert found[0] == 0, found
    one = read(source, tmp_path / "one", {1: "car", 2: "pedestrian"})
    two = read(target, tmp_path / "two", one.extent.classes)
    assert rows(two) == with_renamed_classes(rows(one), target, renamed)
    assert two.extent.frame_count == 4
    masks = source in HOLDS_MASKS and target in HOLDS_MASKS
    assert (two.rle == common().rle) if masks else (one.rle is None or two.rle is None)


def test_every_format_is_documented():
    text = (ROOT / "docs" / "formats.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(FORMATS)


def flags(source: str, target: str, folder: Path) -> list[str]:
    """Return the flags with the facts that the output format requires."""
    required = {"classes"} if target in RESULTS else FORMATS[target].provides
    required = required - FORMATS[source].provides - FORMATS[source].provided_by_truth
    more = [word for fact in required & FLAGS.keys() for word in FLAGS[fact]]
    if source in RESULTS:
        more += ["--truth", str(truth_for(source, folder / "a.parquet"))]
    if target in RESULTS:
        more += ["--number-as", str(truth_for(target, folder / "a.parquet"))]
    return more


def renames(source: str, target: str) -> list[str]:
    """Return the renames of classes that the output format requires."""
    if target == "mot15" and source != "mot15":
        return ["object=pedestrian"] if source == "davis" else ["car=pedestrian"]
    only_some = target in RESULTS or FORMATS[target].classes is not None
    return ["object=car"] if source == "davis" and only_some else []


def read(name: str, path: Path, classes: Mapping[int, str]) -> Tracks:
    takes = FORMATS[name].takes
    given = SourceFacts(
        (6, 8) if "size" in takes else None,
        4 if "frames" in takes else None,
        classes if "classes" in takes else None,
        truth=truth_for(name, path.with_name("a.parquet")) if name in RESULTS else None,
    )
    (tracks,) = FORMATS[name].read(path, given).values()
    return tracks


def rows(tracks: Tracks) -> list[tuple]:
    names = [tracks.extent.classes[key] for key in tracks.class_id.tolist()]
    columns = names, tracks.frame.tolist(), tracks.track.tolist(), tracks.box.tolist()
    return list(zip(*columns, tracks.score.tolist(), strict=True))


def with_renamed_classes(found: list[tuple], target: str, renamed: list[str]) -> list[tuple]:
    """Return rows with the class names of the output format."""
    names = dict(pair.split("=") for pair in renamed)
    if target == "davis":
        names = dict.fromkeys(("car", "pedestrian"), "object")
    return [(names.get(name, name), *rest) for name, *rest in found]
