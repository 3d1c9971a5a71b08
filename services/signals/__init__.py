"""Signals: what a worker notices, and the way to the right service, followed to its end."""
