"""Files, text, command lines and errors: what a program needs that knows nothing of tracking.

May import: nothing of ours.
"""
