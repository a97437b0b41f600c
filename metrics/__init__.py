"""Scores and speeds: tracks and step times in, numbers out. Imports `datasets` only of ours."""

from datasets.io.missing_library import watch_imports

watch_imports()
