"""The commands behind `weefsel`, a module per subject; `deploy/cli.py` says which."""
