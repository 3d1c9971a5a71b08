"""Notify: mail that people can act on, and the pages behind its links."""
