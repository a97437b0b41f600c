"""The page: results in, reports/summary.html out. Computes no metric; imports `datasets` only."""
