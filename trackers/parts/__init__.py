"""Building blocks shared by several methods: Kalman filters, assignment, track life cycles.

May import: datasets.assignment, datasets.class_mapping, datasets.conversion, datasets.io,
datasets.overlap, datasets.types, trackers.contract, trackers.option_types.
"""
