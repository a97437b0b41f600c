"""Scores and speeds: tracks and step times in, numbers out. Imports `datasets` only of ours."""
