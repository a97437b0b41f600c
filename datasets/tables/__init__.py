"""Text tables of numbers: their separator, their columns and their values.

May import: datasets.io.
"""
