"""Orchestration: what the Snakefile needs beside its rules, such as config checks and digests."""

from datasets.io.missing_library import watch_imports

watch_imports()
