"""The failure gallery: who was followed by whom and when, and pictures of where it went wrong."""
