"""Weights: the catalogue of published ones, and those of the demo models.

May import: datasets.io.
"""
