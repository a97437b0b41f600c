"""What each benchmark leaves out before it scores: one module a protocol, with a `keep`."""
