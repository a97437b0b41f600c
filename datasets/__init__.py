"""Data in: sequences, frames, labels and their file formats. Imports nothing else of ours."""

from datasets.io.missing_library import watch_imports

watch_imports()
