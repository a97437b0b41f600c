"""The page: its template, styles and scripts, and the data and figures that it shows.

May import: datasets.io, datasets.run_layout, datasets.sequences, reports.gallery, reports.heatmaps,
reports.results, reports.timeline.
"""
