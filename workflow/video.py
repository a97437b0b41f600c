r"""Track objects in a video or image folder of your own, and write what can be looked at.

    # people, by a detector and a box tracker
    python -m workflow.video walk.mp4 --variant bytetrack --output out \
        --detector config/cards/yolox_nano.yaml --video

    # objects drawn in one frame, by SAM 2 (boxes of the first frame as JSON, or LabelMe files)
    python -m workflow.video walk.mp4 --variant sam2_prompted --output out \
        --prompts first_frame.json --sam2 tiny --video

    # people near a shelf in frame 30, as in the article "YOLO and SAM 2"
    python -m workflow.video walk.mp4 --variant yolo_sam2_article --output out \
        --detector config/cards/yolox_nano.yaml --sam2 tiny --zone 380,380,330,200 --video

The folder then holds

    tracks.parquet, run.json   tracks with masks, and how they were made
    tracks.jsonl               boxes, one line per image
    frames/, overlay.mp4       annotated images, and a video with --video
    key_frame.png              what the tracker started from, if it starts in one frame
    zone_events.csv            who enters and leaves, with --zone
    masks/                     or masks.txt, masks.json, with --mask-format
    summary.json               settings, counts, and whether all frames are done

Images and lines are written frame by frame. If the program is interrupted, what is done stays and
is valid. The same command then starts again from the first frame, because the memory of a tracker
cannot be saved; after a complete run it only writes what is missing, such as a video.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from datasets.io.files import printable
from datasets.io.program import program_name, run_main
from datasets.run_layout import SEQUENCE, TRACKS
from datasets.sequences.frame_names import frame_names
from datasets.sequences.sequence_json import PreparedSequence, open_sequence
from datasets.types import Tracks
from reports.overlays.live import FramePainter
from trackers.key_frame import find_key_frame
from workflow.videos.flags import parse_flags
from workflow.videos.folder import FRAMES, ZONE_EVENTS, Earlier, OutputFolder, State
from workflow.videos.key_frame import write_key_frame
from workflow.videos.outputs import write_masks, write_zone_events
from workflow.videos.source import prepare
from workflow.videos.task import Task, plan_task
from workflow.videos.tracking import Run, Tracked, run_tracker, write_again
from workflow.videos.variant import Chosen, make_networks
from workflow.videos.writers import Names, Wanted, open_writers

_TRAIL_S = 1.0


def main() -> None:
    """Run the command line program."""
    task = plan_task(parse_flags(__doc__))
    args = task.args
    folder = OutputFolder(args.output, task.settings())
    earlier = folder.open(force=args.force)
    if task.demo:
        _print_demo(task.demo)
    reused = earlier is not None and earlier.is_complete
    if earlier is not None and not reused:
        _print_earlier(folder, earlier)
    state: State = "complete" if reused else "running"
    facts: dict[str, Any] = {"demo_weights": task.demo, "frames_done": 0, "frame_count": 0}
    folder.describe(state, facts)
    prepared = _prepare(task)
    facts["frame_count"] = prepared.sequence.extent.frame_count
    tracked = _track(task, prepared, folder, facts, reused=reused)
    _finish(task, prepared, folder, facts, tracked)
    if tracked.stopped is not None:
        raise tracked.stopped


def _prepare(task: Task) -> PreparedSequence:
    """Return the prepared sequence in the output folder, which an earlier run may have made."""
    path = task.args.output / SEQUENCE
    if path.is_file():
        return open_sequence(path)
    return prepare(task.source, path.parent, task.classes, task.prompts)


def _track(
    task: Task,
    prepared: PreparedSequence,
    folder: OutputFolder,
    facts: dict[str, Any],
    *,
    reused: bool,
) -> Tracked:
    """Write the key frame, track, and write what is wanted of each frame."""
    args, sequence = task.args, prepared.sequence
    if task.zone is not None:
        task.zone.check(sequence.extent.height, sequence.extent.width)
    chosen = _as_drawn(task.chosen, prepared, args)
    make_networks(chosen, args.config)
    _show_key_frame(task, chosen, prepared)
    if task.suffix is not None:
        (folder.path / FRAMES).mkdir(exist_ok=True)
    painter = FramePainter(task.zone, round(_TRAIL_S * sequence.frame_rate), task.note)
    wanted = Wanted(task.suffix, args.video, args.video_fps)
    with open_writers(folder.path, sequence, wanted, painter, _names(task, prepared)) as writers:
        if reused:
            return Tracked(write_again(prepared, folder.path / TRACKS, writers), 0.0)
        run = Run(
            chosen.method_name,
            chosen.method,
            dict(chosen.options),
            prepared,
            folder.path,
            lambda done: folder.describe("running", facts | {"frames_done": done}),
        )
        return run_tracker(run, writers)


def _names(task: Task, prepared: PreparedSequence) -> Names:
    names = frame_names(prepared.sequence)
    return Names(names, task.source.image_names(task.suffix or ".jpg", names))


def _as_drawn(chosen: Chosen, prepared: PreparedSequence, args: argparse.Namespace) -> Chosen:
    """Return the variant that takes prompts as drawn if some are not boxes."""
    prompts = prepared.prompts()
    drawn = prompts is not None and prompts.rle is not None and "prompt" not in args.options
    if drawn and "prompt" in chosen.method.options:
        return chosen.with_option("prompt", "drawn")
    return chosen


def _show_key_frame(task: Task, chosen: Chosen, prepared: PreparedSequence) -> None:
    """Write the picture of the key frame; ValueError if nothing in it is tracked."""
    key = find_key_frame(chosen.method_name, chosen.method, chosen.options, prepared)
    if key is None:
        return
    write_key_frame(task.args.output, prepared.sequence, key, task.zone, task.note)
    if not len(key.prompts):
        beside = f", {len(key.others)} outside the zone" if task.zone is not None else ""
        raise ValueError(
            f"{task.args.output}: key_frame.png: expected something to track in frame {key.index}, "
            f"found none{beside}: choose another --key-frame or --zone"
        )


def _finish(
    task: Task,
    prepared: PreparedSequence,
    folder: OutputFolder,
    facts: dict[str, Any],
    tracked: Tracked,
) -> None:
    """Write what is made of all tracks and the summary, and print what there is."""
    tracks, path, names = tracked.tracks, folder.path, _names(task, prepared)
    state: State = "complete" if tracked.stopped is None else "stopped"
    facts = facts | _count(tracked)
    folder.describe(state, facts)
    if task.zone is not None:
        kinds = write_zone_events(
            path / ZONE_EVENTS, tracks, task.zone, prepared.sequence, names.images
        )
        facts["zone_events"] = {kind: kinds.count(kind) for kind in ("enter", "leave")}
    if task.args.mask_format is not None and tracked.stopped is None:
        write_masks(path, tracks, task.args.mask_format, task.renamed)
    folder.describe(state, facts | {"files": folder.files()})
    _print_result(folder, facts, tracks, tracked)


def _count(tracked: Tracked) -> dict[str, Any]:
    """Return counts of the tracks for the summary."""
    tracks = tracked.tracks
    return {
        "frames_done": tracks.extent.frame_count,
        "tracks": len(np.unique(tracks.track)),
        "boxes": len(tracks),
        "masks": 0 if tracks.rle is None else len(tracks),
        "seconds": round(tracked.seconds, 3),
    }


def _print_result(
    folder: OutputFolder, facts: dict[str, Any], tracks: Tracks, tracked: Tracked
) -> None:
    masks = " with masks" if facts["masks"] else ""
    total = facts["frame_count"]
    done = f"{facts['frames_done']} of {total}" if tracked.stopped is not None else f"{total}"
    line = f"frames: {done}, tracks: {facts['tracks']}, boxes{masks}: {len(tracks)}"
    if events := facts.get("zone_events"):
        line += f", entered the zone: {events['enter']}, left it: {events['leave']}"
    if tracked.stopped is not None:
        line = f"stopped; what is done stays: {line}"
    print(printable(f"{folder.path}: {line}"))
    print(printable(f"{folder.path}: {', '.join(folder.files())}"), flush=True)


def _print_earlier(folder: OutputFolder, earlier: Earlier) -> None:
    if earlier.change:
        _note(f"{folder.path}: {earlier.change}: tracking starts again")
        return
    done = f"after {earlier.frames_done} of {earlier.frame_count} frames"
    found = done if earlier.frames_done else "before its first frame was done"
    _note(
        f"{folder.path}: an earlier run ended {found}; tracking starts again, because a tracker's "
        "memory cannot be saved"
    )


def _print_demo(weights: list[str]) -> None:
    _note(
        f"warning: {', '.join(weights)}: demo weights, trained on rendered pedestrians: on other "
        "images they only show that the code runs; the outputs are marked. For real images name "
        "weights by --sam2, --checkpoint or --detector"
    )


def _note(text: str) -> None:
    print(printable(f"{program_name(__name__)}: {text}"), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(run_main(main))
