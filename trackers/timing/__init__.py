"""Speed of trackers: timed passes, the clocks of the page and of the gate, streaming.

May import: datasets.formats, datasets.io, datasets.masks, datasets.sequences, datasets.types,
trackers.contract, trackers.engines, trackers.feed, trackers.output_check, trackers.prefetch,
trackers.profiling, trackers.run_record.
"""
