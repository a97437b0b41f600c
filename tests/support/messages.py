"""Patterns of error messages."""

import re


def message_pattern(message: str) -> str:
    """Return a regular expression for a message; `...` in it stands for any text."""
    return ".*".join(re.escape(part) for part in message.split("..."))
