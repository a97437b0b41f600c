"""The tools our numbers are compared with: one module each, see metrics/crosscheck/compare.py."""
