"""The formats that `datasets.convert` knows, a row of FORMATS each: a new one is added there.

How each is read and written, and what it loses, is in text_formats, json_formats, davis_format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from datasets.conversion import davis_codec, json_codecs, text_codecs
from datasets.conversion.codec import Format, one_file_each
from datasets.conversion.dropped_fields import UNSEEN
from datasets.formats import parquet

_PARQUET = replace(
    one_file_each(".parquet", lambda path, _: parquet.read_tracks(path), parquet.write_tracks),
    says=frozenset({"size", "frames", "classes", "ignored"}),
)

# by the name that the command line takes
FORMATS: Mapping[str, Format] = {
    "mot": text_codecs.mot("results", "visibility"),
    "mot_truth": text_codecs.mot("truth", UNSEEN),
    "mot15": text_codecs.mot15(),
    "mots": text_codecs.mots(first_frame=0),
    "mots_challenge": text_codecs.mots(first_frame=1),
    "kitti": text_codecs.kitti("results"),
    "kitti_truth": text_codecs.kitti(
        "truth", "scores other than 0 and 1", "scores of what is ignored"
    ),
    "kitti_dump": text_codecs.dump(),
    "sam2_jsonl": text_codecs.json_lines(),
    "youtube_vis_truth": json_codecs.youtube_vis_truth(),
    "youtube_vis_results": json_codecs.youtube_vis_results(),
    "coco_truth": json_codecs.coco_truth(),
    "coco_results": json_codecs.coco_results(),
    "davis": davis_codec.davis(),
    "parquet": _PARQUET,
}
