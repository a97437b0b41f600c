"""Cost of the harness around trackers: per frame, output check, planning, short sequences.

May import: bench.overlay, datasets.formats, datasets.io, datasets.masks, datasets.media,
datasets.run_layout, datasets.sequences, datasets.types, trackers.contract, trackers.feed,
trackers.output_check, trackers.profiling, trackers.run.
"""
