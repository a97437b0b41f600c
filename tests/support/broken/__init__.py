"""Corrupted files of every format, to test that readers return a result or raise a clear error."""
