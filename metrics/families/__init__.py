"""One module a metric family: evaluate one sequence, combine sequences, summarize in columns."""
