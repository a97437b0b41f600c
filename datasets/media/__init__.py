"""Images and videos: read as frames, and written.

May import: datasets.io, datasets.types.
"""
