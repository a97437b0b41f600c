"""Trackers: sequences in, tracks and step times out. Imports no other stage than `datasets`."""

from datasets.io.missing_library import watch_imports

watch_imports()
