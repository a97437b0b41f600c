"""What a config asks for: which jobs there are, and what each is given.

May import: datasets.conversion, datasets.io, datasets.prepare, datasets.run_layout,
metrics.crosscheck, metrics.gate, trackers.contract, trackers.engines, trackers.named_files,
trackers.parts, workflow.digests.
"""
