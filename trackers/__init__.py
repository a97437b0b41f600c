"""Trackers: sequences in, tracks and step times out. Imports `datasets`, nothing else of ours."""
