"""Masks as COCO run lengths, and computations on them without dense masks.

May import: datasets.io.
"""
