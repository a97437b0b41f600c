"""Parts of `workflow.video`: variant, source, output folder, live writers, key frame.

May import: datasets.conversion, datasets.convert, datasets.formats, datasets.io, datasets.masks,
datasets.media, datasets.own, datasets.prompts, datasets.records, datasets.run_layout,
datasets.sequences, datasets.types, datasets.zone, metrics.zone_events, reports.overlays,
trackers.contract, trackers.engines, trackers.feed, trackers.key_frame, trackers.run,
trackers.run_record, trackers.sam2, trackers.weights, workflow.changes, workflow.configs,
workflow.planning.
"""
