"""What is made only when asked for: annotated videos, tables, Snakemake's own report."""

from __future__ import annotations

import subprocess

import av
import pytest
from room import TARGET, Room, make_room

pytestmark = pytest.mark.slow
VIDEOS = "reports/media/synthetic/crossing"


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Room:
    return make_room(tmp_path_factory.mktemp("extras"))


def make(room, *targets, more=()):
    command = [each for each in room.command(*more, "--") if each != TARGET]
    done = subprocess.run(
        [*command, *targets],
        cwd=room.path,
        env=room.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def size_and_frames(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        return stream.width, sum(1 for _ in container.decode(stream))


def test_a_video_of_one_variant_and_of_all_beside_the_truth_are_made_on_demand(room):
    make(room, f"{VIDEOS}/sort.mp4", f"{VIDEOS}/side_by_side.mp4")
    assert size_and_frames(room.path / VIDEOS / "sort.mp4") == (384, 100)
    assert size_and_frames(room.path / VIDEOS / "side_by_side.mp4") == (3 * 384, 100)
    assert not (room.path / TARGET).exists()


def test_tables_are_beside_the_page_and_the_page_is_in_the_report_of_snakemake(room):
    make(room, TARGET, "reports/tables")
    names = {path.name for path in (room.path / "reports/tables").glob("[!.]*")}
    assert names == {f"synthetic_mot15.{suffix}" for suffix in ("csv", "tex", "md")}
    make(room, TARGET, more=("--report", "report.html"))
    text = (room.path / "report.html").read_text()
    assert '"Comparison"' in text
    assert "data:text/html" in text
