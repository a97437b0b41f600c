"""Data input: sequences, frames, labels and their file formats. Imports none of our packages."""

from datasets.io.missing_library import watch_imports

watch_imports()
