"""The registry of the formats of `datasets.convert`: a new format is a new entry of FORMATS.

The codecs are in text_codecs, json_codecs and davis_codec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from datasets.conversion import davis_codec, json_codecs, text_codecs
from datasets.conversion.codec import Codec, per_sequence_codec
from datasets.conversion.dropped_fields import UNKNOWN_VISIBILITY
from datasets.formats import parquet

_PARQUET = replace(
    per_sequence_codec(".parquet", lambda path, _: parquet.read_tracks(path), parquet.write_tracks),
    provides=frozenset({"size", "frames", "classes", "ignored"}),
)

# by the name on the command line
FORMATS: Mapping[str, Codec] = {
    "mot": text_codecs.mot("results", "visibility"),
    "mot_truth": text_codecs.mot("truth", UNKNOWN_VISIBILITY),
    "mot15": text_codecs.mot15(),
    "mots": text_codecs.mots(first_frame=0),
    "mots_challenge": text_codecs.mots(first_frame=1),
    "kitti": text_codecs.kitti("results"),
    "kitti_truth": text_codecs.kitti(
        "truth", "scores other than 0 and 1", "scores of ignored rows"
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
