"""What the harness costs around trackers: a frame, an answer's check, the plan of a run.

May import: bench.overlay, datasets.formats, datasets.io, datasets.masks, datasets.media,
datasets.run_layout, datasets.sequences, datasets.types, trackers.contract, trackers.feed,
trackers.output_check, trackers.profiling, trackers.run.
"""
