"""What several methods are built of: Kalman filters, assignment, life cycles of tracks.

May import: datasets.assignment, datasets.class_mapping, datasets.conversion, datasets.overlap,
datasets.types, trackers.contract, trackers.option_types.
"""
