"""Reports: turns results into reports/summary.html. Computes no metric; imports only `datasets`."""

from datasets.io.missing_library import watch_imports

watch_imports()
