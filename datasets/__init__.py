"""Data in: sequences, frames, labels and their file formats. Imports nothing else of ours."""
