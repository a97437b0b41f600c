"""Vega-Lite as one script, kept in a file: bundling it takes half of the time of a page."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import vl_convert

from datasets.io.files import replacing

_CACHE = Path(__file__).resolve().parents[2] / ".cache"


def vega_script(cache: Path = _CACHE) -> str:
    """Return the script of Vega-Lite that the page contains.

    Args:
        cache: Folder in which the script is kept, by the version of vl-convert that bundled it. It
            may be read-only.
    """
    path = cache / f"vega_{version('vl-convert-python')}.js"
    with suppress(OSError):
        return path.read_bytes().decode()
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    with suppress(OSError), replacing(path) as part:
        part.write_bytes(bundle.encode())
    return bundle
