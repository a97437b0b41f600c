"""The page: results in, reports/summary.html out. Computes no metric; imports `datasets` only."""

from datasets.io.missing_library import watch_imports

watch_imports()
