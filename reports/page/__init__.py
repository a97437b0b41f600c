"""The page: its template, style and scripts, and the data and figures they show.

May import: datasets.io, datasets.run_layout, datasets.sequences, reports.gallery, reports.heatmaps,
reports.results, reports.timeline.
"""
