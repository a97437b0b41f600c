"""Speed claims: ratios measured in one run, kept here as JSON. `make bench` repeats them."""

from datasets.io.missing_library import watch_imports

watch_imports()
