"""What `datasets.convert` knows of each format: how to read and write it, and which columns it
drops.

May import: datasets.formats, datasets.io, datasets.overlap, datasets.sequences, datasets.types.
"""
