"""Files broken in every way, and what readers may do with them: give a result or a clear error."""
