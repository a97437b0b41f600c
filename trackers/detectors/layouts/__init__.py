"""Output layouts of detection networks: how outputs are read as candidates."""
