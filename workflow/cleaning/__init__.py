"""What rules have made and `make clean` may remove.

May import: nothing of ours.
"""
