"""What the Snakefile needs beside its rules: config checks, provenance."""

from datasets.io.missing_library import watch_imports

watch_imports()
