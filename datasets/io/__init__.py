"""Files, text, command lines and errors: program support that is independent of tracking.

May import: nothing of ours.
"""
