"""Data input: sequences, frames, labels and their file formats. Imports no other package of ours."""

from datasets.io.missing_library import watch_imports

watch_imports()
