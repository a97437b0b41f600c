"""Compute scores from tracks and speeds from step times. `datasets` is its only local import."""

from datasets.io.missing_library import watch_imports

watch_imports()
