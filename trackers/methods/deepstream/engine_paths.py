"""Where the engines of a variant are, and what they are built from; imports nothing heavy.

The key of the folder is made from the image, the names of the networks and the overrides of their
settings, so variants that differ in something else share their engines.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from trackers.methods.deepstream.options import Options

_KEY_DIGITS = 12
_OF_ENGINES = ("detector.property.", "segmenter.")  # overrides that may change an engine


def engines_path(options: Options) -> Path:
    """Return the engines.json of a variant; it may not exist yet."""
    named = [options.image_name, options.detector, options.models, options.calibration]
    overrides = options.overrides or {}
    chosen = {name: overrides[name] for name in overrides if name.startswith(_OF_ENGINES)}
    text = json.dumps([named, chosen], sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]
    return Path("engines", "deepstream", key, "engines.json")


def network_files(options: Options) -> list[Path]:
    """Return the files and folders that engines are built from."""
    named = [options.detector, options.models, options.calibration]
    return [Path(each) for each in named if each is not None]
