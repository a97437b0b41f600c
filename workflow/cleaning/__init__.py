"""What the rules made, and `make clean` may remove.

May import: nothing of ours.
"""
