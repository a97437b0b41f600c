"""What the Snakefile needs beside its rules: config checks, provenance."""
