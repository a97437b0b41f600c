"""Trackers: sequences in, tracks and step times out. Imports `datasets`, nothing else of ours."""

from datasets.io.missing_library import watch_imports

watch_imports()
