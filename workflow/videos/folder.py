"""The output folder of `workflow.video`, and summary.json in it, which says what the folder holds.

sequence.json, prompts.parquet   the tracked frames and prompts; images/ if frames are selected
tracks.parquet, run.json         tracks with masks, and their provenance
tracks.jsonl                     boxes, one line per image, written frame by frame
frames/, overlay.mp4             annotated images and video
key_frame.png                    what the tracker started from
zone_events.csv                  tracks that enter and leave the zone
masks/, masks.txt, masks.json    masks in another format
summary.json                     settings, state, frames done, counts, demo weights
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from datasets.io.files import read_json, remove, sha256, write_json
from datasets.records.columns import show
from datasets.run_layout import PROMPTS, RUN, SEQUENCE, TRACKS
from datasets.sequences.run_json import read_run_json
from workflow.changes import changed_files
from workflow.videos.source import IMAGES

SUMMARY, LINES, FRAMES, VIDEO = "summary.json", "tracks.jsonl", "frames", "overlay.mp4"
KEY_FRAME, ZONE_EVENTS = "key_frame.png", "zone_events.csv"
MASKS = {"davis": "masks", "mots": "masks.txt", "mots_challenge": "masks.txt"}  # others: JSON
MASKS_JSON = "masks.json"
SCHEMA_VERSION = 1
_DERIVED = (LINES, FRAMES, VIDEO, KEY_FRAME, ZONE_EVENTS, *{*MASKS.values()}, MASKS_JSON)
_OURS = {*_DERIVED, SUMMARY, SEQUENCE, PROMPTS, IMAGES, TRACKS, RUN}

_KEYS = {"state", "frames_done", "frame_count", "settings"}

State = Literal["running", "stopped", "complete"]


@dataclass(frozen=True)
class Earlier:
    """An earlier run with the same settings.

    Args:
        is_complete: Whether all frames were tracked, and nothing has changed since.
        change: What has changed, "" if nothing has.
        frames_done: Number of tracked frames.
        frame_count: Number of all frames, 0 if unknown.
    """

    is_complete: bool
    change: str
    frames_done: int
    frame_count: int


@dataclass(frozen=True)
class OutputFolder:
    """The output folder of one variant on one video.

    Args:
        path: The folder.
        settings: Everything that the tracks depend on, as JSON content.
    """

    path: Path
    settings: Mapping[str, Any]

    def open(self, *, force: bool) -> Earlier | None:
        """Create the folder, or check what it holds, and return the earlier run in it.

        Files of an earlier run are removed: outputs made from its tracks in any case; the tracks
        and the prepared frames unless the settings are the same, and not `force`. Other files are
        never touched.

        Raises:
            FileExistsError: It holds other files or results of other settings, and not `force`; or
                one of the names to write is taken by something else.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        before = self._read_summary()
        if before is None:
            self._check_others(force=force)
            return None
        if not force:
            self._check_settings(before["settings"])
        earlier = None if force else self._describe_earlier(before)
        kept = set() if earlier is None else {SEQUENCE, PROMPTS, IMAGES}
        kept |= {TRACKS, RUN} if earlier is not None and earlier.is_complete else set()
        for name in _OURS - kept:
            remove(self.path / name)
        return earlier

    def describe(self, state: State, facts: Mapping[str, Any]) -> None:
        """Write the summary."""
        content = {"schema_version": SCHEMA_VERSION, "state": state, **facts}
        write_json(self.path / SUMMARY, {**content, "settings": self.settings})

    def files(self) -> list[str]:
        """Return the names of what has been made, folders with a slash."""
        names = [*_OURS - {SUMMARY}]
        found = [name for name in names if (self.path / name).exists()]
        return sorted(f"{name}/" if (self.path / name).is_dir() else name for name in found)

    def _read_summary(self) -> dict[str, Any] | None:
        path = self.path / SUMMARY
        if not path.is_file():
            return None
        content = read_json(path)
        known = isinstance(content, dict) and content.get("schema_version") == SCHEMA_VERSION
        if not known or not content.keys() >= _KEYS or not isinstance(content["settings"], dict):
            raise ValueError(f"{path}: expected a summary of workflow.video, found {show(content)}")
        return dict(content)

    def _describe_earlier(self, summary: Mapping[str, Any]) -> Earlier:
        complete = summary["state"] == "complete"
        change = self._find_change() if complete else ""
        done, count = summary["frames_done"], summary["frame_count"]
        return Earlier(complete and not change, change, done, count)

    def _find_change(self) -> str:
        """Return what has changed since complete tracks were made."""
        tracks, run = self.path / TRACKS, self.path / RUN
        for path in (tracks, run):
            if not path.is_file():
                return f"{path.name} is missing"
        record = read_run_json(run)
        if record["tracks"] != sha256(tracks):
            return f"{tracks.name} has changed"
        return next(iter(changed_files(record)), "")

    def _check_others(self, *, force: bool) -> None:
        names = sorted(each.name for each in self.path.iterdir() if each.name[0] != ".")
        taken = [name for name in names if name in _OURS]
        if names and (taken or not force):
            hint = "" if taken else ", or add --force to write beside it"
            raise FileExistsError(
                f"{self.path}: expected an empty or a new folder, found {(taken or names)[0]}: "
                f"choose another{hint}"
            )

    def _check_settings(self, before: Mapping[str, Any]) -> None:
        for key in sorted({*before, *self.settings}):
            found, wanted = before.get(key), self.settings.get(key)
            if found != wanted:
                raise FileExistsError(
                    f"{self.path}: holds results of other settings, {key}: {show(found)} and not "
                    f"{show(wanted)}: choose another folder, or add --force to replace them"
                )
