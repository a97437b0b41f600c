"""Rendering of the synthetic data set: drawn people, obstacles and backgrounds.

May import: nothing of ours.
"""
