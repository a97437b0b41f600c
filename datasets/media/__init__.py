"""Read images and videos as frames, and write them.

May import: datasets.io, datasets.types.
"""
