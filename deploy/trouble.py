"""What an operator can put right."""

from __future__ import annotations


class Trouble(Exception):
    """A sentence for the person at the keyboard: what is wrong and what to do. Shown as it is, without a traceback."""
