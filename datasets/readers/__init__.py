"""Readers of data sets, one module each: see `datasets/prepare.py`.

May import: datasets.
"""
