"""From a config to jobs: their inputs, flags and digests.

May import: datasets.conversion, datasets.io, datasets.prepare, datasets.run_layout,
metrics.crosscheck, metrics.family, metrics.gate, trackers.contract,
trackers.named_files, trackers.parts, workflow.digests.
"""
