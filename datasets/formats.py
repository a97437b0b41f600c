"""The formats that `datasets.convert` knows, a row of FORMATS each: a new one is added there.

How each is read and written, and what it loses, is in text_formats, json_formats, davis_format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from datasets import davis_format, json_formats, parquet, text_formats
from datasets.format import Format, one_file_each
from datasets.losses import UNSEEN

_PARQUET = replace(
    one_file_each(".parquet", lambda path, _: parquet.read_tracks(path), parquet.write_tracks),
    says=frozenset({"size", "frames", "classes", "ignored"}),
)

# by the name that the command line takes
FORMATS: Mapping[str, Format] = {
    "mot": text_formats.mot("results", "visibility"),
    "mot_truth": text_formats.mot("truth", UNSEEN),
    "mot15": text_formats.mot15(),
    "mots": text_formats.mots(first_frame=0),
    "mots_challenge": text_formats.mots(first_frame=1),
    "kitti": text_formats.kitti("results"),
    "kitti_truth": text_formats.kitti(
        "truth", "scores other than 0 and 1", "scores of what is ignored"
    ),
    "kitti_dump": text_formats.dump(),
    "sam2_jsonl": text_formats.json_lines(),
    "youtube_vis_truth": json_formats.youtube_vis_truth(),
    "youtube_vis_results": json_formats.youtube_vis_results(),
    "coco_truth": json_formats.coco_truth(),
    "coco_results": json_formats.coco_results(),
    "davis": davis_format.davis(),
    "parquet": _PARQUET,
}
