"""Methods, a folder each: see `trackers/contract.py`.

May import: datasets.conversion, datasets.formats, datasets.io, datasets.masks, datasets.media,
datasets.overlap, datasets.sequences, datasets.types, datasets.zone, trackers.appearance,
trackers.contract, trackers.detectors, trackers.engines, trackers.mask_rcnn, trackers.option_types,
trackers.options, trackers.parts, trackers.run_record, trackers.sam2, trackers.whole_runs.
"""
