"""Masks as COCO run lengths, and what is computed on them without making them dense.

May import: datasets.io.
"""
